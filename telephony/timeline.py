"""Calls on a customer's timeline and page. Neither shows what was recorded."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.expressions import full_name
from crm.models import Customer
from crm.navigation import NavItem
from crm.navigation import register as register_link
from crm.outreach import tell_contacts_elsewhere
from crm.panels import Panel
from crm.panels import register as register_panel
from crm.timeline import Entry, Source
from crm.timeline import register as register_source
from telephony.enums import CallOutcome, Direction
from telephony.models import CallLog
from telephony.services.follow_up import CONTACT


def _calls(customer_id: UUID) -> QuerySet[Any]:
    return CallLog.objects.filter(customer_id=customer_id).annotate(
        entry_at=F("started_at"),
        entry_data=JSONObject(
            direction=F("direction"),
            answered_by=F("answered_by"),
            voicemail=F("is_voicemail"),
            outcome=F("outcome"),
            summary=F("summary"),
            who=full_name("advisor__"),
        ),
    )


def _call(at: datetime, key: str, data: dict[str, Any]) -> Entry:
    inbound = data["direction"] == Direction.INBOUND
    outcome = str(CallOutcome(data["outcome"]).label) if data["outcome"] else ""
    if data["voicemail"]:
        title = _("Voicemail")
    elif data["answered_by"]:
        title = _("Incoming call") if inbound else _("Outgoing call")
    else:
        title = _("Call not answered")
    return Entry(
        at=at,
        kind="call",
        icon="phone-incoming" if inbound else "phone-outgoing",
        title=title,
        text=" · ".join(part for part in (outcome, data["summary"]) if part),
        who=data["who"] or "",
        url=reverse("telephony:call", args=[key]),
    )


def _panel(customer: Customer) -> dict[str, Any] | None:
    """The card loads itself, so the customer's page pays no query for it."""
    return None if customer.is_anonymised else {"customer": customer}


def register_pages() -> None:
    register_source(Source("call", gettext_lazy("Calls"), "calls:read", _calls, _call, 40))
    tell_contacts_elsewhere(CONTACT)
    register_panel(Panel("calls", "telephony/_panel.html", "calls:read", _panel, 40, wide=True))
    register_panel(
        Panel("verification", "telephony/_verification_panel.html", "calls:write", _panel, 42)
    )
    register_link(
        NavItem("Calls", "telephony:calls", "phone", "calls:read", shortcut="g p", position=45)
    )
