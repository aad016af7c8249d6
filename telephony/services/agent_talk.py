"""The voice agent's tools that hand the caller's words on: opt-out, message, person, summary."""

from typing import Any

from django.conf import settings
from django.utils import timezone

from crm.constraints import translated
from crm.context import audited
from crm.enums import Channel
from crm.services import consent
from crm.services.availability import opening_hours
from jobs.registry import shop_zone
from telephony.enums import CallOutcome, CallStatus, Provider
from telephony.models import CallLog
from telephony.querysets import WITHHELD
from telephony.services import follow_up, pop, verification
from telephony.services.agent_answers import NUMBER_NEEDED, Answer, done
from telephony.services.agent_identity import UNREADABLE_NUMBER, claim_of, spoken_phone

SOURCE = "call"


def opt_out(*, call: CallLog, channel: str = "") -> Answer:
    """The caller wants no more calls, texts or e-mails ("" for all); in force at once.

    Asks for no verification: whoever withdraws by any reasonable means must be heeded
    (47 CFR 64.1200), and nothing is told or opened by it.
    """
    claim = claim_of(call)
    if claim is None:
        return NUMBER_NEEDED
    if claim.customer is not None:
        # Who refuses calls refuses the artificial voice too, so that means the telephone.
        refused = [Channel.CALL, Channel.AI_CALL] if channel == Channel.CALL else [channel]
        for each in refused:
            consent.opt_out(customer=claim.customer, source=SOURCE, channel=each)
    else:
        consent.opt_out_number(phone=claim.claimed_phone, source=SOURCE)
    _note(call, outcome=CallOutcome.OPTED_OUT)
    return done("Done. We will not contact you that way any more.", channel=channel or "all")


def leave_message(*, call: CallLog, message: str, phone: str = "") -> Answer:
    """A message for the shop: work for whoever calls back, and in the log of the call."""
    number = _number_of(call)
    if phone:
        stated = spoken_phone(phone)
        if stated is None:
            return UNREADABLE_NUMBER
        number = stated
    if not number:
        return NUMBER_NEEDED
    written = f"{message.strip()} (call back {number})"
    follow_up.add_callback(
        call=call,
        kind="message",
        title="Answer a message",
        reason=message.strip(),
        number=number,
    )
    _note(
        call,
        outcome=CallOutcome.MESSAGE_TAKEN,
        summary="\n".join(part for part in (call.summary, written) if part),
    )
    return done("I passed your message on. Somebody will call you back.")


def hand_over(*, call: CallLog, reason: str = "") -> Answer:
    """A person instead: the number to transfer to while the shop is open, else a call back."""
    numbers = settings.TELEPHONY.shop_numbers
    if numbers and _is_open():
        _note(call, outcome=CallOutcome.TRANSFERRED)
        return done("One moment, I'm connecting you.", transfer_to=numbers[0])
    number = _number_of(call)
    if not number:
        return NUMBER_NEEDED
    follow_up.add_callback(
        call=call,
        kind="hand_over",
        title="Call back: wants a person",
        reason=reason,
        number=number,
    )
    _note(call, outcome=CallOutcome.CALLBACK_REQUESTED)
    return done("Nobody is free right now. A colleague will call you back.", transfer_to=None)


def end_call(
    *,
    call: CallLog,
    summary: str = "",
    intent: str = "",
    resolved: bool | None = None,
    sentiment: str = "",
    call_type: str = "",
    model: str = "",
    tokens: int | None = None,
) -> Answer:
    """The end of the call, for the log. What a telephone provider reports itself is left to it.

    There is no field for a transcript: it would hold what people answered to verify themselves.
    """
    said: dict[str, Any] = {
        "summary": "\n".join(part for part in (call.summary, summary.strip()) if part),
        "intent_detected": intent or None,
        "issue_resolved": resolved,
        "customer_sentiment": sentiment or None,
        "call_type": call_type or call.call_type,
        "llm_model_used": model or None,
        "total_tokens_used": tokens,
    }
    now = timezone.now()
    if call.provider != Provider.TWILIO and call.is_open:
        said |= {
            "status": CallStatus.COMPLETED,
            "ended_at": now,
            "duration_seconds": max(0, int((now - call.started_at).total_seconds())),
        }
    with audited(), translated():
        CallLog.objects.filter(pk=call.pk).update(**said)
        verification.end_claims(call=call, now=now)
        ended = CallLog.objects.get(pk=call.pk)
        follow_up.finished(call=ended)
        if call.is_open and not ended.is_open:
            pop.announce(call=ended)
    return done("Thank you for calling. Goodbye.")


def _is_open() -> bool:
    now = timezone.now()
    today = timezone.localdate(now, shop_zone())
    hours = opening_hours(today, today).get(today)
    return hours is not None and hours.opens <= now < hours.closes


def _number_of(call: CallLog) -> str:
    """Where the caller can be called back: the calling number, else the one that they said."""
    claim = claim_of(call)
    said = claim.claimed_phone if claim else ""
    return said if call.caller_phone == WITHHELD else call.caller_phone


def _note(call: CallLog, **changes: Any) -> None:
    with audited(), translated():
        CallLog.objects.filter(pk=call.pk).update(**changes)
