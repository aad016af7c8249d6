"""What follows from a call that ended: contact record, work, analysis. All of it by key, so that
it may be done after each callback and counts once."""

from datetime import timedelta
from uuid import UUID

from django.db.models import Q

from crm.enums import ContactPurpose, WorkKind
from crm.services.contacts import record_contact
from crm.services.worklist import add_work, close_work, close_work_many, give_work
from jobs.services import enqueue
from telephony.enums import AnsweredBy, CallOutcome, Direction
from telephony.models import CallLog
from telephony.querysets import WITHHELD

# What a call may leave to do; with the call's key the keys of those items.
LEFT = ("missed_call", "voicemail", "message", "hand_over")
# With the call's key the key of its contact record.
CONTACT = "call:"
# How far back an answered call makes good for missed ones of the same caller.
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
    if call.customer_id is not None and not call.is_spoken:
        _record_contact(call, call.customer_id)
    if call.is_missed:
        _add_work(call)
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
        key=f"{CONTACT}{call.pk}",
        by=call.advisor,
        reached=call.answered_by is not None,
    )


def belongs_to(*, call: CallLog, customer_id: UUID, others: bool = False) -> None:
    """What the call left to do is about its customer now; with `others` also what was thought to
    be another customer's."""
    keys = [f"{kind}:{call.pk}" for kind in LEFT]
    give_work(customer_id=customer_id, keys=keys, others=others)


def add_callback(*, call: CallLog, kind: str, title: str, reason: str, number: str) -> None:
    """Whoever called waits for a call: the call's customer, else `number`, which is nobody's."""
    add_work(
        key=f"{kind}:{call.pk}",
        kind=WorkKind.CALLBACK,
        customer_id=call.customer_id,
        phone="" if call.customer_id else number,
        title=title,
        reason=reason,
        url=call.get_absolute_url(),
        purpose=ContactPurpose.CALLBACK,
    )


def _add_work(call: CallLog) -> None:
    """A voicemail says more than the missed call that it is, so it takes that one's place."""
    kind, title, reason = WorkKind.MISSED_CALL, "Return a missed call", "Nobody answered"
    withheld = call.customer_id is None and call.caller_phone == WITHHELD
    if withheld and not call.is_voicemail:
        return  # Nobody can be called back, and there is nothing to listen to.
    if call.is_voicemail:
        close_work(key=f"{kind}:{call.pk}", outcome="voicemail")
        kind, title, reason = WorkKind.VOICEMAIL, "Answer a voicemail", "A message is waiting"
    add_work(
        key=f"{kind}:{call.pk}",
        kind=kind,
        customer_id=call.customer_id,
        phone="" if call.customer_id else call.caller_phone,
        title=title,
        reason=reason,
        due_at=call.started_at,
        url=call.get_absolute_url(),
        purpose=ContactPurpose.CALLBACK,
    )


def _close_returned(call: CallLog) -> None:
    """Whoever was spoken to need not be called back about the calls before, nor about this one,
    which may have looked missed until a late callback came."""
    earlier = CallLog.objects.missed().filter(
        _same_caller(call),
        started_at__lt=call.started_at,
        started_at__gte=call.started_at - RETURNED_WITHIN,
    )
    calls = [call.pk, *earlier.values_list("pk", flat=True)]
    keys = [f"{kind}:{key}" for key in calls for kind in ("missed_call", "voicemail")]
    close_work_many(keys=keys, outcome="returned")


def _same_caller(call: CallLog) -> Q:
    """Calls of the same customer, or of the same number that is nobody's."""
    if call.customer_id is not None:
        return Q(customer_id=call.customer_id)
    if call.caller_phone == WITHHELD:
        return Q(pk=call.pk)
    return Q(customer=None, caller_phone=call.caller_phone)
