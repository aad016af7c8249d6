"""Retell's custom functions and call events.

https://docs.retellai.com/features/secure-webhook: the header says when it was sent and signs the
raw body followed by that time with the API key. Retell repeats a request that is not answered.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any

from telephony.adapters.shape import Order, ToolCall, kept, part, text

SIGNATURE_HEADER = "X-Retell-Signature"
WINDOW_SECONDS = 300
_SIGNATURE = re.compile(r"v=(\d{1,15}),d=([0-9a-f]{64})")
_SENTIMENTS = frozenset({"positive", "neutral", "negative"})


def is_genuine(headers: Mapping[str, str], body: bytes, *, key: str, now: float) -> bool:
    """Whether `key` signed this very body within five minutes of `now` (Unix time)."""
    match = _SIGNATURE.fullmatch(headers.get(SIGNATURE_HEADER, "").strip())
    if match is None or not key:
        return False
    is_right = hmac.compare_digest(sign(body, match[1], key=key), match[2])
    return is_right and abs(now - int(match[1]) / 1000) <= WINDOW_SECONDS


def sign(body: bytes, sent_ms: str, *, key: str) -> str:
    """The signature of a body sent at `sent_ms` (Unix time in milliseconds)."""
    return hmac.new(key.encode(), body + sent_ms.encode(), hashlib.sha256).hexdigest()


def read(body: Any) -> Order:
    """The order of a custom function or a call event. Raises ValueError."""
    call = part(body, "call")
    call_id = text(call, "call_id")
    if not call_id:
        raise ValueError("This is no request about a call.")
    outbound = text(call, "direction") == "outbound"
    ours, theirs = ("from_number", "to_number") if outbound else ("to_number", "from_number")
    return Order(
        call_id=call_id,
        caller_phone=text(call, theirs),
        to_number=text(call, ours),
        direction="outbound" if outbound else "inbound",
        tools=_tools(body),
    )


def _tools(body: Any) -> tuple[ToolCall, ...]:
    call, event = part(body, "call"), text(body, "event")
    if name := text(body, "name"):
        arguments = part(body, "args")
        return (ToolCall(_key_of(call, name), name, {} if arguments is None else arguments),)
    if event not in ("call_ended", "call_analyzed"):
        return ()
    sentiment = text(call, "call_analysis", "user_sentiment").lower()
    resolved = part(call, "call_analysis", "call_successful")
    arguments = kept(
        summary=text(call, "call_analysis", "call_summary", limit=2000),
        sentiment=sentiment if sentiment in _SENTIMENTS else "",
        resolved=resolved if isinstance(resolved, bool) else None,
    )
    return (ToolCall("", "end_call", arguments),)


def _key_of(call: Any, name: str) -> str:
    """Retell's id of the model's latest wish for this function, which a repetition shares."""
    entries = part(call, "transcript_with_tool_calls")
    wishes = [
        text(entry, "tool_call_id", limit=200)
        for entry in (entries if isinstance(entries, list) else [])
        if part(entry, "role") == "tool_call_invocation" and part(entry, "name") == name
    ]
    return wishes[-1] if wishes else ""


def word(answers: list[tuple[ToolCall, dict[str, Any]]]) -> dict[str, Any]:
    """The body of the answer: that of the one function."""
    return answers[0][1] if answers else {}
