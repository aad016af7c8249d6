"""Twilio, the one module that knows it. https://www.twilio.com/docs/voice/api"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import requests
from django.conf import settings
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from telephony.providers.base import ProviderError, Recording
from telephony.providers.hosts import allowed_host

TIMEOUT_SECONDS = 5
RECORDING_BYTES = 200 << 20
CHUNK_BYTES = 64 << 10
STATUS_EVENTS = ["initiated", "ringing", "answered", "completed"]


class TwilioProvider:
    """Calls, texts and recordings of one Twilio account."""

    name = "twilio"

    def __init__(self, client: Client, number: str) -> None:
        self.client = client
        self.number = number

    @classmethod
    def from_settings(cls) -> "TwilioProvider":
        chosen = settings.TELEPHONY
        return cls(_client(chosen.account_sid, chosen.auth_token), chosen.number)

    def place_call(self, *, to: str, answer_url: str, status_url: str) -> str:
        try:
            call = self.client.calls.create(
                to=to,
                from_=self.number,
                url=answer_url,
                status_callback=status_url,
                status_callback_event=STATUS_EVENTS,
                timeout=settings.TELEPHONY.ring_seconds,
            )
        except (TwilioException, requests.RequestException) as error:
            raise _refusal(error) from error
        return str(call.sid)

    def send_text(self, *, to: str, text: str) -> str:
        try:
            message = self.client.messages.create(to=to, from_=self.number, body=text)
        except (TwilioException, requests.RequestException) as error:
            raise _refusal(error) from error
        return str(message.sid)

    def open_recording(self, url: str, *, byte_range: str = "") -> Recording:
        allowed_host(url)
        address = url if url.endswith((".mp3", ".wav")) else f"{url}.mp3"
        try:
            answer = requests.get(
                address,
                auth=(str(self.client.username), str(self.client.password)),
                headers={"Range": byte_range} if byte_range else {},
                stream=True,
                timeout=TIMEOUT_SECONDS,
                # A redirect would carry our credentials to wherever it points.
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise _refusal(error) from error
        if answer.status_code not in (200, 206):
            answer.close()
            raise ProviderError(f"The provider answered {answer.status_code} for the recording.")
        length = answer.headers.get("Content-Length", "")
        return Recording(
            content=_limited(answer),
            content_type=answer.headers.get("Content-Type", "audio/mpeg"),
            length=int(length) if length.isdigit() else None,
            content_range=answer.headers.get("Content-Range", ""),
        )

    def delete_recording(self, key: str) -> None:
        try:
            self.client.recordings(key).delete()
        except (TwilioException, requests.RequestException) as error:
            if getattr(error, "status", None) != 404:
                raise _refusal(error) from error


@cache
def _client(account_sid: str, auth_token: str) -> Client:
    """One client, and so one pool of connections, for each process."""
    return Client(account_sid, auth_token, http_client=TwilioHttpClient(timeout=TIMEOUT_SECONDS))


def _limited(answer: Any) -> Iterator[bytes]:
    """The body in pieces, cut where no recording of a call can be that long."""
    left = RECORDING_BYTES
    with answer:
        for piece in answer.iter_content(CHUNK_BYTES):
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                return


def _refusal(error: Exception) -> ProviderError:
    """What the provider said, by its code: its sentences quote telephone numbers."""
    status, code = getattr(error, "status", None), getattr(error, "code", None)
    if status is None:
        unsent = isinstance(error, requests.ConnectionError) and not isinstance(
            error, requests.ReadTimeout
        )
        return ProviderError("The telephone provider cannot be reached.", maybe_done=not unsent)
    return ProviderError(
        f"The telephone provider refused (HTTP {status}, code {code}).", maybe_done=status >= 500
    )
