"""What the board and its lists can be narrowed down by."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from crm.forms.customers import advisors
from crm.forms.filters import FilterForm
from warmth.enums import EngagementStatus, WarmthLevel
from warmth.expressions import DAYS_SILENT, engagement_status
from warmth.models import CustomerWarmth
from warmth.querysets import CustomerWarmthQuerySet
from warmth.services.board import moves


class WarmthPageFilter(FilterForm):
    """Active customers; several levels may be chosen."""

    level = forms.MultipleChoiceField(label=_("Level"), required=False, choices=WarmthLevel.choices)
    advisor = forms.ModelChoiceField(
        label=_("Advisor"), queryset=advisors(), required=False, empty_label=_("Any")
    )
    state = forms.CharField(label=_("State"), required=False, max_length=2)
    engagement = forms.ChoiceField(
        label=_("Engagement"), required=False, choices=[("", _("Any")), *EngagementStatus.choices]
    )
    score_from = forms.DecimalField(
        label=_("Score from"), required=False, min_value=0, max_value=100
    )
    score_below = forms.DecimalField(
        label=_("Score below"), required=False, min_value=0, max_value=101
    )
    moved = forms.ChoiceField(
        label=_("This week"),
        required=False,
        choices=[("", _("Any")), ("up", _("Warmer")), ("down", _("Cooler"))],
    )
    stale = forms.BooleanField(label=_("Stale"), required=False)
    adjusted = forms.BooleanField(label=_("Set by a person"), required=False)

    def level_choices(self) -> list[dict[str, Any]]:
        """The levels as chips, the warmest first."""
        chosen = self.wanted().get("level", [])
        return [
            {"value": level.value, "label": level.label, "chosen": level.value in chosen}
            for level in reversed(WarmthLevel)
        ]

    def apply(self) -> CustomerWarmthQuerySet:
        wanted = self.wanted()
        found = CustomerWarmth.objects.active()
        if "stale" in wanted:
            found = found.stale()
        if "adjusted" in wanted:
            found = found.adjusted()
        if "moved" in wanted:
            change = {"change__gt": 0} if wanted["moved"] == "up" else {"change__lt": 0}
            found = found.filter(pk__in=moves().filter(**change).values("customer_warmth_id"))
        return _narrowed(found, wanted)


def _narrowed(found: CustomerWarmthQuerySet, wanted: dict[str, Any]) -> Any:
    lookups = {
        "level": "warmth_level__in",
        "advisor": "customer__preferred_service_advisor",
        "score_from": "overall_warmth_score__gte",
        "score_below": "overall_warmth_score__lt",
    }
    narrowed: QuerySet[CustomerWarmth] = found.filter(
        **{field: wanted[name] for name, field in lookups.items() if name in wanted}
    )
    if "state" in wanted:
        narrowed = narrowed.filter(customer__state=wanted["state"].upper())
    if "engagement" in wanted:
        narrowed = narrowed.alias(days_silent=DAYS_SILENT, status=engagement_status()).filter(
            status=wanted["engagement"]
        )
    return narrowed
