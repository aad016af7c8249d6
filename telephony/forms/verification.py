"""Forms around caller verification and the call simulator."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.forms.base import PageForm
from crm.forms.filters import FilterForm
from telephony.agent.scenarios import scenarios
from telephony.querysets import WITHHELD
from telephony.services.agent_identity import spoken_phone
from telephony.verification import LONGEST_ANSWER, QUESTIONS

# A browser that offered earlier answers would give one customer's birth date to another.
_NOT_REMEMBERED = {"autocomplete": "off", "spellcheck": "false"}


class VerificationFilter(FilterForm):
    state = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[
            ("", _("All")),
            ("locked", _("Locked")),
            ("verified", _("Verified")),
            ("failed", _("Not verified")),
        ],
    )


class UnlockForm(PageForm):
    reason = forms.CharField(
        label=_("Why may they try again?"),
        max_length=200,
        help_text=_("For example: came to the desk with a driver's license."),
    )


class AnswerForm(PageForm):
    """One answer of somebody at the desk or on the telephone."""

    factor = forms.ChoiceField(
        label=_("Question"), choices=[(factor.value, text) for factor, text in QUESTIONS.items()]
    )
    said = forms.CharField(
        label=_("Answer"),
        max_length=LONGEST_ANSWER,
        widget=forms.TextInput(attrs=_NOT_REMEMBERED),
    )


class SimulatorForm(PageForm):
    """A call to begin: from which number, and whether a recorded one is played."""

    phone = forms.CharField(
        label=_("Calling number"),
        max_length=40,
        required=False,
        help_text=_("Empty: the number is withheld, or a recorded scenario finds its own caller."),
    )
    scenario = forms.ChoiceField(label=_("Conversation"), required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        recorded = [(name, found.title) for name, found in scenarios().items()]
        field: Any = self.fields["scenario"]
        field.choices = [("", _("I type the caller's words")), *recorded]

    def clean_phone(self) -> str:
        text = self.cleaned_data["phone"]
        phone = spoken_phone(text) if text else WITHHELD
        if phone is None:
            raise forms.ValidationError(_("Write ten digits, for example (205) 555-0142."))
        return phone


class SayForm(PageForm):
    """The caller's next words in a simulated call."""

    words = forms.CharField(
        label=_("The caller says"),
        max_length=500,
        widget=forms.TextInput(attrs=_NOT_REMEMBERED | {"autofocus": True}),
    )
