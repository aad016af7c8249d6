"""Forms on a customer's page of warmth."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.forms.base import PageForm, date_field
from jobs.registry import local_today, shop_zone
from warmth.enums import Component, EventType
from warmth.scoring import rounded
from warmth.services.adjustments import DEFAULT_DAYS, LONGEST_DAYS


class _Slider(forms.NumberInput):
    input_type = "range"


class WhatIfForm(forms.Form):
    """Eight components as somebody imagines them, each a slider; nothing is stored.

    Any step, so that a present value with decimals stays what it is until it is moved.
    """

    use_required_attribute = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for part in Component:
            self.fields[part.value] = forms.DecimalField(
                label=part.label,
                min_value=0,
                max_value=100,
                required=False,
                widget=_Slider(attrs={"step": "any", "class": "form-range"}),
            )

    def values(self, otherwise: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """What was imagined, and the present value of a component that was left out or refused."""
        self.is_valid()
        imagined = {name: self.cleaned_data.get(name) for name in Component.values}
        return {
            name: otherwise[name] if value is None else rounded(value)
            for name, value in imagined.items()
        }

    def sliders(self, otherwise: Mapping[str, Decimal]) -> list[tuple[forms.BoundField, Decimal]]:
        """Each field with the value that it stands at."""
        values = self.values(otherwise) if self.is_bound else otherwise
        return [(self[name], values[name]) for name in Component.values]


class AdjustmentForm(PageForm):
    component = forms.ChoiceField(
        label=_("Component"), choices=[("", _("Choose")), *Component.choices]
    )
    value = forms.DecimalField(
        label=_("Value, 0 to 100"), min_value=0, max_value=100, max_digits=5, decimal_places=2
    )
    reason = forms.CharField(label=_("Why"), max_length=500)
    expires_on = date_field(_("Stands until"))

    aliases: Mapping[str, str] = dict.fromkeys(Component.values, "value")

    def __init__(self, *args: Any, **options: Any) -> None:
        today = local_today()
        initial = {"expires_on": today + timedelta(days=DEFAULT_DAYS)}
        super().__init__(*args, initial=initial, auto_id="set_%s", **options)
        self.fields["expires_on"].widget.attrs |= {
            "min": today.isoformat(),
            "max": (today + timedelta(days=LONGEST_DAYS)).isoformat(),
        }


class EngagementForm(PageForm):
    """An event that nothing else records; left empty, the time is now."""

    event_type = forms.ChoiceField(
        label=_("What happened"), choices=[("", _("Choose")), *EventType.choices]
    )
    occurred_at = forms.DateTimeField(
        label=_("When, at the shop"),
        required=False,
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        help_text=_("Empty is now."),
    )
    value = forms.DecimalField(
        label=_("Amount"), required=False, min_value=0, max_digits=12, decimal_places=2
    )
    subject = forms.CharField(label=_("About"), required=False, max_length=200)

    def __init__(self, *args: Any, **options: Any) -> None:
        # The page has other fields of the same names.
        super().__init__(*args, auto_id="log_%s", **options)

    def clean_occurred_at(self) -> datetime | None:
        """The shop's clock, whatever the zone of the server is."""
        at: datetime | None = self.cleaned_data["occurred_at"]
        return at and at.replace(tzinfo=shop_zone())
