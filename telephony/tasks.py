"""Background work of `telephony`. Celery finds this module by its name."""

from django.conf import settings
from django.utils import timezone

from jobs.outbox import outbox_task
from jobs.registry import Chunk, Job, register
from telephony.models import CallLog, ProviderEvent
from telephony.services import agent_calls, analysis, calls, intake, recordings, verification_limits


@outbox_task(name="telephony.work_event")
def work_event(event: int) -> None:
    found = ProviderEvent.objects.filter(pk=event).first()
    if found is not None:
        intake.work_event(event=found)


@outbox_task(name="telephony.analyse_call")
def analyse_call(call: str) -> None:
    found = CallLog.objects.filter(pk=call).first()
    if found is not None:
        analysis.analyse_call(call=found)


@outbox_task(name="telephony.delete_recording")
def delete_recording(recording: str) -> None:
    recordings.delete_at_provider(recording=recording)


@outbox_task(name="telephony.match_batch")
def match_batch(batch: str) -> None:
    calls.match_batch(batch_id=batch)


def keep_house(chunk: Chunk) -> int:
    return recordings.forget_recordings(now=timezone.now())


register(
    Job(
        name="telephony.retention",
        title="Forget old recordings and transcripts",
        run_chunk=keep_house,
        local_hour=3,
        minute=50,
    )
)


def prune_verification(chunk: Chunk) -> int:
    now = timezone.now()
    days = settings.VERIFICATION_KEEP_DAYS
    return verification_limits.prune(now=now, keep_days=days) + agent_calls.prune(now=now)


register(
    Job(
        name="telephony.prune_verification",
        title="Forget old checks of callers and answers of the voice agent's tools",
        run_chunk=prune_verification,
        local_hour=3,
        minute=55,
    )
)
