"""What warmth adds to pages of crm: a link, a panel, a line of the brief."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from crm import briefs, navigation, panels
from crm.models import Customer
from warmth.enums import WarmthLevel
from warmth.models import CustomerWarmth
from warmth.words import NEXT_STEPS

_TONES = {
    WarmthLevel.SCORCHING: "danger",
    WarmthLevel.HOT: "attention",
    WarmthLevel.WARM: "progress",
}


def _panel(customer: Customer) -> dict[str, Any] | None:
    """The card loads itself, so the customer's page pays no query for it."""
    return None if customer.is_anonymised else {"customer": customer}


def _brief(customer_id: UUID) -> Iterator[briefs.Line]:
    """Level and score, with what to do at that level."""
    scores = CustomerWarmth.objects.active().filter(customer=customer_id)
    for score, level in scores.values_list("overall_warmth_score", "warmth_level"):
        text = _("%(level)s, %(score)s of 100: %(action)s") % {
            "level": WarmthLevel(level).label,
            "score": score,
            "action": NEXT_STEPS[level].action,
        }
        url = reverse("warmth:customer", args=[customer_id])
        yield briefs.Line(text, "flame", _TONES.get(WarmthLevel(level), "neutral"), url)


def register_pages() -> None:
    navigation.register(
        navigation.NavItem(
            "Warmth", "warmth:board", "flame", "warmth:read", shortcut="g w", position=27
        )
    )
    panels.register(
        panels.Panel("warmth", "warmth/_customer_panel.html", "warmth:read", _panel, 35)
    )
    # The card on the customer's page says the same.
    briefs.register(briefs.Brief("warmth", "warmth:read", _brief, position=20, on_page=False))
