"""Forms by which people work a lead."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.forms.base import PageForm
from leads.enums import LeadStatus, TestResult

REST_DAYS = (3, 7, 14, 30)


class StatusForm(PageForm):
    """To another status; `steps` are those that may be reached from here."""

    status = forms.ChoiceField(label=_("Move to"))
    reason = forms.CharField(
        label=_("Why"), required=False, max_length=200, help_text=_("Needed when it is lost.")
    )

    def __init__(self, *args: Any, steps: tuple[str, ...], **options: Any) -> None:
        super().__init__(*args, **options)
        status: Any = self.fields["status"]
        status.choices = [
            ("", _("Choose")),
            *((step, LeadStatus(step).label) for step in steps if step != LeadStatus.EXPIRED),
        ]


class RestForm(PageForm):
    """Some days of rest, none to wake the lead."""

    days = forms.TypedChoiceField(
        coerce=int, choices=[(0, _("Wake"))] + [(days, days) for days in REST_DAYS]
    )

    def until(self) -> datetime | None:
        days = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=days) if days else None


class OutcomeForm(PageForm):
    """A battery test: the result by its button, what was measured if somebody likes to say."""

    result = forms.ChoiceField(choices=TestResult.choices)
    voltage = forms.FloatField(
        label=_("Resting voltage"), required=False, min_value=0, max_value=30
    )
    state_of_charge = forms.FloatField(
        label=_("State of charge, %"), required=False, min_value=0, max_value=100
    )
    cold_cranking_amps = forms.IntegerField(
        label=_("Measured CCA"), required=False, min_value=0, max_value=3000
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=500)

    def measured(self) -> dict[str, Any]:
        """What was filled in beside the result."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name != "result" and value not in (None, "")
        }
