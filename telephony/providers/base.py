"""What Lanewise asks of a telephone provider."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


class ProviderError(Exception):
    """The provider refused, failed or could not be reached. The message tells an operator why,
    without numbers of customers. `maybe_done` when the request may have been carried out."""

    def __init__(self, message: str, *, maybe_done: bool = False) -> None:
        super().__init__(message)
        self.maybe_done = maybe_done


@dataclass(frozen=True)
class Recording:
    """A recording on its way: `content` yields its bytes, `content_range` is set for a part.

    `close` lets go of the connection; whoever gets a Recording closes it.
    """

    content: Iterator[bytes]
    content_type: str
    length: int | None
    content_range: str = ""

    def close(self) -> None:
        closing = getattr(self.content, "close", None)
        if closing is not None:
            closing()


class PhoneProvider(Protocol):
    """A vendor. Every method raises ProviderError."""

    name: str

    def place_call(self, *, to: str, answer_url: str, status_url: str) -> str:
        """Ring `to` from our number; who picks up hears what `answer_url` answers. The id of
        the call."""

    def send_text(self, *, to: str, text: str) -> str:
        """Send a text message from our number; the id of the message."""

    def open_recording(self, url: str, *, byte_range: str = "") -> Recording:
        """The recording at `url` (or the `byte_range` "bytes=0-99" of it). Only addresses of
        hosts that the settings allow are ever asked."""

    def delete_recording(self, key: str) -> None:
        """Delete the recording `key` at the provider; one that is gone already is no error."""


def recording_key(url: str) -> str:
    """The provider's id of the recording at `url`; "" when the address has none."""
    last = url.rstrip("/").rpartition("/")[2].partition("?")[0].partition(".")[0]
    return last if last.startswith("RE") and last.isalnum() else ""
