"""Changes of level that are worth telling: found after each computation, told once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from crm.context import audited
from crm.enums import ContactPurpose, WorkKind
from crm.models import WorkItem
from crm.services.webhooks import publish
from crm.services.worklist import add_work, close_work
from jobs.services import enqueue
from warmth.enums import NATURES, CrossingDirection, EventType, WarmthLevel
from warmth.hysteresis import COOL_DOWN, MARGIN
from warmth.models import CustomerWarmth, WarmthLevelCrossing
from warmth.services.computation import Scope, between, these
from warmth.services.recompute import (
    CHUNK_ROWS,
    planned_for,
    recompute_customers,
    recompute_range,
)

DELIVER = "warmth.deliver_crossings"
BATCH = 200
# Somebody who asked for something this lately waits for an answer, not for an offer.
ASKED_WITHIN = timedelta(days=30)
PROSPECTS = frozenset({WarmthLevel.HOT, WarmthLevel.SCORCHING})
_TEMPLATE = (Path(__file__).parent.parent / "sql" / "cross.sql").read_text()
# Who computes and tells the same customer takes turns, so that nothing is told twice.
_LOCK = """
    SELECT FROM customer_warmth AS w WHERE {warmth} AND w.is_active AND w.warmth_level <> coalesce((
        SELECT x.level FROM warmth_level_crossings AS x WHERE x.customer_id = w.customer_id
        ORDER BY x.crossed_at DESC, x.id DESC LIMIT 1
    ), 'ice_cold') ORDER BY w.customer_id FOR NO KEY UPDATE
"""


def rescore(
    customer_ids: Collection[UUID],
    *,
    trigger: str,
    description: str = "",
    causes: Mapping[UUID, tuple[str, str]] | None = None,
    as_of: date | None = None,
) -> int:
    """Bring these customers' scores up to date and note the crossings, in one transaction; the
    number of scores written. `as_of` as for `recompute_customers`."""
    if not customer_ids:
        return 0
    with audited(), planned_for(len(customer_ids)):
        written = recompute_customers(
            customer_ids, trigger=trigger, description=description, causes=causes, as_of=as_of
        )
        note_crossings(these(customer_ids))
    return written


def rescore_range(first: str, last: str, *, as_of: date, trigger: str) -> int:
    """The same for all customers whose keys are between `first` and `last`, both included."""
    with audited(), planned_for(CHUNK_ROWS):
        written = recompute_range(first, last, as_of=as_of, trigger=trigger)
        note_crossings(between(first, last))
    return written


def note_crossings(scope: Scope, *, now: datetime | None = None) -> int:
    """Write the crossings of the customers in scope that are to be told, and have them told soon
    after the commit; how many. A second call finds none."""
    count = _cross(scope, now=now or timezone.now(), delivered_at=None)
    if count:
        enqueue(DELIVER, dedup_key=DELIVER)
    return count


def settle(scope: Scope) -> int:
    """Take the present levels as told, without telling anybody: for data that was loaded."""
    now = timezone.now()
    return _cross(scope, now=now, delivered_at=now)


def deliver_crossings() -> int:
    """Put the next BATCH crossings on the work list and tell the webhooks; how many. More follow
    by themselves."""
    with audited():
        rows = (
            WarmthLevelCrossing.objects.undelivered()
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("customer")
        )
        found = list(rows[:BATCH])
        scores = CustomerWarmth.objects.in_bulk(
            [row.customer_id for row in found], field_name="customer_id"
        )
        for row in found:
            _tell(row, scores.get(row.customer_id))
        WarmthLevelCrossing.objects.filter(pk__in=[row.pk for row in found]).update(
            delivered_at=timezone.now()
        )
        if len(found) == BATCH:
            enqueue(DELIVER, dedup_key=DELIVER)
    return len(found)


def _cross(scope: Scope, *, now: datetime, delivered_at: datetime | None) -> int:
    values = {
        **scope.parameters,
        "margin": MARGIN,
        "cool_down": COOL_DOWN,
        "now": now,
        "delivered_at": delivered_at,
    }
    with audited(), connection.cursor() as cursor:
        cursor.execute(_LOCK.format(warmth=scope.condition.format(key="w.customer_id")), values)
        cursor.execute(_statement(scope.condition), values)
        return cursor.rowcount


@cache
def _statement(condition: str) -> str:
    return _TEMPLATE.format(
        warmth=condition.format(key="w.customer_id"),
        crossings=condition.format(key="x.customer_id"),
    )


def _tell(crossing: WarmthLevelCrossing, warmth: CustomerWarmth | None) -> None:
    if not crossing.customer.is_anonymised:
        _put_on_work_list(crossing, warmth)
    publish(
        event=f"warmth.level_{crossing.direction}",
        payload=payload_of(crossing, warmth),
        key=f"warmth.crossing:{crossing.pk}",
        subject=str(crossing.customer_id),
    )


def payload_of(crossing: WarmthLevelCrossing, warmth: CustomerWarmth | None) -> dict[str, Any]:
    """Keys and figures; no name leaves the house."""
    return {
        "crossing_id": crossing.pk,
        "customer_id": crossing.customer_id,
        "direction": crossing.direction,
        "previous_level": crossing.previous_level,
        "level": crossing.level,
        "score": crossing.score,
        "purchase_probability": warmth.purchase_probability if warmth else None,
        "crossed_at": crossing.crossed_at,
    }


def _put_on_work_list(crossing: WarmthLevelCrossing, warmth: CustomerWarmth | None) -> None:
    """A prospect who became hot is to be contacted, and so is one who has cooled; what is on the
    list about the opposite is settled."""
    is_up = crossing.direction == CrossingDirection.UP
    if is_up and crossing.level in PROSPECTS:
        kind, opposite = WorkKind.WARM_PROSPECT, WorkKind.COOLED_PROSPECT
    elif not is_up and crossing.previous_level in PROSPECTS and crossing.level not in PROSPECTS:
        kind, opposite = WorkKind.COOLED_PROSPECT, WorkKind.WARM_PROSPECT
    else:
        return
    for key in _open_keys(crossing.customer_id, opposite):
        close_work(key=key, outcome="not_needed")
    present = _open_keys(crossing.customer_id, kind)
    add_work(
        key=present[0] if present else f"warmth:{crossing.pk}",
        kind=kind,
        customer_id=crossing.customer_id,
        title=_title(crossing),
        reason=crossing.reason,
        url=_page(crossing.customer_id),
        purpose=_purpose(crossing, warmth),
    )


def _open_keys(customer_id: UUID, kind: str) -> list[str]:
    return list(
        WorkItem.objects.open()
        .filter(customer_id=customer_id, kind=kind)
        .order_by("created_at", "id")
        .values_list("key", flat=True)
    )


def _title(crossing: WarmthLevelCrossing) -> str:
    verb = "Became" if crossing.direction == CrossingDirection.UP else "Cooled to"
    previous = WarmthLevel(crossing.previous_level).label.lower()
    return f"{verb} {crossing.get_level_display().lower()} ({crossing.score}), was {previous}"


def _purpose(crossing: WarmthLevelCrossing, warmth: CustomerWarmth | None) -> str:
    """An answer to who asked for something lately; for others an offer, which needs consent."""
    kind = warmth.last_engagement_type if warmth else None
    if warmth is None or kind is None or warmth.last_engagement_date is None:
        return ContactPurpose.MARKETING
    asked = NATURES[EventType(kind)].initiated
    lately = warmth.last_engagement_date > crossing.crossed_at - ASKED_WITHIN
    return ContactPurpose.CALLBACK if asked and lately else ContactPurpose.MARKETING


def _page(customer_id: UUID) -> str:
    """The customer's page of warmth; the customer's own where an installation has none."""
    try:
        return reverse("warmth:customer", args=[customer_id])
    except NoReverseMatch:
        return reverse("customer", args=[customer_id])
