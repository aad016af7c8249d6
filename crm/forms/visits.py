"""Forms of a visit's steps: cancelling, checking in, completing with its lines."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm import cleaning
from crm.enums import ClosedAs, LineOutcome, PayType
from crm.forms.appointments import active
from crm.forms.base import CleanedField, PageForm, date_field, number_field
from crm.models import OpCode, Technician
from crm.services.records import LineData


class CancelForm(PageForm):
    reason = CleanedField(
        label=_("Why is it cancelled?"),
        max_length=200,
        cleaner=cleaning.clean_line,
        error_messages={"required": _("Cancelling needs a reason. Say why.")},
    )
    aliases = {"cancellation_reason": "reason"}


class CloseWorkForm(PageForm):
    """Why declined or deferred work is not offered any more."""

    closed_as = forms.ChoiceField(label=_("What became of it?"), choices=ClosedAs.choices)
    reason = CleanedField(
        label=_("Why?"),
        required=False,
        max_length=200,
        cleaner=cleaning.clean_line,
        help_text=_("Needed for work that is no longer wanted."),
    )


class CheckInForm(PageForm):
    mileage = number_field(_("Mileage"), required=False, help_text=_("As the odometer shows it."))
    aliases = {"current_mileage": "mileage"}


class CompleteForm(PageForm):
    """What the whole visit ends with; `LineFormSet` holds its lines."""

    mileage = number_field(_("Mileage"))
    ro_number = CleanedField(
        label=_("RO number"),
        max_length=20,
        required=False,
        cleaner=cleaning.clean_line,
        help_text=_("Empty: the next free number."),
    )
    technician = forms.ModelChoiceField(
        label=_("Done by"),
        queryset=active(Technician),
        required=False,
        empty_label=_("As booked"),
    )
    parts_replaced = forms.CharField(
        label=_("Parts replaced"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line."),
    )
    next_service_type = CleanedField(
        label=_("Next service"), max_length=100, required=False, cleaner=cleaning.clean_line
    )
    next_service_due_date = date_field(_("Due on"), required=False)
    next_service_due_mileage = number_field(_("Due at (miles)"), required=False)

    aliases = {"current_mileage": "mileage"}

    def clean_next_service_due_mileage(self) -> int | None:
        due: int | None = self.cleaned_data["next_service_due_mileage"]
        now = self.cleaned_data.get("mileage")
        if due is not None and now is not None and due <= now:
            raise ValidationError(_("Due before the present mileage. Write a higher one."))
        return due

    def clean_next_service_due_date(self) -> Any:
        due = self.cleaned_data["next_service_due_date"]
        if due is not None and due <= timezone.localdate():
            raise ValidationError(_("This day is past. Choose a later one."))
        return due

    def record(self) -> dict[str, Any]:
        """Arguments of `complete_appointment`, without the lines."""
        found = {name: value or None for name, value in self.cleaned_data.items()}
        parts = str(self.cleaned_data["parts_replaced"]).splitlines()
        found["parts_replaced"] = [part.strip() for part in parts if part.strip()]
        found["mileage"] = self.cleaned_data["mileage"]
        return found


class OpCodeSelect(forms.Select):
    """Options that carry what the operation sets, for static/js/lines.js to fill in."""

    op_codes: Mapping[str, OpCode] = {}

    def create_option(self, *args: Any, **options: Any) -> dict[str, Any]:
        option = super().create_option(*args, **options)
        found = self.op_codes.get(str(option["value"]))
        if found is not None:
            option["attrs"] |= {
                "data-description": found.description,
                "data-hours": str(found.hours),
                "data-price": str(found.price),
            }
        return option


class LineForm(forms.Form):
    """One operation of a visit; an entirely empty one is left out."""

    op_code = forms.ModelChoiceField(
        label=_("Operation"),
        queryset=OpCode.objects.none(),
        required=False,
        empty_label=_("(none)"),
        widget=OpCodeSelect,
    )
    description = CleanedField(
        label=_("Description"), max_length=200, required=False, cleaner=cleaning.clean_line
    )
    pay_type = forms.ChoiceField(
        label=_("Pays"), choices=PayType, initial=PayType.CUSTOMER, required=False
    )
    hours = forms.DecimalField(
        label=_("Hours"), required=False, min_value=0, max_digits=5, decimal_places=2
    )
    price = forms.DecimalField(
        label=_("Price"), required=False, min_value=0, max_digits=10, decimal_places=2
    )
    outcome = forms.ChoiceField(
        label=_("Outcome"),
        required=False,
        initial=LineOutcome.PERFORMED,
        choices=[choice for choice in LineOutcome.choices if choice[0] != LineOutcome.PLANNED],
    )
    reason = CleanedField(
        label=_("Why not"), max_length=200, required=False, cleaner=cleaning.clean_line
    )
    deferred_until = date_field(_("Until"), required=False)
    deferred_until_mileage = number_field(_("or miles"), required=False)

    use_required_attribute = False

    @property
    def is_blank(self) -> bool:
        return not (self.cleaned_data.get("op_code") or self.cleaned_data.get("description"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        typed = any(cleaned.get(name) for name in ("hours", "price", "reason", "deferred_until"))
        if self.is_blank:
            if typed and not self.errors:
                self.add_error("description", _("Say what it is, or empty the line."))
            return cleaned
        outcome = cleaned.get("outcome")
        if outcome in (LineOutcome.DECLINED, LineOutcome.DEFERRED) and not cleaned.get("reason"):
            self.add_error("reason", _("Declined and deferred work needs a reason. Say why."))
        until = cleaned.get("deferred_until") or cleaned.get("deferred_until_mileage")
        if outcome == LineOutcome.DEFERRED and not until:
            self.add_error("deferred_until", _("Until when? Give a date or a mileage."))
        return cleaned

    def line(self) -> LineData:
        cleaned = self.cleaned_data
        deferred = cleaned.get("outcome") == LineOutcome.DEFERRED
        performed = cleaned.get("outcome") in (LineOutcome.PERFORMED, "", None)
        return LineData(
            op_code=cleaned.get("op_code"),
            description=cleaned.get("description") or "",
            pay_type=cleaned.get("pay_type") or PayType.CUSTOMER,
            hours=cleaned.get("hours"),
            price=cleaned.get("price"),
            outcome=cleaned.get("outcome") or LineOutcome.PERFORMED,
            reason="" if performed else cleaned.get("reason") or "",
            deferred_until=cleaned.get("deferred_until") if deferred else None,
            deferred_until_mileage=cleaned.get("deferred_until_mileage") if deferred else None,
        )


class BaseLineFormSet(forms.BaseFormSet):
    """The lines of a visit. Op codes are read once, not once a line."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.op_codes = {op_code.pk: op_code for op_code in active(OpCode)}

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        field = form.fields["op_code"]
        field.queryset = active(OpCode)
        field.choices = [
            ("", field.empty_label),
            *((key, str(op_code)) for key, op_code in self.op_codes.items()),
        ]
        field.widget.op_codes = self.op_codes

    def lines(self) -> list[LineData]:
        return [form.line() for form in self.forms if not form.is_blank]

    def clean(self) -> None:
        if not any(self.errors) and not self.lines():
            raise ValidationError(
                _("No line says what was done. Add at least one, or cancel the visit instead.")
            )


LineFormSet = forms.formset_factory(LineForm, formset=BaseLineFormSet, extra=2, max_num=60)
