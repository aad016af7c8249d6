"""The voice agent's tools that find out who calls."""

from dataclasses import replace

from django.utils.translation import gettext as _

from crm import phones
from telephony import speech
from telephony.models import CallerVerification, CallLog
from telephony.querysets import WITHHELD
from telephony.services import verification
from telephony.services.agent_answers import (
    CANNOT_VERIFY,
    NUMBER_NEEDED,
    Answer,
    done,
    refused,
)
from telephony.verification import LIFETIME, QUESTIONS, Factor

UNREADABLE_NUMBER = refused(
    "number_unclear",
    "I didn't get that number. Could you say it again, digit by digit?",
    next_step="lookup",
)


def lookup(*, call: CallLog, phone: str = "") -> Answer:
    """Note whose number the call is about: the calling one, or another that the caller says.

    Known or not, the answer is the same: nobody learns here whether there is such a customer.
    """
    claimed = None
    if phone:
        claimed = spoken_phone(phone)
        if claimed is None:
            return UNREADABLE_NUMBER
    elif call.caller_phone == WITHHELD:
        return NUMBER_NEEDED
    verification.identify(call=call, claimed=claimed)
    return done(
        _("Thank you. How can I help you?"),
        identified_by="stated_number" if claimed else "calling_number",
    )


def start_verification(*, call: CallLog) -> Answer:
    """The first question, or the next one when some were asked."""
    claim = claim_of(call)
    if claim is None:
        return NUMBER_NEEDED
    return _told(verification.standing_of(claim))


def verify_answer(*, call: CallLog, factor: str, answer: str) -> Answer:
    """Judge one answer. Kept whatever it is, so that a request that comes twice counts once."""
    claim = claim_of(call)
    if claim is None:
        return NUMBER_NEEDED
    return _told(verification.answer(claim=claim, factor=factor, said=answer))


def claim_of(call: CallLog) -> CallerVerification | None:
    """The claim of the call, made by the calling number when there is none; None without one."""
    claim = verification.current(verification.key_of_call(call))
    if claim is None and call.caller_phone != WITHHELD:
        claim = verification.identify(call=call)
    return claim


def spoken_phone(text: str) -> str | None:
    """The number that `text` says, in words or digits, in E.164; None when it is none."""
    written = text if text.strip().startswith("+") else speech.digits(text)
    try:
        return phones.parse(written)[0]
    except ValueError:
        return None


def _told(standing: verification.Standing) -> Answer:
    if standing.is_verified:
        return done(
            _("Thank you, that's confirmed."),
            verified=True,
            expires_in_seconds=int(LIFETIME.total_seconds()),
        )
    if standing.question is None:
        return replace(CANNOT_VERIFY, is_kept=True)
    return _question(standing.question)


def _question(factor: Factor) -> Answer:
    return done(QUESTIONS[factor], next_step="verify_answer", verified=False, factor=factor.value)
