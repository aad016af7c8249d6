"""What follows from a call that ended: contact record, work, analysis. All of it by key, so that
it may be done after each callback and counts once."""

from datetime import timedelta
from uuid import UUID

from crm.enums import WorkKind
from crm.services.contacts import record_contact
from crm.services.worklist import add_work, close_work
from jobs.services import enqueue
from telephony.enums import AnsweredBy, CallOutcome, Direction
from telephony.models import CallLog

# How far back an answered call makes good for missed ones of the same customer.
RETURNED_WITHIN = timedelta(days=14)


def finished(*, call: CallLog) -> None:
    """Take note of `call`, which has ended; nothing for one that goes on."""
    if call.is_open:
        return
    if call.transcript and call.customer_sentiment is None:
        enqueue(
            "telephony.analyse_call",
            args={"call": str(call.pk)},
            dedup_key=f"telephony.analyse:{call.pk}",
        )
    if call.customer_id is None:
        return
    _record_contact(call, call.customer_id)
    if call.is_missed:
        _add_work(call, call.customer_id)
    elif call.answered_by:
        _close_returned(call)


def _record_contact(call: CallLog, customer_id: UUID) -> None:
    missed = "voicemail" if call.is_voicemail else "missed"
    unanswered = missed if call.direction == Direction.INBOUND else CallOutcome.NO_ANSWER
    record_contact(
        customer_id=customer_id,
        channel="ai_call" if call.answered_by == AnsweredBy.AGENT else "call",
        direction=call.direction,
        purpose=call.purpose or "service",
        outcome=call.outcome or ("answered" if call.answered_by else unanswered),
        at=call.started_at,
        text=call.summary,
        key=f"call:{call.pk}",
        by=call.advisor,
        reached=call.answered_by is not None,
    )


def _add_work(call: CallLog, customer_id: UUID) -> None:
    """A voicemail says more than the missed call that it is, so it takes that one's place."""
    kind, title, reason = WorkKind.MISSED_CALL, "Return a missed call", "Nobody answered"
    if call.is_voicemail:
        close_work(key=f"{kind}:{call.pk}", outcome="voicemail")
        kind, title, reason = WorkKind.VOICEMAIL, "Answer a voicemail", "A message is waiting"
    add_work(
        key=f"{kind}:{call.pk}",
        kind=kind,
        customer_id=customer_id,
        title=title,
        reason=reason,
        due_at=call.started_at,
        url=call.get_absolute_url(),
        purpose="callback",
    )


def _close_returned(call: CallLog) -> None:
    """Whoever was spoken to need not be called back about the calls before, nor about this one,
    which may have looked missed until a late callback came."""
    earlier = CallLog.objects.missed().filter(
        customer_id=call.customer_id,
        started_at__lt=call.started_at,
        started_at__gte=call.started_at - RETURNED_WITHIN,
    )
    for key in [call.pk, *earlier.values_list("pk", flat=True)]:
        for kind in ("missed_call", "voicemail"):
            close_work(key=f"{kind}:{key}", outcome="returned")
