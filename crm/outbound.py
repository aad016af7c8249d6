"""The only way out to a customer by text or automatic call, and for mail: gate first, then sender.

Senders are registered by the app that has them (`telephony` brings text and call). Without one a
channel is not there and the next is taken. A sender is a function of a `Message`; it raises
`NotSent` when it knows that nothing left the house, and `MaybeSent` when it cannot know.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Message:
    """What a sender gets. `to` is E.164 or an e-mail address, `key` names the message for good,
    for vendors that accept such a key against doubles. `attachments` are (name, content, type)."""

    customer_id: UUID
    to: str
    subject: str
    body: str
    key: str
    attachments: tuple[tuple[str, bytes, str], ...] = ()


class NotSent(Exception):  # noqa: N818  (an answer of the sender)
    """Nothing was sent; another try does no harm."""


class MaybeSent(Exception):  # noqa: N818
    """The sender lost track; another try might send twice."""


Sender = Callable[[Message], Any]
_senders: dict[str, Sender] = {}


def register(channel: str, sender: Sender) -> None:
    """Make `channel` (text, email, ai_call) available. Called from `AppConfig.ready`."""
    _senders[channel] = sender


def sender_of(channel: str) -> Sender | None:
    """The sender of a channel. Only `crm.services.outbound` calls it, behind the gate."""
    return _senders.get(channel)


def available() -> set[str]:
    return set(_senders)


ClickToCall = Callable[[Any, UUID], str]
_dialers: list[ClickToCall] = []


def register_dialer(dialer: ClickToCall) -> None:
    """`dialer(user, customer_id)` gives the address that a "Call" button posts to, "" when this
    user cannot place calls."""
    _dialers[:] = [dialer]


def dial_address(user: Any, customer_id: UUID | None) -> str:
    """Where a "Call" button leads; "" when `user` cannot call, and for nobody's number."""
    return _dialers[0](user, customer_id) if _dialers and customer_id else ""
