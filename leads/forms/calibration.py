"""The form that puts a parameter set in use."""

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.forms.base import PageForm


class ActivationForm(PageForm):
    reason = forms.CharField(
        label=_("Why"),
        max_length=500,
        help_text=_("Kept in the audit trail. For example: better on 200 tests since March."),
    )
