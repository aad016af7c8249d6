"""Vapi's server messages: tool calls, and the report at the end of a call.

https://docs.vapi.ai/server-url/events. Vapi sends the secret of the server in a header. Every
tool call is answered in `results` under its own id; a result is one line of text.
"""

import json
from collections.abc import Iterator, Mapping
from hmac import compare_digest
from typing import Any

from telephony.adapters.shape import Order, ToolCall, kept, part, text

SECRET_HEADER = "X-Vapi-Secret"  # noqa: S105 (the name of the header)


def is_genuine(headers: Mapping[str, str], *, secret: str) -> bool:
    """Whether the request carries our secret; without one of ours nothing is genuine."""
    sent = headers.get(SECRET_HEADER, "")
    return bool(secret) and compare_digest(sent.encode(), secret.encode())


def read(body: Any) -> Order:
    """The order of a server message; other messages order nothing. Raises ValueError."""
    message = part(body, "message")
    call_id = text(message, "call", "id")
    if not isinstance(message, Mapping) or not call_id:
        raise ValueError("This is no server message with a call.")
    return Order(
        call_id=call_id,
        caller_phone=text(message, "call", "customer", "number")
        or text(message, "customer", "number"),
        to_number=text(message, "call", "phoneNumber", "number"),
        direction="outbound" if "outbound" in text(message, "call", "type").lower() else "inbound",
        tools=tuple(_tools(message)),
    )


def _tools(message: Mapping[str, Any]) -> Iterator[ToolCall]:
    if message.get("type") == "tool-calls":
        listed = part(message, "toolCallList") or part(message, "toolCalls") or []
        for wish in listed if isinstance(listed, list) else []:
            # Some messages put name and arguments into "function", some do not.
            function = part(wish, "function") or wish
            yield ToolCall(
                key=text(wish, "id", limit=200),
                name=text(function, "name"),
                arguments=_arguments(part(function, "arguments")),
            )
    elif message.get("type") == "end-of-call-report":
        summary = text(message, "analysis", "summary", limit=2000)
        yield ToolCall(key="", name="end_call", arguments=kept(summary=summary))


def _arguments(sent: Any) -> Any:
    """Arguments come as an object or as its JSON."""
    if not isinstance(sent, str):
        return sent if sent is not None else {}
    try:
        return json.loads(sent or "{}")
    except ValueError:
        return sent


def word(answers: list[tuple[ToolCall, dict[str, Any]]]) -> dict[str, Any]:
    """The body of the answer."""
    return {
        "results": [
            {
                "toolCallId": wish.key,
                "name": wish.name,
                "result": json.dumps(answer, separators=(",", ":")),
            }
            for wish, answer in answers
        ]
    }
