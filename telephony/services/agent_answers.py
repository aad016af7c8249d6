"""What a tool tells the voice agent: a short sentence to say, and the data behind it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from jobs.registry import shop_zone


@dataclass(frozen=True)
class Answer:
    """`say` can be read out as it stands; `code` is for programs, "" when all went well.

    `next` names the tool that helps on from a refusal, or the question of a verification.
    `is_kept`: the same request again gets this very answer (else it is tried again).
    """

    ok: bool
    say: str
    code: str = ""
    next: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    is_kept: bool = False

    def body(self) -> dict[str, Any]:
        """The answer as every interface shows it."""
        return {name: value for name, value in asdict(self).items() if name != "is_kept"}


def done(say: str, *, next_step: str = "", **data: Any) -> Answer:
    """An answer that something was done, or is so."""
    return Answer(ok=True, say=say, next=next_step, data=data, is_kept=True)


def refused(code: str, say: str, *, next_step: str = "", **data: Any) -> Answer:
    """An answer that says what is missing, and what to do about it."""
    return Answer(ok=False, say=say, code=code, next=next_step, data=data)


NUMBER_NEEDED = refused(
    "number_needed", "May I have your telephone number, please?", next_step="lookup"
)
NOT_VERIFIED = refused(
    "not_verified",
    "For your security I need to ask you a question first.",
    next_step="start_verification",
)
NOT_POSSIBLE = refused(
    "not_possible", "I can't do that from here. Let me get a colleague.", next_step="hand_over"
)
# The same for a lock, whoever caused it, and for somebody whom no question helps.
CANNOT_VERIFY = refused(
    "cannot_verify",
    "I'm sorry, I can't confirm that on the phone. Let me get a colleague for you.",
    next_step="hand_over",
)


def spoken_time(at: datetime) -> str:
    """ "Tuesday, December 2 at 10:30 AM", by the shop's clock."""
    local = at.astimezone(shop_zone())
    clock = f"{local:%-I:%M %p}" if local.minute else f"{local:%-I %p}"
    return f"{local:%A, %B} {local.day} at {clock}"


def spoken_list(items: Sequence[str], *, joined_by: str = "or") -> str:
    """ "a, b or c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {joined_by} {items[-1]}"
