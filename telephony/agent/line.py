"""The telephone's side of a simulated call: the callbacks a provider sends, signed, and what the
caller hears from the announcements that answer them."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode
from xml.etree import ElementTree

from django.conf import settings
from django.urls import reverse
from twilio.request_validator import RequestValidator

from telephony.agent.transport import Post, ToolError, detail_of, own_host
from telephony.enums import Provider
from telephony.providers.signature import SIMULATED, simulator_token


@dataclass(frozen=True)
class SimulatedCall:
    """One call from `phone` (E.164, or WITHHELD); `began_at` in seconds since 1970."""

    phone: str
    call_id: str = field(default_factory=lambda: f"simulated-{uuid.uuid4()}")
    began_at: float = field(default_factory=time.time)

    @property
    def context(self) -> dict[str, str]:
        """What the voice agent's tools are told of it."""
        return {
            "call_id": self.call_id,
            "provider": Provider.SIMULATOR,
            "caller_phone": self.phone,
        }


class Line:
    """Rings, is picked up by the voice agent and hangs up, by the addresses that a provider uses.

    `base` is the scheme and host that the server knows as its own; the signature covers it. All
    three raise ToolError when the server does not take the callback.
    """

    def __init__(self, call: SimulatedCall, post: Post, *, base: str = "") -> None:
        self._call, self._post = call, post
        self._base = settings.PUBLIC_BASE_URL or base.rstrip("/") or f"https://{own_host()}"

    def ring(self) -> list[str]:
        """The call comes in: what the caller hears first. The voice agent picks it up."""
        heard = self._tell("voice", "ringing")
        # Our telephone is the agent, whoever the settings would have had rung.
        leg = {"CallSid": f"{self._call.call_id}-leg", "ParentCallSid": self._call.call_id}
        self._tell("leg", "in-progress", stage="agent", more=leg)
        return _spoken(heard)

    def hang_up(self) -> None:
        """The call is over, whoever ended it."""
        seconds = str(max(0, round(time.time() - self._call.began_at)))
        ended = {"DialCallStatus": "completed", "DialCallDuration": seconds}
        self._tell("dial", "in-progress", stage="agent", more=ended)
        self._tell("status", "completed", more={"CallDuration": seconds})

    def _tell(
        self, callback: str, status: str, *, stage: str = "", more: Mapping[str, str] | None = None
    ) -> bytes:
        fields = {
            "CallSid": self._call.call_id,
            "CallStatus": status,
            "From": self._call.phone,
            "To": settings.TELEPHONY.number,
            "Direction": "inbound",
        } | dict(more or {})
        query = SIMULATED | ({"stage": stage} if stage else {})
        path = f"{reverse(f'telephony:twilio_{callback}')}?{urlencode(query)}"
        signature = RequestValidator(simulator_token()).compute_signature(self._base + path, fields)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": signature,
        }
        status_code, body = self._post(path, urlencode(fields).encode(), headers)
        if status_code == 403:
            raise ToolError(
                f"{path} did not take our signature: the server has another SECRET_KEY or "
                "PUBLIC_BASE_URL than this process."
            )
        if status_code not in (200, 204):
            raise ToolError(f"{path} answered {status_code}: {detail_of(body)}")
        return body


def _spoken(document: bytes) -> list[str]:
    """The sentences of a TwiML document, which is our own, in their order; without the one before a
    voicemail, because the agent picks up."""
    verbs = list(ElementTree.fromstring(document))  # noqa: S314
    tags = [verb.tag for verb in verbs]
    heard = verbs[: tags.index("Record") - 1] if "Record" in tags else verbs
    return [said.text for verb in heard for said in verb.iter("Say") if said.text]
