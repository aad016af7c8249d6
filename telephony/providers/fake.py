"""A provider without a telephone, for development and tests. Held to the real one's contract."""

import re
from dataclasses import dataclass, field
from uuid import uuid4

from telephony.providers.base import ProviderError, Recording, recording_key
from telephony.providers.hosts import allowed_host

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass
class FakeProvider:
    """Remembers what it was asked; `down` makes everything fail."""

    name: str = "twilio"
    down: bool = False
    calls: list[dict[str, str]] = field(default_factory=list)
    texts: list[dict[str, str]] = field(default_factory=list)
    recordings: dict[str, bytes] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)

    def place_call(self, *, to: str, answer_url: str, status_url: str) -> str:
        self._work()
        self.calls.append({"to": to, "answer_url": answer_url, "status_url": status_url})
        return f"CA{uuid4().hex}"

    def send_text(self, *, to: str, text: str) -> str:
        self._work()
        self.texts.append({"to": to, "text": text})
        return f"SM{uuid4().hex}"

    def open_recording(self, url: str, *, byte_range: str = "") -> Recording:
        self._work()
        allowed_host(url)
        whole = self.recordings.get(recording_key(url))
        if whole is None:
            raise ProviderError("The provider has no such recording.")
        match = _RANGE.fullmatch(byte_range)
        if match is None:
            return Recording(iter([whole]), "audio/mpeg", len(whole))
        first = int(match[1] or 0)
        last = min(int(match[2] or len(whole) - 1), len(whole) - 1)
        part = whole[first : last + 1]
        return Recording(
            iter([part]), "audio/mpeg", len(part), f"bytes {first}-{last}/{len(whole)}"
        )

    def delete_recording(self, key: str) -> None:
        self._work()
        self.recordings.pop(key, None)
        self.deleted.append(key)

    def _work(self) -> None:
        if self.down:
            raise ProviderError("The provider cannot be reached.")


PROVIDER = FakeProvider()
