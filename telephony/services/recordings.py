"""Recordings and transcripts: who may get at them, who did, and how long they are kept."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from crm.context import audited, current
from crm.exceptions import Refused
from crm.models import User
from jobs.services import enqueue
from telephony import providers
from telephony.enums import CallStatus, Heard
from telephony.models import CallAccess, CallLog, ProviderEvent
from telephony.providers import ProviderError, Recording
from telephony.providers.base import recording_key

# A call whose end nobody reported is taken for ended after this time.
LOST_AFTER = timedelta(hours=24)
NO_END = "no end reported"


def open_recording(*, call: CallLog, user: User, byte_range: str = "") -> Recording:
    """The recording of `call` from the provider; the access is logged once a listening.

    Raises Refused (404) when there is none, (503) when the provider does not give it.
    """
    if not call.recording_url:
        raise Refused("This call has no recording.", code="no_recording", status=404)
    _log(call, user, Heard.RECORDING)
    try:
        return providers.current().open_recording(call.recording_url, byte_range=byte_range)
    except ProviderError as error:
        raise Refused(str(error), code="recording_unavailable", status=503) from error


def read_transcript(*, call: CallLog, user: User) -> str:
    """The transcript of `call`; the access is logged. Raises Refused (404) when there is none."""
    if not call.transcript:
        raise Refused("This call has no transcript.", code="no_transcript", status=404)
    _log(call, user, Heard.TRANSCRIPT)
    return call.transcript


def _log(call: CallLog, user: User, what: Heard) -> None:
    """One row a minute: a player asks for a recording in many parts."""
    lately = CallAccess.objects.filter(
        call=call, user=user, what=what, at__gt=timezone.now() - timedelta(minutes=1)
    )
    if not lately.exists():
        label = current().label or user.get_username()
        CallAccess.objects.create(call=call, user=user, label=label[:150], what=what)


def forget_recordings(*, now: datetime) -> int:
    """Drop what was kept long enough, and end the calls whose end nobody reported; the number of
    rows that changed."""
    chosen = settings.TELEPHONY
    calls = CallLog.objects.all()
    with audited(reason="Kept long enough"):
        recorded = calls.filter(
            recording_url__isnull=False,
            started_at__lt=now - timedelta(days=chosen.recording_days),
        )
        changed = drop_recordings(list(recorded.select_for_update()))
        changed += calls.filter(
            transcript__isnull=False,
            started_at__lt=now - timedelta(days=chosen.transcript_days),
        ).update(transcript=None)
        # The lowest of all ends, so that a report which comes after all is believed.
        changed += (
            calls.open()
            .filter(started_at__lt=now - LOST_AFTER)
            .update(status=CallStatus.CANCELED, provider_status=NO_END)
        )
        old = ProviderEvent.objects.filter(received_at__lt=now - timedelta(days=chosen.event_days))
        changed += old.delete()[0]
    return changed


def drop_recordings(calls: list[CallLog]) -> int:
    """Forget where the recordings of `calls` are, and have the provider delete them."""
    for call in calls:
        key = recording_key(call.recording_url or "")
        if key:
            enqueue(
                "telephony.delete_recording",
                args={"recording": key},
                dedup_key=f"telephony.delete:{key}",
            )
    keys = [call.pk for call in calls]
    return CallLog.objects.filter(pk__in=keys).update(
        recording_url=None, recording_deleted_at=timezone.now()
    )


def delete_at_provider(*, recording: str) -> None:
    """Delete the recording at the provider; without one that is set up there is nothing to do.

    Raises ProviderError, so that the task tries again.
    """
    if not providers.missing_settings():
        providers.current().delete_recording(recording)
