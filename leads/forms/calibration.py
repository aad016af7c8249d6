"""The forms of the calibration page: calls a day, and putting a parameter set in use."""

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.forms.base import PageForm
from leads.services.evaluation import CALLS_A_DAY


class ActivationForm(PageForm):
    reason = forms.CharField(
        label=_("Why"),
        max_length=500,
        help_text=_("Kept in the audit trail. For example: better on 200 tests since March."),
    )


class CallsForm(forms.Form):
    """How many calls a day the lift is given for; anything that is no such number is left out."""

    calls = forms.IntegerField(min_value=1, max_value=1_000)

    def calls_a_day(self) -> int:
        return int(self.cleaned_data["calls"]) if self.is_valid() else CALLS_A_DAY
