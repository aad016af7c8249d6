"""The work list: who is to be contacted next, by whom, and how it went."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone

from crm.constraints import translated
from crm.context import audited
from crm.dispositions import chance_to_reach, default_value
from crm.enums import Channel, ContactPurpose, Direction
from crm.models import ContactAttempt, DataBatch, WorkItem
from crm.permission import Decision
from crm.services.contact_facts import Subject
from crm.services.permission import decide_many

# Older calls say little about who picks up today.
CALLS_COUNT_FOR = timedelta(days=180)
NO_CALLS = {"calls": 0, "reached": 0}


@dataclass(frozen=True)
class NewWork:
    """One item for `add_work_many`; the fields are those of `add_work`."""

    key: str
    kind: str
    customer_id: UUID | None
    title: str
    phone: str = ""
    reason: str = ""
    vehicle_id: UUID | None = None
    value: Decimal | None = None
    due_at: datetime | None = None
    expires_at: datetime | None = None
    url: str = ""
    purpose: str = ContactPurpose.SERVICE

    @property
    def subject(self) -> Subject:
        return self.customer_id or self.phone


def add_work(
    *,
    key: str,
    kind: str,
    customer_id: UUID | None,
    title: str,
    phone: str = "",
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
    success is worth in the shop's currency, left out the kind's usual one. Without a customer it
    is about the number `phone`. Raises Invalid for an unknown kind or purpose.
    """
    work = NewWork(
        key=key,
        kind=kind,
        customer_id=customer_id,
        phone=phone,
        title=title,
        reason=reason,
        vehicle_id=vehicle_id,
        value=value,
        due_at=due_at,
        expires_at=expires_at,
        url=url,
        purpose=purpose,
    )
    add_work_many([work], batch=batch)
    return WorkItem.objects.get(key=key)


def add_work_many(works: Iterable[NewWork], *, batch: DataBatch | None = None) -> int:
    """What `add_work` does for each of many, in a handful of queries; how many items are new.

    Meant for nightly jobs, with some thousand items a call.
    """
    wanted = {work.key: work for work in works}
    with audited(), translated():
        chances = _chances({work.customer_id for work in wanted.values() if work.customer_id})
        wishes = {(work.subject, str(Channel.CALL), work.purpose) for work in wanted.values()}
        decisions = decide_many(wishes)
        items = [
            WorkItem(
                **_fields(work, batch),
                reach=chance_to_reach(work.kind, **chances.get(work.subject, NO_CALLS)),
                barred=_reason(decisions[work.subject, str(Channel.CALL), work.purpose]),
            )
            for work in wanted.values()
        ]
        return _upsert(items)


def _fields(work: NewWork, batch: DataBatch | None) -> dict[str, Any]:
    return {
        **asdict(work),
        "title": work.title[:200],
        "reason": work.reason[:300],
        "value": default_value(work.kind) if work.value is None else work.value,
        "due_at": work.due_at or timezone.now(),
        "batch": batch,
    }


# What a second announcement of the same work may change.
SAID = ("title", "reason", "url", "value", "expires_at")


def _upsert(items: list[WorkItem]) -> int:
    """Insert what is new, bring open items up to date, leave closed and unchanged ones alone;
    how many are new."""
    rows = WorkItem.objects.filter(key__in=[item.key for item in items])
    known = {key: values for key, *values in rows.values_list("key", "closed_at", *SAID)}
    wanted = []
    for item in items:
        closed_at, *said = known.get(item.key, (None,))
        if closed_at is None and said != [getattr(item, name) for name in SAID]:
            wanted.append(item)
    WorkItem.objects.bulk_create(
        wanted,
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=SAID,
        batch_size=1_000,
    )
    return sum(item.key not in known for item in wanted)


def close_work(*, key: str, outcome: str) -> bool:
    """Close the open item of this `key`; False when there is none."""
    return bool(close_work_many(keys=[key], outcome=outcome))


def close_work_many(*, keys: Collection[str], outcome: str) -> int:
    """Close the open items of these `keys`, in one statement; how many there were."""
    with audited(), translated():
        items = WorkItem.objects.open().filter(key__in=keys)
        return items.update(
            outcome=outcome, closed_at=timezone.now(), claimed_by=None, claimed_until=None
        )


def reopen_work(*, key: str, outcome: str) -> bool:
    """Open the item of this `key` again if `outcome` closed it; False when there is none."""
    with audited(), translated():
        return bool(
            WorkItem.objects.filter(key=key, outcome=outcome, closed_at__isnull=False).update(
                outcome="", closed_at=None
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


def refresh_number(*, phone: str) -> None:
    """The same for open items about a number that is nobody's."""
    with audited(), translated():
        items = WorkItem.objects.open().filter(phone=phone)
        for purpose in set(items.order_by().values_list("purpose", flat=True)):
            items.filter(purpose=purpose).update(barred=_barred(phone, purpose))


def give_work(
    *, customer_id: UUID, phone: str = "", keys: Collection[str] = (), others: bool = False
) -> int:
    """What was about a number is about the customer who turned out to have it: items of `phone`,
    and those of `keys` (with `others` also when they were another customer's). How many."""
    nobodys = Q(customer__isnull=True)
    mine = Q(key__in=keys) if others else Q(key__in=keys) & nobodys
    if phone:
        mine |= Q(phone=phone) & nobodys
    with audited(), translated():
        items = WorkItem.objects.filter(mine).exclude(customer_id=customer_id)
        given = items.update(customer_id=customer_id, phone="")
        if given:
            refresh_customer(customer_id=customer_id)
    return given


def _chance(customer_id: UUID, kind: str) -> Decimal:
    return chance_to_reach(kind, **_chances([customer_id]).get(customer_id, NO_CALLS))


def _chances(customers: Collection[UUID]) -> dict[Subject, dict[str, int]]:
    """How many calls the customers got of which we know the end, and how many reached them."""
    calls = ContactAttempt.objects.filter(
        customer_id__in=customers,
        channel=Channel.CALL,
        direction=Direction.OUTBOUND,
        reached__isnull=False,
        at__gt=timezone.now() - CALLS_COUNT_FOR,
    )
    found = (
        calls.order_by()
        .values("customer_id")
        .annotate(calls=Count("pk"), reached_calls=Count("pk", filter=Q(reached=True)))
    )
    return {
        row["customer_id"]: {"calls": row["calls"], "reached": row["reached_calls"]}
        for row in found
    }


def _barred(subject: Subject, purpose: str) -> str:
    """Why nobody may call about it whatever the hour; "" when somebody may, now or later."""
    wish = (subject, str(Channel.CALL), purpose)
    return _reason(decide_many([wish])[wish])


def _reason(decision: Decision) -> str:
    return decision.reason if decision.is_barred else ""
