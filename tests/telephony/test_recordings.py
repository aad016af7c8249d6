"""Recordings: through us, for those who may, noted, and not for longer than they are kept."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.urls import reverse
from django.utils import timezone

from crm.enums import Role
from telephony.models import CallAccess, CallLog, ProviderEvent
from telephony.providers import fake
from telephony.providers import twilio as real
from telephony.providers.base import ProviderError, recording_key
from telephony.providers.fake import FakeProvider
from telephony.services import recordings
from telephony.tasks import delete_recording
from tests.crm.pages import signed_in
from tests.telephony import twilio
from tests.telephony.factories import CallLogFactory, ProviderEventFactory

pytestmark = pytest.mark.django_db
URL = "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1"
SOUND = bytes(range(200))


@pytest.fixture
def provider(settings: Any, monkeypatch: pytest.MonkeyPatch) -> FakeProvider:
    twilio.set_up(settings)
    found = FakeProvider(recordings={"RE1": SOUND})
    monkeypatch.setattr(fake, "PROVIDER", found)
    return found


def listen(role: Role = Role.ADVISOR, byte_range: str = "", **values: Any) -> Any:
    call = CallLogFactory(**({"recording_url": URL} | values))
    headers = {"Range": byte_range} if byte_range else {}
    return signed_in(role).get(reverse("telephony:recording", args=[call.pk]), headers=headers)


def heard(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_recording_is_streamed_and_noted(provider: FakeProvider) -> None:
    response = listen()
    assert (response.status_code, heard(response)) == (200, SOUND)
    assert response["Content-Type"] == "audio/mpeg"
    assert "no-store" in response["Cache-Control"]
    assert "twilio.com" not in str(response.headers)
    access = CallAccess.objects.get()
    assert (access.what, access.label) == ("recording", access.user.username)


@pytest.mark.parametrize(
    ("wanted", "part", "content_range"),
    [
        ("bytes=0-9", SOUND[:10], "bytes 0-9/200"),
        ("bytes=190-", SOUND[190:], "bytes 190-199/200"),
    ],
)
def test_player_gets_the_part_it_asks_for(
    provider: FakeProvider, wanted: str, part: bytes, content_range: str
) -> None:
    response = listen(byte_range=wanted)
    assert (response.status_code, heard(response)) == (206, part)
    assert response["Content-Range"] == content_range


@pytest.mark.parametrize("wanted", ["lines=1-2", "bytes=0-1,5-6", "bytes=a-b", "bytes=" + "9" * 40])
def test_odd_range_gets_the_whole(provider: FakeProvider, wanted: str) -> None:
    assert heard(listen(byte_range=wanted)) == SOUND


def test_listening_again_within_a_minute_is_noted_once(provider: FakeProvider) -> None:
    call = CallLogFactory(recording_url=URL)
    client = signed_in()
    for _ in range(3):
        client.get(reverse("telephony:recording", args=[call.pk]))
    assert CallAccess.objects.count() == 1


@pytest.mark.parametrize("role", [Role.SALES, Role.TECHNICIAN])
def test_role_that_may_not_listen_leaves_no_trace(provider: FakeProvider, role: Role) -> None:
    assert listen(role).status_code == 403
    assert not CallAccess.objects.exists()


def test_call_without_recording_is_404(provider: FakeProvider) -> None:
    assert listen(recording_url=None).status_code == 404


@pytest.mark.parametrize("url", ["https://evil.example/RE1", "http://localhost/RE1", "nonsense"])
def test_recording_at_another_host_is_not_fetched(provider: FakeProvider, url: str) -> None:
    assert listen(recording_url=url).status_code == 503


def test_provider_that_is_away_is_said_so(provider: FakeProvider) -> None:
    provider.down = True
    assert listen().status_code == 503


class Answer:
    """What `requests` gives for a recording."""

    def __init__(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.status_code, self.body, self.headers = status, body, headers
        self.closed = False

    def iter_content(self, size: int) -> Any:
        yield self.body

    def close(self) -> None:
        self.closed = True

    def __enter__(self) -> "Answer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class TestTwilioRecording:
    def test_is_asked_with_credentials_and_without_following(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: dict[str, Any] = {}
        answer = Answer(206, SOUND[:10], {"Content-Range": "bytes 0-9/200", "Content-Length": "10"})

        def get(url: str, **options: Any) -> Answer:
            asked.update(options, url=url)
            return answer

        monkeypatch.setattr(requests, "get", get)
        client = real._client("AC1", "secret")
        found = real.TwilioProvider(client, "+1").open_recording(URL, byte_range="bytes=0-9")
        assert b"".join(found.content) == SOUND[:10]
        assert answer.closed
        assert (found.length, found.content_range) == (10, "bytes 0-9/200")
        assert (asked["url"], asked["auth"]) == (f"{URL}.mp3", ("AC1", "secret"))
        assert (asked["allow_redirects"], asked["headers"]) == (False, {"Range": "bytes=0-9"})

    @pytest.mark.parametrize("status", [302, 401, 404, 500])
    def test_other_answer_is_a_provider_error(
        self, status: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answer = Answer(status, b"", {"Location": "http://169.254.169.254/"})
        monkeypatch.setattr(requests, "get", lambda *_, **__: answer)
        with pytest.raises(ProviderError):
            real.TwilioProvider(real._client("AC1", "s"), "+1").open_recording(URL)
        assert answer.closed


@pytest.mark.parametrize(
    ("url", "key"),
    [(URL, "RE1"), (f"{URL}.mp3", "RE1"), (f"{URL}/", "RE1"), (f"{URL}?x=1", "RE1"),
     ("https://api.twilio.com/../..", ""), ("", "")],
)  # fmt: skip
def test_key_of_a_recording(url: str, key: str) -> None:
    assert recording_key(url) == key


class TestRetention:
    def test_forgets_what_was_kept_long_enough(self, provider: FakeProvider, settings: Any) -> None:
        now = timezone.now()
        ages = {"old": 400, "middle": 200, "new": 1}
        calls = {
            name: CallLogFactory(
                started_at=now - timedelta(days=days), recording_url=URL, transcript="Hello"
            )
            for name, days in ages.items()
        }
        assert recordings.forget_recordings(now=now) == 3
        kept = {
            name: (bool(found.recording_url), bool(found.transcript))
            for name, call in calls.items()
            for found in [CallLog.objects.get(pk=call.pk)]
        }
        assert kept == {"old": (False, False), "middle": (False, True), "new": (True, True)}
        assert recordings.forget_recordings(now=now) == 0

    def test_ends_calls_whose_end_nobody_reported(self) -> None:
        lost = CallLogFactory(
            status="in_progress", answered_by=None, started_at=timezone.now() - timedelta(days=2)
        )
        going_on = CallLogFactory(status="in_progress", answered_by=None)
        assert recordings.forget_recordings(now=timezone.now()) == 1
        lost.refresh_from_db()
        going_on.refresh_from_db()
        assert (lost.status, lost.provider_status) == ("canceled", "no end reported")
        assert going_on.status == "in_progress"

    def test_forgets_old_callbacks(self) -> None:
        ProviderEventFactory(received_at=timezone.now() - timedelta(days=31))
        recent = ProviderEventFactory(received_at=timezone.now())
        recordings.forget_recordings(now=timezone.now())
        assert list(ProviderEvent.objects.all()) == [recent]

    def test_deletes_at_the_provider(self, provider: FakeProvider) -> None:
        delete_recording("RE1")
        assert provider.deleted == ["RE1"]

    def test_without_a_provider_there_is_nothing_to_delete(self, settings: Any) -> None:
        settings.TELEPHONY = replace(settings.TELEPHONY, provider="")
        delete_recording("RE1")
