"""The log of calls as people and programs write it, and whose calls they are."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from crm import phones
from crm.constraints import translated
from crm.context import audited, current
from crm.exceptions import Invalid
from crm.models import Appointment, Customer
from crm.services.worklist import give_work
from crm.services.writing import assign, locked, save_changes
from telephony.enums import AnsweredBy, CallStatus, Direction, Provider, RecordingConsent
from telephony.models import CallLog, ProviderEvent
from telephony.providers import ProviderError
from telephony.providers.hosts import allowed_host
from telephony.querysets import WITHHELD
from telephony.services import follow_up
from telephony.services.recordings import drop_recordings
from telephony.services.routing import caller

# What may be said about any call, afterwards too.
DECIDED = (
    "customer",
    "advisor",
    "appointment",
    "call_type",
    "outcome",
    "summary",
    "issue_resolved",
    "customer_sentiment",
    "intent_detected",
    "recording_consent",
)
# What is said once, when a call is logged that no provider reports.
REPORTED = (
    *DECIDED,
    "provider",
    "call_sid",
    "direction",
    "caller_phone",
    "caller_extension",
    "from_number",
    "to_number",
    "status",
    "answered_by",
    "is_voicemail",
    "duration_seconds",
    "recording_url",
    "transcript",
    "llm_model_used",
    "total_tokens_used",
    "started_at",
    "answered_at",
    "ended_at",
)


def log_call(*, data: Mapping[str, Any]) -> CallLog:
    """A call that was made or taken without us, from `data` (fields of REPORTED).

    Unless it says otherwise it went well: a person answered, it ended, and it is the customer's
    whose number it is. Raises Duplicate when its `call_sid` is in the log already.
    """
    call = CallLog(provider=Provider.MANUAL)
    assign(call, _cleaned(data), REPORTED)
    if call.caller_phone == "" and call.customer is not None:
        call.caller_phone = call.customer.phone
    if call.customer is None:
        call.customer = caller(call.caller_phone)
    if "answered_by" not in data and CallStatus(call.status) == CallStatus.COMPLETED:
        call.answered_by = AnsweredBy.PERSON
    _complete_times(call, began_told="started_at" in data)
    _check(call)
    with audited(), translated():
        _note_consent(call)
        call.save(force_insert=True)
        call.refresh_from_db()
        follow_up.finished(call=call)
    return call


def update_call(
    *, call: CallLog, data: Mapping[str, Any], expected_version: datetime | None = None
) -> CallLog:
    """Say more about a call (fields of DECIDED); raises StaleWrite when it moved on."""
    with audited(), translated():
        fresh = locked(call, expected_version)
        changed = assign(fresh, _cleaned(data), DECIDED)
        _check(fresh)
        if {"customer_sentiment", "intent_detected"} & set(changed):
            fresh.analysed_by = ""
            changed.append("analysed_by")
        if "recording_consent" in changed:
            changed += _note_consent(fresh)
        save_changes(fresh, changed)
        if "customer" in changed and fresh.customer_id is not None:
            follow_up.belongs_to(call=fresh, customer_id=fresh.customer_id, others=True)
        if changed:
            follow_up.finished(call=fresh)
    return fresh


def match_customer(*, customer: Customer) -> int:
    """Give `customer` the calls of their number that were nobody's; how many."""
    if customer.is_anonymised:
        return 0
    give_work(customer_id=customer.pk, phone=customer.phone)
    return _match(CallLog.objects.unmatched().filter(caller_phone=customer.phone), customer.pk)


def match_batch(*, batch_id: UUID | str) -> int:
    """The same for all customers that came with an import or were generated together."""
    customers = Customer.objects.present().filter(
        batch_id=batch_id, phone__in=CallLog.objects.unmatched().values("caller_phone")
    )
    return sum(match_customer(customer=customer) for customer in customers)


def _match(calls: Any, customer_id: UUID) -> int:
    with audited(), translated():
        found = list(calls.select_for_update())
        for call in found:
            call.customer_id = customer_id
            call.save(update_fields=["customer"])
            follow_up.belongs_to(call=call, customer_id=customer_id)
            follow_up.finished(call=call)
    return len(found)


def forget_customer(*, customer_id: UUID) -> int:
    """Take the person out of their calls: numbers, words, recordings and raw events go."""
    with audited(audit_redaction="on"), translated():
        calls = list(CallLog.objects.select_for_update().filter(customer_id=customer_id))
        drop_recordings([call for call in calls if call.recording_url])
        for call in calls:
            told = ProviderEvent.objects.filter(provider=call.provider, call_sid=call.call_sid)
            told.delete()
        CallLog.objects.filter(pk__in=[call.pk for call in calls]).update(
            caller_phone=WITHHELD,
            caller_extension="",
            from_number="",
            to_number="",
            transcript=None,
            summary="",
            intent_detected=None,
            recording_consent_by="anonymised",
            recording_deleted_at=timezone.now(),
        )
    return len(calls)


def _cleaned(data: Mapping[str, Any]) -> dict[str, Any]:
    """Values as they are stored: the number in E.164 with its extension apart."""
    cleaned = {
        name: value.replace("\x00", "").strip() if isinstance(value, str) else value
        for name, value in data.items()
    }
    if cleaned.get("caller_phone") not in (None, "", WITHHELD):
        try:
            number, extension = phones.parse(cleaned["caller_phone"])
        except ValueError as error:
            raise Invalid(str(error), field="caller_phone") from error
        cleaned["caller_phone"] = number
        cleaned["caller_extension"] = extension or cleaned.get("caller_extension", "")
    for name in ("call_type", "outcome", "customer_sentiment", "intent_detected", "call_sid"):
        if name in cleaned:
            cleaned[name] = cleaned[name] or None
    return cleaned


def _complete_times(call: CallLog, *, began_told: bool) -> None:
    """Of start, length and end the third follows from two; an open call has no end."""
    length = timedelta(seconds=call.duration_seconds or 0)
    if not began_told:
        call.started_at = (call.ended_at or timezone.now()) - length
    if CallStatus(call.status).is_terminal and call.ended_at is None:
        call.ended_at = call.started_at + length
    if call.answered_by and call.answered_at is None:
        call.answered_at = call.started_at


def _check(call: CallLog) -> None:
    if not call.caller_phone:
        raise Invalid(
            "Whose call was it?",
            field="caller_phone",
            remedy="Give the number, or choose the customer.",
        )
    if call.direction not in Direction.values:
        raise Invalid("A call goes in or out.", field="direction", remedy="Choose one.")
    if call.started_at > timezone.now() + timedelta(minutes=5):
        raise Invalid(
            "The call is in the future.", field="started_at", remedy="Check day and time."
        )
    if call.recording_url and call._state.adding:
        try:
            allowed_host(call.recording_url)
        except ProviderError as error:
            raise Invalid(str(error), field="recording_url") from error
    visit: Appointment | None = call.appointment
    if visit is not None and call.customer_id not in (None, visit.customer_id):
        raise Invalid(
            "This appointment is another customer's.",
            field="appointment",
            remedy="Choose one of the customer who called.",
        )


def _note_consent(call: CallLog) -> list[str]:
    """Who said it and when; a refusal deletes what was recorded. Names of the fields set."""
    if call.recording_consent == RecordingConsent.UNKNOWN:
        call.recording_consent_by, call.recording_consent_at = "", None
    else:
        call.recording_consent_by = f"noted by {current().label or 'somebody'}"[:100]
        call.recording_consent_at = timezone.now()
    fields = ["recording_consent_by", "recording_consent_at"]
    if call.recording_consent == RecordingConsent.REFUSED:
        if call.recording_url:
            drop_recordings([call])
            call.recording_deleted_at = timezone.now()
        call.recording_url = call.transcript = None
        fields += ["recording_url", "transcript", "recording_deleted_at"]
    return fields
