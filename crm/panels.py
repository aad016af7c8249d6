"""Panels that apps add to the customer's page, each with one query at most."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from crm.models import Customer


@dataclass(frozen=True)
class Panel:
    """A card on the customer's page.

    `context(customer)` is what `template` shows; None leaves the card out. It makes one query
    at most, because the whole page may make twelve. Shown to those who have `capability`.
    """

    name: str
    template: str
    capability: str
    context: Callable[[Customer], dict[str, Any] | None]
    position: int = 50


_panels: dict[str, Panel] = {}


def register(panel: Panel) -> None:
    """Add `panel`, or replace the one of the same name. Called from `AppConfig.ready`."""
    _panels[panel.name] = panel


def panels_for(request: HttpRequest, customer: Customer) -> list[tuple[Panel, dict[str, Any]]]:
    """The panels to show, in the order of their `position`, each with its context."""
    shown = []
    for panel in sorted(_panels.values(), key=lambda panel: panel.position):
        if request.user.can(panel.capability):  # type: ignore[union-attr]
            context = panel.context(customer)
            if context is not None:
                shown.append((panel, context))
    return shown
