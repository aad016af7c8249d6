"""Widgets that apps add to every page, such as the card of an incoming call."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Widget:
    """`template` is included at the end of the page for those who have `capability`. It makes no
    query: what it shows it fetches with htmx."""

    name: str
    template: str
    capability: str


_widgets: dict[str, Widget] = {}


def register(widget: Widget) -> None:
    """Add `widget`, or replace the one of the same name. Called from `AppConfig.ready`."""
    _widgets[widget.name] = widget


def widgets_for(user: Any) -> list[Widget]:
    if not user.is_authenticated:
        return []
    return [widget for widget in _widgets.values() if user.can(widget.capability)]
