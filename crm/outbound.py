"""The only way out to a customer by text or automatic call, and for mail: gate first, then sender.

Senders are registered by the app that has them (`telephony` brings text and call). Without one a
channel is not there and the next is taken. A sender is a function of a `Message`; it raises
`NotSent` when it knows that nothing left the house, and `MaybeSent` when it cannot know.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from crm.contact_rules import Contact


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


ClickToCall = Callable[[Any, UUID | None, str], str]
_dialers: list[ClickToCall] = []


def register_dialer(dialer: ClickToCall) -> None:
    """`dialer(user, customer_id, number)` gives the address that a "Call" button posts to, "" when
    this user cannot place calls. What it takes is as `dial_address` says."""
    _dialers[:] = [dialer]


def dial_address(user: Any, customer_id: UUID | None, number: str = "") -> str:
    """Where a "Call" button leads; "" when `user` cannot call, and without anybody to be called.

    `number` (E.164) is for one that is not on the customer's card, or that is nobody's.
    """
    has_number = number.startswith("+")
    if not _dialers or not (customer_id or has_number):
        return ""
    return _dialers[0](user, customer_id, number if has_number else "")


CallsTo = Callable[[Collection[str], datetime], Mapping[str, Iterable[Contact]]]
_histories: list[CallsTo] = []


def register_history(history: CallsTo) -> None:
    """`history(numbers, since)` gives the calls that went to `numbers` which are nobody's."""
    _histories[:] = [history]


def calls_to(numbers: Collection[str], since: datetime) -> Mapping[str, Iterable[Contact]]:
    """Calls that went to numbers which are nobody's; of customers there are contact records."""
    return _histories[0](numbers, since) if _histories and numbers else {}
