"""Battery risk in one line for each vehicle: what to know before saying hello."""

from collections.abc import Iterator
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from crm.briefs import Brief, Line, register
from leads.enums import ContactUrgency
from leads.models import LeadRecord

_TONES = {ContactUrgency.IMMEDIATE: "danger", ContactUrgency.WITHIN_24_HOURS: "attention"}


def _battery(customer_id: UUID) -> Iterator[Line]:
    """High and medium risks; a low one is nothing to bring up."""
    risky = LeadRecord.objects.open().filter(
        customer_id=customer_id, contact_urgency__in=list(_TONES)
    )
    rows = risky.order_by("-posterior_probability", "-lead_id").values_list(
        "lead_id", "year", "model", "posterior_probability", "contact_urgency"
    )
    for key, year, model, posterior, urgency in rows[:3]:
        text = _("Battery risk %(percent)d%%: %(year)s %(model)s") % {
            "percent": int(100 * posterior + 0.5),
            "year": year,
            "model": model,
        }
        yield Line(
            text, "battery-1", _TONES[ContactUrgency(urgency)], reverse("leads:lead", args=[key])
        )


def register_brief() -> None:
    register(Brief("battery", "leads:read", _battery, position=30))
