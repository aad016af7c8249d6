"""Engagement events that stand for records of `crm`: visits, calls, opt-outs, purchases."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta
from functools import cache
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from crm.context import audited
from crm.models import Customer
from warmth.models import CustomerWarmth, WarmthEvent, WarmthLevelCrossing
from warmth.services.computation import Scope, these
from warmth.services.crossings import rescore

_TEMPLATE = (Path(__file__).parent.parent / "sql" / "sync.sql").read_text()
SLICE = 5_000
LOOK_BACK = timedelta(days=2)
_VISIT_TIME = """
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN (s.created_at AT TIME ZONE %(zone)s)::date = s.service_date THEN s.created_at
            ELSE (s.service_date + time '12:00') AT TIME ZONE %(zone)s END AS visit
    ) AS at
"""
# Each of these has an index on its time.
_CHANGED = """
    SELECT customer_id FROM appointments WHERE updated_at >= %(since)s
    UNION SELECT customer_id FROM service_history WHERE updated_at >= %(since)s
    UNION SELECT customer_id FROM contact_attempts WHERE at >= %(since)s
    UNION SELECT customer_id FROM contact_consents WHERE created_at >= %(since)s
    UNION SELECT customer_id FROM vehicles WHERE updated_at >= %(since)s
"""


def sync_customers(customer_ids: Collection[UUID]) -> int:
    """Bring events and scores of these customers into line with the records of `crm`; of how many
    the events changed. A second call changes nothing."""
    with audited():
        changed = _sync(these(customer_ids))
        # All of them: address and vehicles count as well, and are no events.
        rescore(customer_ids, trigger="records_changed")
    return len(changed)


def sync_slice(*, batch_id: UUID, after: str = "") -> str:
    """The same for the next SLICE customers of a generated or imported batch, whatever changed;
    the key to go on after, "" at the end."""
    customers = Customer.objects.present().filter(batch=batch_id)
    if after:
        customers = customers.filter(pk__gt=after)
    keys = list(customers.order_by("pk").values_list("pk", flat=True)[:SLICE])
    with audited():
        _sync(these(keys))
        rescore(keys, trigger="records_loaded")
    return str(keys[-1]) if len(keys) == SLICE else ""


def sync_events(customer_ids: Collection[UUID]) -> None:
    """Bring the events of these customers into line, and leave their scores to the caller."""
    with audited():
        _sync(these(customer_ids))


def sync_recent() -> int:
    """What signals may have missed: customers of whom a record changed in the last LOOK_BACK.
    Also forgets those who were anonymised."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, {"since": timezone.now() - LOOK_BACK})
        keys = [key for (key,) in cursor.fetchall() if key is not None]
    changed = sum(
        sync_customers(keys[start : start + SLICE]) for start in range(0, len(keys), SLICE)
    )
    return changed + forget(_erased())


def forget(customers: Iterable[UUID]) -> int:
    """Remove score, history, events and crossings of these customers; rows removed.

    What people wrote as reasons may name somebody, so that nothing of it is kept.
    """
    with audited(warmth_archive="erasure"):
        gone, _ = CustomerWarmth.objects.filter(customer__in=customers).delete()
        for model in (WarmthEvent, WarmthLevelCrossing):
            gone += model.objects.filter(customer__in=customers).delete()[0]
    return gone


def _erased() -> list[UUID]:
    """Anonymised customers of whom something is left."""
    gone = Customer.objects.filter(anonymised_at__isnull=False)
    left = Q(warmth__isnull=False) | Exists(WarmthEvent.objects.filter(customer=OuterRef("pk")))
    return list(gone.filter(left).values_list("pk", flat=True))


def _sync(scope: Scope) -> list[UUID]:
    values = {
        **scope.parameters,
        "zone": settings.DEALERSHIP_TIME_ZONE,
        "declined_from": settings.WARMTH_DECLINED_REPAIR_FROM,
        "now": timezone.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_statement(scope.condition), values)
        return sorted(key for (key,) in cursor.fetchall())


@cache
def _statement(condition: str) -> str:
    tables = {
        "appointments": "a", "visits": "s", "contacts": "k", "consents": "o", "vehicles": "v",
        "events": "e",
    }  # fmt: skip
    return _TEMPLATE.format(
        visit_time=_VISIT_TIME,
        **{name: condition.format(key=f"{alias}.customer_id") for name, alias in tables.items()},
    )
