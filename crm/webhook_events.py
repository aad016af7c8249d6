"""Kinds of events that webhooks can subscribe to. An app adds its own from `AppConfig.ready`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ALL = "*"
TEST = "webhook.test"


@dataclass(frozen=True)
class EventKind:
    """`name` is "subject.what_happened"; `example` is what `data` of such an event looks like."""

    name: str
    label: str
    example: Mapping[str, Any] = field(default_factory=dict)


_kinds: dict[str, EventKind] = {}


def register(kind: EventKind) -> EventKind:
    """Add a kind; the same name replaces."""
    _kinds[kind.name] = kind
    return kind


def kinds() -> list[EventKind]:
    return [_kinds[name] for name in sorted(_kinds)]


def is_known(name: str) -> bool:
    return name in _kinds


register(EventKind(TEST, "Test", {"text": "It works."}))
