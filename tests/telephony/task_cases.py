"""Worlds in which `tests/jobs/test_twice.py` runs the tasks and jobs of `telephony` (see there)."""

from datetime import timedelta

from django.utils import timezone

from crm.models import DataBatch
from telephony.models import (
    AgentAction,
    CallerVerification,
    ProviderEvent,
    VerificationCounter,
)
from telephony.services import intake
from tests.factories import CustomerFactory, DataBatchFactory
from tests.telephony.factories import CallLogFactory
from tests.telephony.twilio import call_fields


def a_missed_call() -> dict[str, int]:
    CustomerFactory(phone="+12055550142")
    intake.receive(provider="twilio", kind="status", fields=call_fields("no-answer"))
    return {"event": ProviderEvent.objects.get().pk}


def a_transcript() -> dict[str, str]:
    return {"call": str(CallLogFactory(transcript="Please cancel my visit.").pk)}


def a_deleted_recording() -> dict[str, str]:
    return {"recording": "RE1"}


def an_imported_caller() -> dict[str, str]:
    batch: DataBatch = DataBatchFactory()
    CallLogFactory(caller_phone="+12055550142", answered_by=None)
    CustomerFactory(phone="+12055550142", batch=batch)
    return {"batch": str(batch.pk)}


def an_old_recording() -> None:
    CallLogFactory(
        started_at=timezone.now() - timedelta(days=400),
        recording_url="https://api.twilio.com/Recordings/RE1",
    )


def old_checks() -> None:
    """A check and a kept answer of three years ago, and a counter that counts nothing."""
    long_ago = timezone.now() - timedelta(days=3 * 365)
    call = CallLogFactory()
    claim = CallerVerification.objects.create(
        call_key="call:x", call=call, subject="x", channel="agent", expires_at=long_ago
    )
    CallerVerification.objects.filter(pk=claim.pk).update(created_at=long_ago)
    VerificationCounter.objects.create(key="call:x", touched_at=long_ago)
    action = AgentAction.objects.create(call=call, tool="book", intent="x", answer={})
    AgentAction.objects.filter(pk=action.pk).update(created_at=long_ago)


TASKS = {
    "telephony.work_event": a_missed_call,
    "telephony.analyse_call": a_transcript,
    "telephony.delete_recording": a_deleted_recording,
    "telephony.match_batch": an_imported_caller,
}
PLAIN = {}
JOBS = {
    "telephony.retention": an_old_recording,
    "telephony.prune_verification": old_checks,
}
