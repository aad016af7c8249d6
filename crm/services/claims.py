"""Working the list: take an item, say how it went, put it off. One customer, one pair of hands."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from crm.constraints import translated
from crm.context import audited
from crm.dispositions import BUSY_MINUTES, DISPOSITIONS, Disposition
from crm.enums import Channel, ConsentBasis, Direction
from crm.exceptions import Invalid, Refused
from crm.models import ContactAttempt, Customer, User, WorkItem
from crm.phones import WITHHELD
from crm.services.consent import opt_out, opt_out_number
from crm.services.contacts import record_contact
from crm.services.permission import require_permission
from crm.services.worklist import refresh_customer

# An item is put off for at most this long; later it would be forgotten rather than postponed.
LONGEST_SNOOZE = timedelta(days=365)


class Taken(Refused):
    """Somebody else works on this customer, or the item is closed."""

    code = "taken"


def take(*, item: WorkItem, by: User) -> WorkItem:
    """Claim `item` in order to call now: the permission gate is asked, and its answer logged.

    Raises ContactBlocked with the reason and from when it is allowed, and Taken.
    """
    require_permission(
        customer=item.customer, phone=item.phone, channel=Channel.CALL, purpose=item.purpose
    )
    return claim(item=item, by=by)


def claim(*, item: WorkItem, by: User) -> WorkItem:
    """Take `item` for CONTACT_CLAIM_MINUTES; claiming it again renews that. Raises Taken."""
    taken = claim_first(keys=[item.pk], by=by)
    if taken is None:
        raise Taken(
            "Somebody else has taken this customer, or the item is closed.", remedy="Take the next."
        )
    return taken


def claim_first(*, keys: Sequence[UUID], by: User) -> WorkItem | None:
    """Take the first of `keys` that is free; None when none is.

    Two people who ask at once never get the same item, nor two items of one customer or number:
    whoever takes one holds the lock of that, and only then looks who else works on them.
    """
    now = timezone.now()
    for key in keys:
        with audited(), translated():
            if not _lock_subject_of(key):
                continue
            others = (
                WorkItem.objects.open()
                .filter(
                    Q(pk=OuterRef("pk"))
                    | Q(customer_id=OuterRef("customer_id"))
                    | (Q(customer=None, phone=OuterRef("phone")) & ~Q(phone=WITHHELD)),
                    claimed_until__gt=now,
                )
                .exclude(claimed_by=by)
            )
            free = WorkItem.objects.open().filter(~Exists(others), pk=key)
            if free.update(claimed_by=by, claimed_until=_until(now)):
                return WorkItem.objects.select_related("customer", "vehicle").get(pk=key)
    return None


def _lock_subject_of(key: UUID) -> bool:
    """Hold the customer or number of item `key` until the commit; False when somebody claims it.

    A statement of its own: the claim that follows has to see what was committed before the lock.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended("
            "'work ' || coalesce(customer_id::text, phone), 0)) FROM work_items WHERE id = %s",
            [key],
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def _until(now: datetime) -> datetime:
    return now + timedelta(minutes=settings.CONTACT_CLAIM_MINUTES)


def release(*, item: WorkItem, by: User) -> bool:
    """Give back what `by` holds; False when they hold it no more."""
    with audited(), translated():
        mine = WorkItem.objects.open().filter(pk=item.pk, claimed_by=by)
        return bool(mine.update(claimed_by=None, claimed_until=None))


def dispose(
    *,
    item: WorkItem,
    outcome: str,
    by: User | None,
    channel: str = Channel.CALL,
    note: str = "",
    again_at: datetime | None = None,
) -> WorkItem:
    """Say how the contact went: it is recorded, the item closed or put off.

    `outcome` is a code of DISPOSITIONS, `again_at` when the customer asked to be called again
    (left out, the disposition's recycle days). A contact that the telephone log has recorded
    since the item was claimed is completed rather than counted twice. "do_not_call" opts the
    customer out before this returns. Raises Invalid and Taken.
    """
    disposition = DISPOSITIONS.get(outcome)
    if disposition is None:
        raise Invalid("Unknown disposition.", field="outcome", remedy="Choose a listed one.")
    if again_at is not None:
        _check_later(again_at, field="again_at")
    with audited(), translated():
        held = _held(item, by)
        if disposition.reached is not None and held.customer_id is not None:
            _record(held, held.customer_id, disposition, by=by, channel=channel, note=note)
        if outcome == "do_not_call":
            _opt_out(held, by=by, note=note)
        _settle(held, disposition, again_at)
        if held.customer_id is not None:
            refresh_customer(customer_id=held.customer_id)
        held.refresh_from_db()
    return held


def _opt_out(item: WorkItem, *, by: User | None, note: str) -> None:
    if item.customer_id is None:
        opt_out_number(phone=item.phone, source="call", note=note)
        return
    opt_out(
        customer=Customer.objects.get(pk=item.customer_id),
        source="call",
        basis=ConsentBasis.DO_NOT_CALL,
        note=note,
        by=by,
    )


def snooze(*, item: WorkItem, until: datetime, by: User | None) -> WorkItem:
    """Put the item off without a contact. Raises Invalid and Taken."""
    _check_later(until, field="until")
    with audited(), translated():
        held = _held(item, by)
        _write(held, due_at=until, claimed_by=None, claimed_until=None)
    return held


def _check_later(at: datetime, *, field: str) -> None:
    now = timezone.now()
    if not now < at <= now + LONGEST_SNOOZE:
        raise Invalid(
            "Choose a time from now on, within a year.", field=field, remedy="Check the date."
        )


def _held(item: WorkItem, by: User | None) -> WorkItem:
    """The open item, locked; raises Taken when it is closed or in somebody else's hands."""
    fresh = WorkItem.objects.open().select_for_update().filter(pk=item.pk).first()
    if fresh is None:
        raise Taken("This item is closed.", remedy="Take the next.")
    held_by_other = (
        fresh.claimed_until is not None
        and fresh.claimed_until > timezone.now()
        and (by is None or fresh.claimed_by_id != by.pk)
    )
    if held_by_other:
        raise Taken("Somebody else works on this item.", remedy="Take the next.")
    return fresh


def _record(
    item: WorkItem,
    customer_id: UUID,
    disposition: Disposition,
    *,
    by: User | None,
    channel: str,
    note: str,
) -> None:
    logged = _logged_call(item, by) if channel == Channel.CALL else None
    if logged is not None:
        logged.outcome, logged.reached = disposition.code, disposition.reached
        logged.text = note.replace("\x00", "").strip() or logged.text
        logged.purpose = item.purpose
        logged.save(update_fields=["outcome", "reached", "text", "purpose"])
        return
    record_contact(
        customer_id=customer_id,
        channel=channel,
        direction=Direction.OUTBOUND,
        purpose=item.purpose,
        outcome=disposition.code,
        text=note,
        key=f"work:{item.pk}:{item.tries}",
        by=by,
        reached=disposition.reached,
    )


def _logged_call(item: WorkItem, by: User | None) -> ContactAttempt | None:
    """The call to this customer that the telephone log has recorded during the claim."""
    if by is None or item.claimed_until is None:
        return None
    since = item.claimed_until - timedelta(minutes=settings.CONTACT_CLAIM_MINUTES)
    calls = ContactAttempt.objects.select_for_update().filter(
        customer=item.customer,
        channel=Channel.CALL,
        direction=Direction.OUTBOUND,
        by=by,
        at__gte=since,
    )
    return calls.exclude(outcome__in=DISPOSITIONS).order_by("-at").first()


def _settle(item: WorkItem, disposition: Disposition, again_at: datetime | None) -> None:
    now = timezone.now()
    changes: dict[str, Any] = {
        "outcome": disposition.code,
        "tries": item.tries + 1,
        "claimed_by": None,
        "claimed_until": None,
    }
    if again_at is not None and disposition.code != "do_not_call":
        changes["due_at"] = again_at
    elif disposition.recycle_days is None:
        changes["closed_at"] = now
    else:
        pause = timedelta(days=disposition.recycle_days) or timedelta(minutes=BUSY_MINUTES)
        changes["due_at"] = now + pause
    _write(item, **changes)


def _write(item: WorkItem, **changes: Any) -> None:
    with transaction.atomic():
        for name, value in changes.items():
            setattr(item, name, value)
        item.save(update_fields=list(changes))
