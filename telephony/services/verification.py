"""Verifying callers, for people at the desk and for the voice agent alike.

`identify` notes whom somebody claims to be, `answer` judges what they say, `verified_customer` is
what every tool asks that reads or changes a record. For a customer and for nobody each of them
makes the same queries and the same comparisons and gives the same reply.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from crm.constraints import translated
from crm.context import audited
from crm.exceptions import Invalid, Refused
from crm.models import Customer, ServiceRecord, User, Vehicle
from jobs.registry import shop_zone
from telephony import verification as rules
from telephony.enums import VerificationChannel
from telephony.models import (
    AgentAction,
    CallerVerification,
    CallLog,
    VerificationAttempt,
)
from telephony.querysets import WITHHELD
from telephony.services.verification_limits import (
    failures_of,
    is_locked,
    keyed_digest,
    lock_counters,
    needed_points,
    write_counters,
)
from telephony.verification import NOBODY, Factor, Facts

log = logging.getLogger("telephony.verification")

NO_ONE = UUID(int=0)


class NotVerified(Refused):
    """The caller has not shown who they are, or too long ago."""

    code = "not_verified"
    status = 403


@dataclass(frozen=True)
class Standing:
    """Where a verification stands after an answer.

    `question` is what to ask next, None when there is nothing left to ask. It depends on what
    was asked alone: whether an answer was right shows in nothing but `is_verified`.
    """

    is_verified: bool
    is_locked: bool
    question: Factor | None

    @property
    def is_over(self) -> bool:
        return self.is_verified or self.is_locked or self.question is None


def key_of_call(call: CallLog) -> str:
    return f"call:{call.pk}"


def key_of_desk(user: User, customer: Customer) -> str:
    return f"desk:{user.pk}:{customer.pk}"


def identify(
    *, call: CallLog, claimed: str | None = None, now: datetime | None = None
) -> CallerVerification:
    """Whom the caller of `call` claims to be: by `claimed` (E.164), else by the calling number.

    A new claim ends the one before. The calling number counts when it is the customer's own;
    whether there is a customer shows in nothing that callers get to hear.
    """
    now = now or timezone.now()
    number = claimed or call.caller_phone
    customer = Customer.objects.filter(phone=number, anonymised_at=None).first()
    facts = Facts(phone=customer.phone) if customer else NOBODY
    is_own = rules.is_calling_number(call.caller_phone, facts)
    return _claim(
        key_of_call(call),
        now=now,
        call=call,
        customer=customer,
        subject=str(customer.pk) if customer else keyed_digest("subject", number),
        claimed_phone="" if number == WITHHELD else number,
        number_key=keyed_digest("number", call.caller_phone),
        channel=VerificationChannel.AGENT,
        passed=[Factor.CALLER.value] if is_own else [],
    )


def identify_at_desk(
    *, customer: Customer, by: User, call: CallLog | None = None, now: datetime | None = None
) -> CallerVerification:
    """A person at the desk begins to verify somebody as `customer`, on the telephone if `call`."""
    number = call.caller_phone if call and call.caller_phone != WITHHELD else ""
    is_own = rules.is_calling_number(number, Facts(phone=customer.phone))
    return _claim(
        key_of_call(call) if call else key_of_desk(by, customer),
        now=now or timezone.now(),
        call=call,
        customer=customer,
        subject=str(customer.pk),
        claimed_phone=customer.phone,
        number_key=keyed_digest("number", number) if number else "",
        channel=VerificationChannel.DESK,
        by=by,
        passed=[Factor.CALLER.value] if is_own else [],
    )


def _claim(call_key: str, *, now: datetime, **claim: Any) -> CallerVerification:
    with audited(), translated():
        _serialise(call_key)
        CallerVerification.objects.filter(call_key=call_key, ended_at=None).update(ended_at=now)
        return CallerVerification.objects.create(
            call_key=call_key, expires_at=now + rules.LIFETIME, **claim
        )


def _serialise(call_key: str) -> None:
    """One claim of a call at a time, without an error for the second."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [call_key])


def current(call_key: str, *, now: datetime | None = None) -> CallerVerification | None:
    """The claim of a call that is still valid, with its customer. One query."""
    return (
        CallerVerification.objects.select_related("customer")
        .filter(call_key=call_key, ended_at=None, expires_at__gt=now or timezone.now())
        .first()
    )


def verified_customer(call: CallLog, *, now: datetime | None = None) -> Customer:
    """The customer that the caller of `call` has shown to be; raises NotVerified."""
    claim = current(key_of_call(call), now=now)
    if claim is None or claim.verified_at is None or claim.customer is None:
        raise NotVerified("The caller is not verified.", remedy="Verify the caller first.")
    return claim.customer


def give_customer(*, claim: CallerVerification, customer: Customer) -> None:
    """The claimed number was nobody's and is now `customer`'s, who was just made from it.

    Wrong answers from now on count against the customer; nothing passes by it.
    """
    CallerVerification.objects.filter(pk=claim.pk).update(
        customer=customer, subject=str(customer.pk)
    )


def standing_of(claim: CallerVerification, *, now: datetime | None = None) -> Standing:
    """Where `claim` stands before the next answer. One query."""
    return _standing(claim, is_locked(claim, failures_of(claim), now or timezone.now()))


def answer(
    *, claim: CallerVerification, factor: str, said: str, now: datetime | None = None
) -> Standing:
    """Judge what the caller `said` to the question for `factor`; keeps the result, not the words.

    Whoever answers at the same time waits: the rows of the counters are locked until the commit,
    so that not one answer more than the limits allow is ever looked at. Somebody who goes on
    guessing after a lock costs two small statements and keeps nobody waiting. Raises Invalid for
    a factor that cannot be asked, NotVerified when the claim has ended.
    """
    if factor not in rules.QUESTIONS:
        raise Invalid(
            "This is no question.", field="factor", remedy=f"Ask {', '.join(rules.QUESTIONS)}."
        )
    now = now or timezone.now()
    if claim.locked_at is not None and is_locked(claim, failures_of(claim), now):
        return _refuse(claim, now)
    with audited(), translated():
        fresh = CallerVerification.objects.select_for_update().get(pk=claim.pk)
        if fresh.ended_at is not None or fresh.expires_at <= now:
            raise _ended()
        failures = lock_counters(fresh)
        if is_locked(fresh, failures, now):
            return _refuse(claim, now)
        facts = facts_of(fresh.customer_id)
        is_right = rules.is_right(
            Factor(factor), said, facts, as_of=timezone.localdate(now, shop_zone())
        )
        needed = needed_points(now)
        failures = {
            key: rules.recent([*times, *([] if is_right else [now])], now)
            for key, times in failures.items()
        }
        write_counters(failures, now)
        VerificationAttempt.objects.create(
            verification=fresh, factor=factor, passed=is_right, at=now
        )
        _note(fresh, factor, is_right)
        return _judge(fresh, needed, is_locked(fresh, failures, now), now)


def _refuse(claim: CallerVerification, now: datetime) -> Standing:
    """An answer while locked is not looked at. That it comes sooner tells nothing: the reply says
    that it is locked, of a customer and of nobody alike. Raises NotVerified as `answer` does."""
    going_on = CallerVerification.objects.filter(pk=claim.pk, ended_at=None, expires_at__gt=now)
    if not going_on.update(
        refused_answers=F("refused_answers") + 1, locked_at=Coalesce("locked_at", Value(now))
    ):
        raise _ended()
    claim.locked_at = claim.locked_at or now
    return Standing(is_verified=False, is_locked=True, question=None)


def _ended() -> NotVerified:
    return NotVerified("This verification has ended.", remedy="Begin again.")


def _note(claim: CallerVerification, factor: str, is_right: bool) -> None:
    claim.asked = sorted({*claim.asked, factor})
    claim.passed = sorted({*claim.passed, *([factor] if is_right else [])})


def _judge(claim: CallerVerification, needed: int, locked: bool, now: datetime) -> Standing:
    is_enough = rules.is_enough(claim.passed, needed=needed)
    if is_enough and not locked and claim.verified_at is None:
        claim.verified_at, claim.expires_at = now, now + rules.LIFETIME
    claim.locked_at = now if locked else None
    claim.save(update_fields=["asked", "passed", "verified_at", "expires_at", "locked_at"])
    if locked:
        log.warning("Caller verification locked", extra={"event": claim.channel})
    return _standing(claim, locked)


def _standing(claim: CallerVerification, locked: bool) -> Standing:
    is_verified = claim.verified_at is not None
    question = None if is_verified or locked else rules.next_question(claim.asked)
    return Standing(is_verified=is_verified, is_locked=locked, question=question)


def facts_of(customer_id: UUID | None) -> Facts:
    """What is on file of a customer; of nobody, NOBODY after the same three queries."""
    key = customer_id or NO_ONE
    person = Customer.objects.filter(pk=key, anonymised_at=None).values_list(
        "phone", "date_of_birth", "street_address", "city", "zip_code"
    )
    cars = Vehicle.objects.on_the_road().filter(customer=key).values_list("vin", "license_plate")
    visits = ServiceRecord.objects.filter(Q(customer=key)).latest_first()
    found, owned = person.first(), list(cars[: rules.COMPARED])
    visit = visits.values_list("services_performed", "service_date").first()
    if found is None:
        return NOBODY
    phone, born, street, city, zip_code = found
    return Facts(
        phone=phone,
        date_of_birth=born,
        street=street or "",
        city=city or "",
        zip_code=zip_code or "",
        vins=tuple(vin for vin, _ in owned),
        plates=tuple(plate for _, plate in owned if plate),
        services=tuple(visit[0] or ()) if visit else (),
        service_date=visit[1] if visit else None,
    )


def end_claims(*, call: CallLog, now: datetime) -> None:
    """The call is over, and with it whatever was verified in it."""
    CallerVerification.objects.filter(call_key=key_of_call(call), ended_at=None).update(
        ended_at=now
    )


def forget_customer(*, customer_id: UUID) -> None:
    """Take a customer who was anonymised out of claims and tools' answers; what passed stays."""
    CallerVerification.objects.filter(customer=customer_id).update(claimed_phone="")
    AgentAction.objects.filter(call__customer=customer_id).delete()
