"""Figures that apps add to the head of the home page, each a link to its list."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MOST_COUNTED = 100


@dataclass(frozen=True)
class Figure:
    """`count()` makes one query and counts no further than MOST_COUNTED; a 0 is not shown."""

    name: str
    label: Any
    capability: str
    url: Callable[[], str]
    count: Callable[[], int]
    position: int = 50


_figures: dict[str, Figure] = {}


def register(figure: Figure) -> None:
    """Add `figure`, or replace the one of the same name. Called from `AppConfig.ready`."""
    _figures[figure.name] = figure


def figures_for(user: Any) -> list[dict[str, Any]]:
    """What `user` may see, in the order of position."""
    figures = sorted(_figures.values(), key=lambda figure: figure.position)
    shown = [figure for figure in figures if user.can(figure.capability)]
    counted = [(figure, figure.count()) for figure in shown]
    return [
        {
            "label": figure.label,
            "url": figure.url(),
            "count": f"{count}+" if count >= MOST_COUNTED else str(count),
        }
        for figure, count in counted
        if count
    ]
