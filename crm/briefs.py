"""What to know about a customer before saying hello: a few short lines, each app adds its own.

Shown when a call comes in and at the head of the customer's page. A source makes one query at
most; sources of apps that a user may not see are not asked.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Line:
    """One line. `tone` is that of a badge: neutral, info, attention, progress, success, danger;
    `url` may be ""."""

    text: str
    icon: str
    tone: str = "neutral"
    url: str = ""


@dataclass(frozen=True)
class Brief:
    """A source of lines. `on_page` is False for what the customer's page shows anyway."""

    name: str
    capability: str
    lines: Callable[[UUID], Iterable[Line]]
    position: int = 50
    on_page: bool = True


_briefs: dict[str, Brief] = {}


def register(brief: Brief) -> None:
    """Add `brief`, or replace the one of the same name. Called from `AppConfig.ready`."""
    _briefs[brief.name] = brief


def lines_for(user: Any, customer_id: UUID, *, page: bool = False) -> list[Line]:
    """All lines that `user` may see, by position of their source; with `page` only those that
    the customer's page does not show itself."""
    return [
        line
        for brief in sorted(_briefs.values(), key=lambda brief: brief.position)
        if user.can(brief.capability) and (brief.on_page or not page)
        for line in brief.lines(customer_id)
    ]
