"""Callbacks of a provider: kept once as they came, then folded into the log of calls.

`receive` is the quick part that answers the provider. `work_event` is the task's part. Because
the state of a call is folded from the set of its events, replays, disorder and lateness end in
the same one state.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from crm.constraints import translated
from crm.context import acting_in_background, audited
from crm.enums import ContactPurpose
from jobs.services import enqueue
from telephony.callstate import CallFacts, Event, fold
from telephony.enums import CallStatus, CallType, Direction, RecordingConsent
from telephony.models import CallLog, ProviderEvent
from telephony.querysets import WITHHELD
from telephony.services import follow_up, pop
from telephony.services.routing import caller, party

logger = logging.getLogger(__name__)

LONGEST_SID = 100


def receive(
    *,
    provider: str,
    kind: str,
    fields: Mapping[str, str],
    stage: str = "",
    disclosed: bool = False,
    call: str = "",
) -> int | None:
    """Keep one callback and have it worked; the event's key, None when it was here before or
    names no call.

    `stage`, `disclosed` and `call` (the key of a call that we placed) are what we put into the
    callback's address. Three tiny queries.
    """
    sid = str(fields.get("ParentCallSid") or fields.get("CallSid") or "")[:LONGEST_SID]
    if not sid:
        return None
    payload = {"fields": dict(fields), "stage": stage, "disclosed": disclosed, "call": call}
    event = ProviderEvent(
        provider=provider,
        event_key=_digest(kind, fields, stage),
        kind=kind,
        call_sid=sid,
        payload=payload,
        received_at=timezone.now(),
    )
    with transaction.atomic():
        ProviderEvent.objects.bulk_create([event], ignore_conflicts=True)
        kept = ProviderEvent.objects.filter(
            provider=provider, event_key=event.event_key, processed_at__isnull=True
        )
        key = kept.values_list("pk", flat=True).first()
        if key is not None:
            enqueue("telephony.work_event", args={"event": key}, dedup_key=f"telephony.event:{key}")
    return key


def work_at_once(key: int) -> None:
    """A ring does not wait behind a queue: the advisor's screen has to show who calls within a
    second, also while workers are busy with the night. Where this fails the task does it, as it
    does for all other events; a second time changes nothing."""
    try:
        with acting_in_background("telephony.work_event"):
            work_event(event=ProviderEvent.objects.get(pk=key))
    except Exception:
        logger.exception("a ring was left to its task")


def _digest(kind: str, fields: Mapping[str, str], stage: str) -> str:
    said = json.dumps([kind, stage, sorted(fields.items())])
    return hashlib.sha256(said.encode()).hexdigest()


def work_event(*, event: ProviderEvent) -> CallLog:
    """Bring the event's call to the state that all its events mean."""
    with audited(), translated():
        call = _locked_call(event)
        told = ProviderEvent.objects.filter(provider=event.provider, call_sid=event.call_sid)
        facts = fold(as_event(row) for row in told)
        was_open = call.is_open
        _apply(call, facts)
        if not call.is_open or not was_open:
            follow_up.finished(call=call)
        if call.is_open or was_open:
            pop.announce(call=call)
        ProviderEvent.objects.filter(pk=event.pk).update(processed_at=timezone.now())
    return call


def as_event(row: ProviderEvent) -> Event:
    return Event(
        kind=row.kind,
        fields=row.payload["fields"],
        received_at=row.received_at,
        stage=row.payload["stage"],
        disclosed=row.payload["disclosed"],
    )


def _locked_call(event: ProviderEvent) -> CallLog:
    """The call of `event`, made when this is the first that is heard of it, locked."""
    calls = CallLog.objects.select_for_update()
    placed = _placed_key(event)
    if placed is not None:
        # The first callback can be quicker than the answer which tells us the provider's id.
        CallLog.objects.filter(pk=placed, provider=event.provider, call_sid__isnull=True).update(
            call_sid=event.call_sid
        )
    found = calls.filter(provider=event.provider, call_sid=event.call_sid).first()
    if found is not None:
        return found
    blank = CallLog(
        provider=event.provider,
        call_sid=event.call_sid,
        direction=Direction.INBOUND,
        caller_phone=WITHHELD,
        status=CallStatus.QUEUED,
        started_at=as_event(event).at,
    )
    CallLog.objects.bulk_create([blank], ignore_conflicts=True)
    return calls.get(provider=event.provider, call_sid=event.call_sid)


def _placed_key(event: ProviderEvent) -> UUID | None:
    try:
        return UUID(event.payload["call"])
    except ValueError:
        return None


def _apply(call: CallLog, facts: CallFacts) -> None:
    """Write what the provider says; what people decided about the call stays."""
    before = dict(call.__dict__)
    _apply_parties(call, facts)
    call.status = max(CallStatus(call.status), CallStatus(facts.status), key=lambda s: s.rank)
    call.provider_status = facts.provider_status or call.provider_status
    call.started_at = min(call.started_at, facts.started_at or call.started_at)
    call.answered_by = facts.answered_by or call.answered_by
    if facts.answered_at:
        call.answered_at = max(call.started_at, facts.answered_at)
    if facts.ended_at:
        call.ended_at = max(call.started_at, facts.ended_at)
    if facts.duration_seconds is not None:
        call.duration_seconds = facts.duration_seconds
    call.is_voicemail = call.is_voicemail or facts.is_voicemail
    if facts.is_spoken:
        call.purpose = call.purpose or ContactPurpose.REMINDER
        call.call_type = call.call_type or CallType.REMINDER
    _apply_recording(call, facts)
    changed = [name for name, value in before.items() if call.__dict__[name] != value]
    if changed:
        call.save(update_fields=changed)


def _apply_parties(call: CallLog, facts: CallFacts) -> None:
    call.from_number = call.from_number or facts.from_number[:100]
    call.to_number = call.to_number or facts.to_number[:100]
    if call.caller_phone == WITHHELD and (facts.from_number or facts.to_number):
        call.direction = facts.direction
        other = facts.from_number if facts.direction == Direction.INBOUND else facts.to_number
        call.caller_phone = party(other)
    if call.customer_id is None:
        found = caller(call.caller_phone)
        call.customer_id = found.pk if found else None
        if found and call.advisor_id is None and call.direction == Direction.INBOUND:
            call.advisor_id = found.preferred_service_advisor_id


def _apply_recording(call: CallLog, facts: CallFacts) -> None:
    """Consent first: after a refusal, whoever noted it, nothing that was recorded is kept."""
    call.recording_disclosed_at = call.recording_disclosed_at or facts.disclosed_at
    refused = RecordingConsent.REFUSED
    stronger = facts.consent == refused and call.recording_consent != refused
    first = facts.consent != "unknown" and call.recording_consent == RecordingConsent.UNKNOWN
    if stronger or first:
        call.recording_consent = facts.consent
        call.recording_consent_at = facts.consent_at
        call.recording_consent_by = "caller"
    if call.recording_consent == refused:
        call.recording_url = call.recording_seconds = call.transcript = None
        return
    if call.recording_deleted_at is None:
        call.transcript = facts.transcript or call.transcript
        if facts.recording_url:
            call.recording_url = facts.recording_url
            call.recording_seconds = facts.recording_seconds
