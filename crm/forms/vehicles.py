"""Forms of a vehicle: the record itself and the correction of its mileage."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from crm import cleaning, vin
from crm.enums import VehicleStatus
from crm.forms.base import CleanedField, EditForm, PageForm, date_field, number_field

DECODED = ("year", "make", "model", "trim", "engine")


class VehicleForm(EditForm):
    """A new or changed vehicle. `vin_exception_reason` lets an invalid VIN stand."""

    vin = CleanedField(
        label=_("VIN"),
        max_length=25,
        cleaner=cleaning.clean_vin,
        help_text=_("17 characters; type, paste or scan. It fills in the vehicle."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}
        ),
    )
    vin_exception_reason = CleanedField(
        label=_("Why this VIN stands though it is not valid"),
        max_length=200,
        required=False,
        cleaner=cleaning.clean_line,
        help_text=_("Only for vehicles built before 1981 and grey imports."),
    )
    year = forms.IntegerField(
        label=_("Model year"),
        min_value=1900,
        max_value=2100,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    make = CleanedField(label=_("Make"), max_length=50, cleaner=cleaning.clean_line)
    model = CleanedField(label=_("Model"), max_length=50, cleaner=cleaning.clean_line)
    trim = CleanedField(label=_("Trim"), max_length=50, required=False, cleaner=cleaning.clean_line)
    engine = CleanedField(
        label=_("Engine"), max_length=100, required=False, cleaner=cleaning.clean_line
    )
    color = CleanedField(
        label=_("Color"), max_length=50, required=False, cleaner=cleaning.clean_line
    )
    license_plate = CleanedField(
        label=_("Plate"), max_length=20, required=False, cleaner=cleaning.clean_plate
    )
    current_mileage = number_field(_("Mileage"), required=False)
    next_service_due_mileage = number_field(_("Next service due at (miles)"), required=False)
    purchase_date = date_field(_("Bought on"), required=False)
    purchased_from_us = forms.BooleanField(label=_("Bought from us"), required=False)
    status = forms.ChoiceField(
        label=_("Status"), choices=VehicleStatus, initial=VehicleStatus.ACTIVE
    )

    groups = (
        (_("Identity"), ("vin", "vin_exception_reason", "license_plate")),
        (_("Vehicle"), ("year", "make", "model", "trim", "engine", "color")),
        (
            _("Use"),
            (
                "current_mileage",
                "next_service_due_mileage",
                "purchase_date",
                "status",
                "purchased_from_us",
            ),
        ),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        number, reason = cleaned.get("vin"), cleaned.get("vin_exception_reason")
        if number and not reason:
            fault = vin.problem(number, cleaned.get("year"))
            if fault:
                self.add_error("vin", _("%s Correct it, or say below why it stands.") % fault)
        return cleaned

    @property
    def needs_reason(self) -> bool:
        """Whether the field for the exception is worth showing."""
        return bool(
            self["vin_exception_reason"].value()
            or "vin" in self.errors
            or "vin_exception_reason" in self.errors
        )

    def changes(self) -> dict[str, Any]:
        keep_empty = {"vin_exception_reason"}
        found = {
            name: None if value == "" and name not in keep_empty else value
            for name, value in super().changes().items()
        }
        # A check box that is not ticked on a new vehicle says nothing about it.
        if self.record is None and not found.get("purchased_from_us"):
            found.pop("purchased_from_us", None)
        return found


class MileageForm(PageForm):
    mileage = number_field(_("Right mileage"))
    reason = CleanedField(
        label=_("Why"),
        max_length=200,
        cleaner=cleaning.clean_line,
        help_text=_("For example “typing error at check-in”. It stays in the audit trail."),
        error_messages={"required": _("A correction needs a reason. Say why.")},
    )
    aliases = {"current_mileage": "mileage"}


class VinForm(forms.Form):
    """What the look-up of a VIN is asked."""

    vin = forms.CharField(required=False, max_length=25)

    def clean_vin(self) -> str:
        found = vin.normalise(self.cleaned_data["vin"])
        if not found.isascii():
            raise ValidationError(_("A VIN has letters and digits only."))
        return found
