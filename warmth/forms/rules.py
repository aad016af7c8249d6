"""Forms by which a manager drafts, publishes and takes back versions of the rules."""

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.forms.base import EditForm, PageForm
from warmth.enums import Component, EventType
from warmth.models import WarmthAlgorithm
from warmth.scoring import LEVELS
from warmth.services.algorithms import SETTINGS

WEIGHTS = tuple(f"{part.value}_weight" for part in Component)
BOUNDS = tuple(f"{level}_from" for level in LEVELS)


class DraftForm(PageForm):
    """A new draft, a copy of the version in force."""

    version = forms.CharField(label=_("Name"), max_length=50)
    description = forms.CharField(label=_("What for"), required=False, max_length=500)


class SettingsForm(EditForm):
    """Weights, bounds and curve of a version; which of them fit together the database says."""

    groups = (
        (_("Weights, together 1"), WEIGHTS),
        (_("Levels begin at"), BOUNDS),
        (
            _("Forecast"),
            (
                "probability_midpoint",
                "probability_scale",
                "typical_purchase_value",
                "is_calibrated",
            ),
        ),
        (_("What for"), ("description",)),
    )


SettingsForm.base_fields |= forms.fields_for_model(
    WarmthAlgorithm, fields=[*SETTINGS, "description"]
)


class RuleForm(EditForm):
    """One rule of a draft, new or changed."""

    trigger_name = forms.CharField(label=_("Name"), max_length=255)
    trigger_type = forms.ChoiceField(label=_("Event"), choices=EventType.choices)
    target_component = forms.ChoiceField(label=_("Adds to"), choices=Component.choices)
    base_score_impact = forms.DecimalField(
        label=_("Points"), min_value=-100, max_value=100, max_digits=5, decimal_places=2
    )
    decay_rate = forms.DecimalField(
        label=_("Share lost over the window"),
        min_value=0,
        max_value=1,
        max_digits=5,
        decimal_places=2,
        initial="0.10",
    )
    time_window_days = forms.IntegerField(
        label=_("Window in days"), min_value=1, max_value=1825, initial=90
    )
    max_occurrences = forms.IntegerField(
        label=_("At most at a time"), min_value=1, max_value=1000, initial=1
    )
    is_active = forms.BooleanField(label=_("Active"), required=False, initial=True)


class InForceForm(PageForm):
    """Publish to everybody, or on trial to a share; the reason goes into the audit trail."""

    reason = forms.CharField(label=_("Why"), max_length=500)
    percent = forms.IntegerField(
        label=_("Only for a trial, % of the customers"),
        required=False,
        min_value=1,
        max_value=99,
    )

    aliases = {"split_percent": "percent"}


class WhyForm(PageForm):
    reason = forms.CharField(label=_("Why"), max_length=500)
