"""Forms of the Today list and of permissions to contact."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.dispositions import DISPOSITIONS
from crm.enums import Channel, ConsentBasis, ContactPurpose, WorkKind
from crm.forms.base import PageForm
from crm.forms.filters import FilterForm
from jobs.registry import shop_zone


class ShopTimeField(forms.DateTimeField):
    """A time of the shop's clock, from the browser's own picker."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
        super().__init__(widget=widget, input_formats=["%Y-%m-%dT%H:%M"], **options)

    def to_python(self, value: Any) -> datetime | None:
        with timezone.override(shop_zone()):
            return super().to_python(value)


class TodayFilter(FilterForm):
    kind = forms.MultipleChoiceField(label=_("Kind"), required=False, choices=WorkKind.choices)
    mine = forms.BooleanField(label=_("Only what I have taken"), required=False)


class DispositionForm(PageForm):
    outcome = forms.ChoiceField(
        label=_("Outcome"),
        choices=[("", _("Choose")), *((d.code, d.label) for d in DISPOSITIONS.values())],
    )
    again_at = ShopTimeField(
        label=_("Again at"), required=False, help_text=_("Left out, the usual days later.")
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class SnoozeForm(PageForm):
    until = ShopTimeField(label=_("Not before"))


class StatementForm(PageForm):
    """A line for the consent ledger: agreement or opt-out."""

    AGREES, OPTS_OUT = "agrees", "opts_out"

    statement = forms.ChoiceField(
        label=_("The customer"),
        choices=[(OPTS_OUT, _("opts out of")), (AGREES, _("agrees to"))],
    )
    channel = forms.ChoiceField(
        label=_("Channel"),
        required=False,
        choices=[
            ("", _("All channels")),
            *(c for c in Channel.choices if c[0] in Channel.outbound()),
        ],
    )
    purpose = forms.ChoiceField(
        label=_("About"), required=False, choices=[("", _("Everything")), *ContactPurpose.choices]
    )
    basis = forms.ChoiceField(
        label=_("How"),
        choices=[
            (ConsentBasis.OPT_OUT, _("Asked to stop")),
            (ConsentBasis.DO_NOT_CALL, ConsentBasis.DO_NOT_CALL.label),
            (ConsentBasis.SPOKEN, ConsentBasis.SPOKEN.label),
            (ConsentBasis.WRITTEN, ConsentBasis.WRITTEN.label),
            (ConsentBasis.ONLINE, ConsentBasis.ONLINE.label),
        ],
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=300)
