"""What the requests of all platforms come down to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ToolCall:
    """One tool that the model wants run; `key` is the platform's id of this wish, "" if it has
    none."""

    key: str
    name: str
    arguments: Any


@dataclass(frozen=True)
class Order:
    """The tools that a request calls, in the call that it belongs to."""

    call_id: str
    caller_phone: str = ""
    to_number: str = ""
    direction: str = "inbound"
    tools: tuple[ToolCall, ...] = field(default=())


def part(source: Any, *path: str) -> Any:
    """The value at `path` in nested objects; None where there is none."""
    for name in path:
        source = source.get(name) if isinstance(source, Mapping) else None
    return source


def text(source: Any, *path: str, limit: int = 100) -> str:
    """The text at `path`, cut to `limit` characters; "" where there is none."""
    value = part(source, *path)
    return value[:limit] if isinstance(value, str) else ""


def kept(**arguments: Any) -> dict[str, Any]:
    """The arguments that say something."""
    return {name: value for name, value in arguments.items() if value not in ("", None)}
