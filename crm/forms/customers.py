"""Forms of a customer: the record itself, a note, anonymising."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from crm import cleaning, phones
from crm.enums import AppointmentTime, ContactMethod, CustomerType, Role
from crm.forms.base import CleanedField, EditForm, PageForm, date_field
from crm.models import Customer, User


def advisors() -> Any:
    """The people who write up visits, by name."""
    return User.objects.filter(is_active=True, role__in=[Role.ADVISOR, Role.MANAGER])


def _phone(text: str) -> str | None:
    """E.164, with the extension behind it when one was typed."""
    if not text:
        return None
    number, extension = phones.parse(text)
    return f"{number} x{extension}" if extension else number


class CustomerForm(EditForm):
    """A new or changed customer."""

    first_name = CleanedField(label=_("First name"), max_length=100, cleaner=cleaning.clean_line)
    last_name = CleanedField(label=_("Last name"), max_length=100, cleaner=cleaning.clean_line)
    customer_type = forms.ChoiceField(
        label=_("Type"), choices=CustomerType, initial=CustomerType.RETAIL
    )
    customer_since = date_field(_("Customer since"), required=False)
    date_of_birth = date_field(_("Date of birth"), required=False)
    referral_source = CleanedField(
        label=_("Referred by"), max_length=100, required=False, cleaner=cleaning.clean_line
    )
    phone = CleanedField(
        label=_("Phone"),
        max_length=40,
        cleaner=_phone,
        help_text=_("Any notation; an extension as x123."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )
    email = CleanedField(
        label=_("E-mail"),
        max_length=200,
        required=False,
        cleaner=cleaning.clean_email,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    preferred_contact_method = forms.ChoiceField(
        label=_("Prefers"), choices=ContactMethod, initial=ContactMethod.PHONE
    )
    preferred_appointment_time = forms.ChoiceField(
        label=_("Best time of day"),
        required=False,
        choices=[("", _("Any time")), *AppointmentTime.choices],
    )
    receive_reminders = forms.BooleanField(
        label=_("Likes service reminders"), required=False, initial=True
    )
    receive_promotions = forms.BooleanField(
        label=_("Likes promotions (a preference, not consent)"), required=False, initial=True
    )
    street_address = CleanedField(
        label=_("Street"), max_length=200, required=False, cleaner=cleaning.clean_line
    )
    city = CleanedField(
        label=_("City"), max_length=100, required=False, cleaner=cleaning.clean_line
    )
    state = CleanedField(
        label=_("State"), max_length=30, required=False, cleaner=cleaning.clean_state
    )
    zip_code = CleanedField(
        label=_("ZIP"), max_length=12, required=False, cleaner=cleaning.clean_zip
    )
    preferred_service_advisor = forms.ModelChoiceField(
        label=_("Service advisor"),
        queryset=advisors(),
        required=False,
        empty_label=_("Nobody in particular"),
    )
    notes = forms.CharField(
        label=_("Standing remark"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Always visible on the customer's page."),
    )

    groups = (
        (_("Who"), ("first_name", "last_name", "customer_type", "customer_since")),
        (
            _("How to reach them"),
            ("phone", "email", "preferred_contact_method", "preferred_appointment_time"),
        ),
        (_("Address"), ("street_address", "city", "state", "zip_code")),
        (
            _("Care"),
            (
                "preferred_service_advisor",
                "referral_source",
                "date_of_birth",
                "notes",
                "receive_reminders",
                "receive_promotions",
            ),
        ),
    )
    aliases = {"phone_extension": "phone"}

    @classmethod
    def values_of(cls, record: Any) -> dict[str, Any]:
        extension = f" x{record.phone_extension}" if record.phone_extension else ""
        return super().values_of(record) | {
            "phone": phones.display(record.phone) + extension,
            "preferred_service_advisor": record.preferred_service_advisor_id,
        }

    def clean_date_of_birth(self) -> Any:
        born = self.cleaned_data["date_of_birth"]
        if born and born.year < 1900:
            raise ValidationError(_("The date of birth is before 1900. Check the year."))
        return born

    def changes(self) -> dict[str, Any]:
        """As the services take them: the extension apart, nothing instead of empty text."""
        found = super().changes()
        if "phone" in found:
            number, _mark, extension = str(found["phone"]).partition(" x")
            found |= {"phone": number, "phone_extension": extension}
        return {
            name: None if value == "" and name != "phone_extension" else value
            for name, value in found.items()
        }

    def twin(self) -> Customer | None:
        """The customer who already has the phone or the e-mail that was typed."""
        taken = {"phone", "email"} & set(self.errors)
        for name in sorted(taken, reverse=True):
            value = self.cleaned_by(name)
            if value:
                lookup = {"phone": value} if name == "phone" else {"email__iexact": value}
                others = Customer.objects.filter(**lookup)
                if self.record is not None:
                    others = others.exclude(pk=self.record.pk)
                if found := others.first():
                    return found
        return None

    def cleaned_by(self, name: str) -> str:
        """The stored form of what was typed into `name`, though the field was refused."""
        try:
            return str(self.fields[name].clean(self[name].value()) or "").partition(" x")[0]
        except ValidationError:
            return ""


class NoteForm(PageForm):
    text = forms.CharField(
        label=_("New note"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("The note is empty. Write something.")},
    )


class EraseForm(PageForm):
    reason = CleanedField(
        label=_("Why"),
        max_length=200,
        cleaner=cleaning.clean_line,
        help_text=_("For example “asked for deletion by letter”. It stays in the audit trail."),
        error_messages={"required": _("Anonymising needs a reason. Say why.")},
    )
    sure = forms.BooleanField(
        label=_("I know that this cannot be undone"),
        error_messages={"required": _("Tick the box: nobody can bring the person back.")},
    )
