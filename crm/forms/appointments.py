"""Forms of the appointment book: booking, moving, details."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from math import ceil
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from crm import cleaning
from crm.enums import BookingMethod, ServiceCategory, Transport
from crm.forms.base import CleanedField, EditForm, PageForm, date_field
from crm.forms.customers import advisors
from crm.models import Appointment, Customer, OpCode, ServiceBay, Technician, Vehicle

DEFAULT_MINUTES = 60
STEP_MINUTES = 15


def minutes_for(op_codes: Iterable[OpCode]) -> int:
    """Time that the operations take, rounded up to a quarter of an hour; one hour for none."""
    hours = sum((op_code.hours for op_code in op_codes), Decimal(0))
    return ceil(hours * 60 / STEP_MINUTES) * STEP_MINUTES or DEFAULT_MINUTES


def active(model: type[Technician] | type[ServiceBay] | type[OpCode]) -> Any:
    """Those that can still be chosen."""
    return model._default_manager.filter(is_active=True)


class InstantField(forms.CharField):
    """An instant as ISO 8601 with offset: the value of a slot button."""

    def to_python(self, value: Any) -> datetime | None:  # type: ignore[override]
        if isinstance(value, datetime):
            return value
        try:
            found = parse_datetime(value) if value else None
        except ValueError:
            found = None
        if value and (found is None or timezone.is_naive(found)):
            raise ValidationError(_("This is not one of the times offered. Choose one."))
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial) != self.to_python(data))


class WhenForm(PageForm):
    """Which slots to offer, and the one that was chosen: shared by booking and moving."""

    duration_minutes = forms.IntegerField(
        label=_("Minutes"),
        required=False,
        min_value=5,
        max_value=1440,
        widget=forms.NumberInput(attrs={"step": STEP_MINUTES}),
    )
    date = date_field(_("Day"), required=False)
    technician = forms.ModelChoiceField(
        label=_("Technician"),
        queryset=active(Technician),
        required=False,
        empty_label=_("Any who is free"),
    )
    bay = forms.ModelChoiceField(
        label=_("Bay"),
        queryset=active(ServiceBay),
        required=False,
        empty_label=_("Any that is free"),
    )
    scheduled_at = InstantField(
        label=_("Time"), error_messages={"required": _("Choose one of the free times.")}
    )

    aliases = {"service_bay": "bay", "assigned_technician": "technician"}


class VisitFields(PageForm):
    """What is known of a visit when it is booked, and may change until it is over."""

    vehicle = forms.ModelChoiceField(
        label=_("Vehicle"),
        queryset=Vehicle.objects.none(),
        required=False,
        empty_label=_("Not in the books yet"),
    )
    customer_concerns = forms.CharField(
        label=_("What the customer says"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("In their words: the technician reads it first."),
    )
    transport = forms.ChoiceField(
        label=_("Transportation"), required=False, choices=[("", _("Not said")), *Transport.choices]
    )
    promised_at = forms.DateTimeField(
        label=_("Promised for"),
        required=False,
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
    )


class BookingForm(VisitFields, WhenForm):
    """A new appointment of a known customer."""

    op_codes = forms.ModelMultipleChoiceField(
        label=_("Operations"),
        queryset=active(OpCode).order_by("category", "code"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    service_type = CleanedField(
        label=_("In words"),
        max_length=100,
        required=False,
        cleaner=cleaning.clean_line,
        help_text=_("Empty: the operations' names."),
    )
    service_category = forms.ChoiceField(
        label=_("Category"), required=False, choices=[("", _("Any")), *ServiceCategory.choices]
    )
    advisor = forms.ModelChoiceField(
        label=_("Advisor"),
        queryset=advisors(),
        required=False,
        empty_label=_("The customer's own"),
    )
    booking_method = forms.ChoiceField(
        label=_("Booked by"), choices=BookingMethod, initial=BookingMethod.PHONE
    )

    def __init__(self, *args: Any, customer: Customer, **options: Any) -> None:
        super().__init__(*args, **options)
        self.offer("vehicle", Vehicle.objects.filter(customer=customer))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        chosen = list(cleaned.get("op_codes") or ())
        if not cleaned.get("service_type"):
            names = ", ".join(op_code.description for op_code in chosen)
            cleaned["service_type"] = names if len(names) <= 100 else f"{names[:99]}…"
            if not names and "service_type" not in self.errors:
                self.add_error("service_type", _("Tick an operation or say what is to be done."))
        if not cleaned.get("duration_minutes"):
            cleaned["duration_minutes"] = minutes_for(chosen)
        if not cleaned.get("service_category") and chosen:
            known = chosen[0].category in ServiceCategory.values
            cleaned["service_category"] = chosen[0].category if known else ""
        if chosen and cleaned.get("vehicle") is None and "vehicle" not in self.errors:
            self.add_error("vehicle", _("Operations are planned on a vehicle. Choose or add it."))
        return cleaned

    def details(self) -> dict[str, Any]:
        """Further fields as `book_appointment` takes them in `data`."""
        names = ("service_category", "customer_concerns", "transport", "promised_at")
        found = {name: self.cleaned_data[name] or None for name in names}
        total = sum((op_code.price for op_code in self.cleaned_data["op_codes"]), Decimal(0))
        return found | {"estimated_cost": total or None}


class MoveForm(WhenForm):
    version = forms.CharField(required=False, widget=forms.HiddenInput)


class AppointmentForm(VisitFields, EditForm):
    """Details of an appointment; its time, place and status have pages of their own."""

    service_type = CleanedField(
        label=_("What is to be done"), max_length=100, cleaner=cleaning.clean_line
    )
    service_category = forms.ChoiceField(
        label=_("Category"), required=False, choices=[("", _("Not said")), *ServiceCategory.choices]
    )
    recommended_services = forms.CharField(
        label=_("What we recommend"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    advisor = forms.ModelChoiceField(
        label=_("Advisor"),
        queryset=advisors(),
        required=False,
        empty_label=_("Nobody yet"),
    )
    estimated_cost = forms.DecimalField(
        label=_("Estimate"), required=False, min_value=0, max_digits=10, decimal_places=2
    )

    groups = (
        (_("Work"), ("vehicle", "service_type", "service_category", "estimated_cost")),
        (_("Words"), ("customer_concerns", "recommended_services")),
        (_("Handling"), ("advisor", "transport", "promised_at")),
    )

    def __init__(self, *args: Any, record: Appointment, **options: Any) -> None:
        super().__init__(*args, record=record, **options)
        self.offer("vehicle", Vehicle.objects.filter(customer_id=record.customer_id))

    @classmethod
    def values_of(cls, record: Any) -> dict[str, Any]:
        return super().values_of(record) | {
            "vehicle": record.vehicle_id,
            "advisor": record.advisor_id,
        }

    def changes(self) -> dict[str, Any]:
        return {name: None if value == "" else value for name, value in super().changes().items()}
