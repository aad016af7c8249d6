"""Counting wrong answers, for a call, a customer and a number, so that nobody counts past them."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from crm.constraints import translated
from crm.context import audited
from crm.exceptions import Invalid
from crm.models import User
from telephony import verification as rules
from telephony.models import (
    CallerVerification,
    VerificationAttempt,
    VerificationCounter,
    VerificationUnlock,
)


def keyed_digest(*parts: str) -> str:
    """A digest that only this installation can make; numbers are too few for a plain one."""
    message = "\x1f".join(parts).encode()
    return hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).hexdigest()[:40]


def limits_of(claim: CallerVerification) -> dict[str, int]:
    """The counters of a claim, each with its limit."""
    limits = {
        claim.call_key: rules.CALL_LIMIT,
        f"customer:{claim.subject}": rules.CUSTOMER_LIMIT,
    }
    if claim.number_key:
        limits[f"number:{claim.number_key}"] = rules.NUMBER_LIMIT
    return limits


def is_locked(
    claim: CallerVerification, failures: Mapping[str, Sequence[datetime]], now: datetime
) -> bool:
    """Whether one of the counters in `failures` has reached its limit."""
    return any(
        rules.locked_until(failures.get(key, ()), limit, now) is not None
        for key, limit in limits_of(claim).items()
    )


def needed_points(now: datetime) -> int:
    """How many points open a record now. Of many customers guessed at a little each, no counter of
    one of them tells; the wrong answers of the whole shop do."""
    limit = settings.VERIFICATION_GUARD_FAILURES
    since = now - rules.LOCK_WINDOW
    wrong = VerificationAttempt.objects.filter(passed=False, at__gt=since).order_by()
    return rules.GUARDED_POINTS if wrong[:limit].count() >= limit else rules.NEEDED_POINTS


def failures_of(claim: CallerVerification) -> dict[str, list[datetime]]:
    """The failures of each counter of `claim` as they stand. One query, which waits for nobody."""
    counters = VerificationCounter.objects.filter(key__in=limits_of(claim))
    return dict(counters.values_list("key", "failures"))


def lock_counters(claim: CallerVerification) -> dict[str, list[datetime]]:
    """The failures of each counter of `claim`, their rows locked until the commit.

    One statement, in the order of the keys: two claims that share counters never wait for each
    other.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO verification_counters AS counter (key)
            SELECT key FROM unnest(%s::text[]) AS key ORDER BY key
            ON CONFLICT (key) DO UPDATE SET touched_at = clock_timestamp()
            RETURNING counter.key, counter.failures
            """,
            [list(limits_of(claim))],
        )
        return dict(cursor.fetchall())


def write_counters(failures: Mapping[str, list[datetime]], now: datetime) -> None:
    """Store what `lock_counters` gave, changed; the rows must still be locked."""
    for key, times in sorted(failures.items()):
        VerificationCounter.objects.filter(key=key).update(failures=times, touched_at=now)


def unlock(*, claim: CallerVerification, by: User, reason: str) -> VerificationUnlock:
    """Forget the failures of the call, the customer and the number of `claim`, for a reason.

    Nobody is verified by it: the caller may answer again.
    """
    if not reason.strip():
        raise Invalid("Unlocking needs a reason.", field="reason", remedy="Say why.")
    with audited(reason=reason.strip()), translated():
        lock_counters(claim)
        VerificationCounter.objects.filter(key__in=limits_of(claim)).update(failures=[])
        CallerVerification.objects.filter(pk=claim.pk).update(locked_at=None)
        return VerificationUnlock.objects.create(
            verification=claim, customer=claim.customer, by=by, reason=reason.strip()[:200]
        )


def prune(*, now: datetime, keep_days: int) -> int:
    """Delete claims older than `keep_days` with their attempts, and counters that count nothing.

    Rows deleted.
    """
    old = CallerVerification.objects.filter(created_at__lt=now - timedelta(days=keep_days))
    spent = VerificationCounter.objects.filter(touched_at__lt=now - 2 * rules.LOCK_WINDOW)
    return old.delete()[0] + spent.delete()[0]
