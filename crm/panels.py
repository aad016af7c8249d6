"""Panels that apps add to the pages of a customer and of an appointment."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from crm.enums import AppointmentStatus
from crm.models import Appointment, Customer


@dataclass(frozen=True)
class Panel:
    """A card on the customer's page.

    `context(customer)` is what `template` shows; None leaves the card out. It makes one query
    at most, because the whole page may make twelve. Shown to those who have `capability`.
    A `wide` one holds a table and stands in the broad column.
    """

    name: str
    template: str
    capability: str
    context: Callable[[Customer], dict[str, Any] | None]
    position: int = 50
    wide: bool = False


@dataclass(frozen=True)
class VisitPanel:
    """A card on the page of an appointment, for those who have `capability`. Its template gets
    `appointment` and makes no query: what it shows it fetches with htmx."""

    name: str
    template: str
    capability: str
    position: int = 50


_panels: dict[str, Panel] = {}
_visit_panels: dict[str, VisitPanel] = {}


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


def register_visit(panel: VisitPanel) -> None:
    """Add `panel`, or replace the one of the same name. Called from `AppConfig.ready`."""
    _visit_panels[panel.name] = panel


def visit_panels_for(user: Any, appointment: Appointment) -> list[VisitPanel]:
    """The panels for a visit in which work is or was done; none for one that fell through."""
    if appointment.status in (AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW):
        return []
    panels = sorted(_visit_panels.values(), key=lambda panel: panel.position)
    return [panel for panel in panels if user.can(panel.capability)]
