"""The work list: who is to be contacted next, by whom, and how it went."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone

from crm.constraints import translated
from crm.context import audited
from crm.dispositions import chance_to_reach, default_value
from crm.enums import Channel, ContactPurpose, Direction
from crm.models import ContactAttempt, DataBatch, WorkItem
from crm.services.permission import decide_many

# Older calls say little about who picks up today.
CALLS_COUNT_FOR = timedelta(days=180)


def add_work(
    *,
    key: str,
    kind: str,
    customer_id: UUID,
    title: str,
    reason: str = "",
    vehicle_id: UUID | None = None,
    value: Decimal | None = None,
    due_at: datetime | None = None,
    expires_at: datetime | None = None,
    url: str = "",
    purpose: str = ContactPurpose.SERVICE,
    batch: DataBatch | None = None,
) -> WorkItem:
    """Put a contact on the work list, once for each `key`.

    A second call while the item is open brings title, reason, value, expiry and address up to
    date; who holds it and when it is due stay. A closed item stays closed. `value` is what
    success is worth in the shop's currency, left out the kind's usual one. Raises Invalid for an
    unknown kind or purpose.
    """
    what = {
        "title": title[:200],
        "reason": reason[:300],
        "url": url,
        "value": default_value(kind) if value is None else value,
        "expires_at": expires_at,
    }
    with audited(), translated():
        item, created = WorkItem.objects.get_or_create(
            key=key,
            defaults={
                **what,
                "kind": kind,
                "customer_id": customer_id,
                "vehicle_id": vehicle_id,
                "due_at": due_at or timezone.now(),
                "purpose": purpose,
                "batch": batch,
                "reach": _chance(customer_id, kind),
                "barred": _barred(customer_id, purpose),
            },
        )
        if not created:
            WorkItem.objects.open().filter(pk=item.pk).update(**what)
            item.refresh_from_db()
    return item


def close_work(*, key: str, outcome: str) -> bool:
    """Close the open item of this `key`; False when there is none."""
    with audited(), translated():
        return bool(
            WorkItem.objects.open()
            .filter(key=key)
            .update(
                outcome=outcome,
                closed_at=timezone.now(),
                claimed_by=None,
                claimed_until=None,
            )
        )


def refresh_customer(*, customer_id: UUID) -> None:
    """Bring chance and bar of the customer's open items up to date, after a call or a change of
    what may be said to them."""
    with audited(), translated():
        items = WorkItem.objects.open().filter(customer_id=customer_id)
        for kind, purpose in items.order_by().values_list("kind", "purpose").distinct():
            items.filter(kind=kind, purpose=purpose).update(
                reach=_chance(customer_id, kind), barred=_barred(customer_id, purpose)
            )


def _chance(customer_id: UUID, kind: str) -> Decimal:
    calls = ContactAttempt.objects.filter(
        customer_id=customer_id,
        channel=Channel.CALL,
        direction=Direction.OUTBOUND,
        reached__isnull=False,
        at__gt=timezone.now() - CALLS_COUNT_FOR,
    ).aggregate(calls=Count("pk"), reached=Count("pk", filter=Q(reached=True)))
    return chance_to_reach(kind, **calls)


def _barred(customer_id: UUID, purpose: str) -> str:
    """Why nobody may call about it whatever the hour; "" when somebody may, now or later."""
    wish = (customer_id, str(Channel.CALL), purpose)
    decision = decide_many([wish])[wish]
    return decision.reason if decision.is_barred else ""
