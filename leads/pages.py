"""What the battery leads add to pages of crm: a link, panels, a figure on the home page."""

from typing import Any

from django.urls import reverse

from crm import home_figures
from crm.models import Customer
from crm.navigation import NavItem
from crm.navigation import register as register_link
from crm.panels import Panel, VisitPanel, register_visit
from crm.panels import register as register_panel
from leads.enums import ContactUrgency
from leads.models import LeadScore


def _panel(customer: Customer) -> dict[str, Any] | None:
    """The card loads itself, so the customer's page pays no query for it."""
    return None if customer.is_anonymised else {"customer": customer}


def _high_risks() -> int:
    high = LeadScore.objects.filter(is_open=True, contact_urgency=ContactUrgency.IMMEDIATE)
    return high.values("pk")[: home_figures.MOST_COUNTED].count()


def register_pages() -> None:
    register_link(
        NavItem(
            "Battery leads",
            "leads:leads",
            "battery-1",
            "leads:read",
            shortcut="g l",
            position=25,
        )
    )
    register_panel(
        Panel("leads", "leads/_customer_panel.html", "leads:read", _panel, 30, wide=True)
    )
    register_visit(VisitPanel("battery", "leads/_visit_panel.html", "leads:read", 30))
    home_figures.register(
        home_figures.Figure(
            name="battery",
            label="batteries at high risk",
            capability="leads:read",
            url=lambda: f"{reverse('leads:leads')}?band=high",
            count=_high_risks,
        )
    )
