"""Forms of the call log: filters, a call logged by hand, what is said about one afterwards."""

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm import cleaning, phones
from crm.enums import ContactPurpose
from crm.forms.base import CleanedField, EditForm, PageForm, date_field, number_field
from crm.forms.customers import advisors
from crm.forms.filters import FilterForm
from crm.models import Appointment, Customer, User
from telephony.enums import (
    AnsweredBy,
    CallOutcome,
    CallStatus,
    CallType,
    Direction,
    RecordingConsent,
    Sentiment,
)
from telephony.models import CallLog
from telephony.querysets import CallQuerySet

SHOWN_VISITS = 10
YES_NO = (("", _("Not said")), ("yes", _("Yes")), ("no", _("No")))


class CallFilter(FilterForm):
    STATES = (
        ("", _("All calls")),
        ("answered", _("Answered")),
        ("missed", _("Missed")),
        ("voicemail", _("Voicemails")),
        ("open", _("Going on")),
        ("unmatched", _("Unknown callers")),
    )
    q = forms.CharField(label=_("Number or name"), required=False, max_length=100)
    state = forms.ChoiceField(label=_("Show"), required=False, choices=STATES)
    direction = forms.ChoiceField(
        label=_("Direction"), required=False, choices=[("", _("Both")), *Direction.choices]
    )
    outcome = forms.ChoiceField(
        label=_("Outcome"), required=False, choices=[("", _("Any")), *CallOutcome.choices]
    )
    sentiment = forms.ChoiceField(
        label=_("Sentiment"), required=False, choices=[("", _("Any")), *Sentiment.choices]
    )
    advisor = forms.ModelChoiceField(
        label=_("Advisor"), queryset=advisors(), required=False, empty_label=_("Any")
    )
    since = date_field(_("From"), required=False)
    until = date_field(_("Until"), required=False)

    def apply(self, calls: CallQuerySet) -> QuerySet[CallLog]:
        wanted = self.wanted()
        simple = {
            "direction": "direction",
            "outcome": "outcome",
            "sentiment": "customer_sentiment",
            "advisor": "advisor",
        }
        calls = calls.filter(
            **{field: wanted[name] for name, field in simple.items() if name in wanted}
        )
        calls = self._in_state(calls, wanted.get("state", ""))
        if "since" in wanted:
            calls = calls.from_day(wanted["since"])
        if "until" in wanted:
            calls = calls.until_day(wanted["until"])
        text = self.cleaned_data.get("q", "").strip()
        return calls.filter(_about(text)) if text else calls

    @staticmethod
    def _in_state(calls: CallQuerySet, state: str) -> CallQuerySet:
        if state == "answered":
            return calls.filter(answered_by__isnull=False)
        if state == "voicemail":
            return calls.filter(is_voicemail=True)
        if state in ("missed", "open", "unmatched"):
            chosen: CallQuerySet = getattr(calls, state)()
            return chosen
        return calls


def _about(text: str) -> Q:
    """Calls of a number (whole, or its last digits) or of a customer by last or whole name."""
    digits = phones.digits(text)
    if len(digits) >= 4 and not any(char.isalpha() for char in text):
        return Q(caller_phone__endswith=digits)
    return Q(customer__last_name__istartswith=text) | Q(customer__name__istartswith=text)


class WrapUpForm(EditForm):
    """What a person says about a call."""

    outcome = forms.ChoiceField(
        label=_("Outcome"), required=False, choices=[("", _("Not said")), *CallOutcome.choices]
    )
    call_type = forms.ChoiceField(
        label=_("About"), required=False, choices=[("", _("Not said")), *CallType.choices]
    )
    issue_resolved = forms.TypedChoiceField(
        label=_("Settled"),
        required=False,
        choices=YES_NO,
        coerce=lambda text: text == "yes",
        empty_value=None,
    )
    appointment = forms.ModelChoiceField(
        label=_("Appointment"),
        queryset=Appointment.objects.none(),
        required=False,
        empty_label=_("None"),
    )
    summary = forms.CharField(
        label=_("What was said"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    customer_sentiment = forms.ChoiceField(
        label=_("Sentiment"), required=False, choices=[("", _("Not said")), *Sentiment.choices]
    )
    intent_detected = CleanedField(
        label=_("Wish"), required=False, max_length=100, cleaner=cleaning.clean_line
    )
    advisor = forms.ModelChoiceField(
        label=_("Advisor"), queryset=advisors(), required=False, empty_label=_("Nobody")
    )
    recording_consent = forms.ChoiceField(
        label=_("Recording"),
        choices=RecordingConsent,
        help_text=_("“Refused” deletes the recording and the transcript for good."),
    )

    groups = (
        (_("Result"), ("outcome", "call_type", "issue_resolved", "appointment", "summary")),
        (
            _("Details"),
            ("customer_sentiment", "intent_detected", "advisor", "recording_consent"),
        ),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.offer("appointment", visits_of(self.record.customer_id))

    @classmethod
    def values_of(cls, record: Any) -> dict[str, Any]:
        settled = {True: "yes", False: "no", None: ""}[record.issue_resolved]
        return super().values_of(record) | {
            "issue_resolved": settled,
            "advisor": record.advisor_id,
            "appointment": record.appointment_id,
        }


def visits_of(customer_id: Any) -> QuerySet[Appointment]:
    """Visits of a customer that a call may have been about, the latest first."""
    if customer_id is None:
        return Appointment.objects.none()
    lately = timezone.now() - timedelta(days=60)
    found = Appointment.objects.filter(customer_id=customer_id, scheduled_at__gte=lately)
    return found.select_related("customer", "vehicle").order_by("-scheduled_at", "id")


class CallForm(PageForm):
    """A call that Lanewise did not see."""

    direction = forms.ChoiceField(label=_("Direction"), choices=Direction)
    caller_phone = CleanedField(
        label=_("Their number"),
        max_length=40,
        required=False,
        cleaner=lambda text: phones.parse(text)[0] if text else None,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )
    answered = forms.ChoiceField(
        label=_("Answered"), choices=(("yes", _("Yes")), ("no", _("Nobody answered")))
    )
    date = date_field(_("Day"))
    time = forms.TimeField(
        label=_("Time"), widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )
    minutes = number_field(_("Minutes"), maximum=600, required=False)
    outcome = WrapUpForm.base_fields["outcome"]
    call_type = WrapUpForm.base_fields["call_type"]
    summary = WrapUpForm.base_fields["summary"]

    groups = (
        (
            _("Call"),
            ("direction", "caller_phone", "answered", "date", "time", "minutes"),
        ),
        (_("Result"), ("outcome", "call_type", "summary")),
    )
    aliases = {"started_at": "time", "duration_seconds": "minutes"}

    def __init__(self, *args: Any, customer: Customer | None = None, **options: Any) -> None:
        now = timezone.localtime()
        initial = {
            "direction": Direction.OUTBOUND,
            "answered": "yes",
            "date": now.date(),
            "time": now.time().replace(second=0, microsecond=0),
            "caller_phone": phones.display(customer.phone) if customer else "",
        }
        options["initial"] = initial | options.get("initial", {})
        super().__init__(*args, **options)
        self.customer = customer

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.customer and not cleaned.get("caller_phone") and not self.errors:
            raise ValidationError({"caller_phone": _("Fill this in.")})
        return cleaned

    def data_of_call(self, user: User) -> dict[str, Any]:
        """As `services.calls.log_call` takes it."""
        said = self.cleaned_data
        began = timezone.datetime.combine(said["date"], said["time"])  # type: ignore[attr-defined]
        answered = said["answered"] == "yes"
        status = CallStatus.COMPLETED if answered else CallStatus.NO_ANSWER
        return {
            "direction": said["direction"],
            "caller_phone": said["caller_phone"] or (self.customer and self.customer.phone) or "",
            "customer": self.customer,
            "advisor": user,
            "status": status,
            "answered_by": AnsweredBy.PERSON if answered else None,
            "started_at": timezone.make_aware(began),
            "duration_seconds": (said["minutes"] or 0) * 60 if answered else 0,
            "outcome": said["outcome"],
            "call_type": said["call_type"],
            "summary": said["summary"],
        }


class PlaceForm(PageForm):
    """Who is to be called, and why. Of a customer the number is known; another one of theirs is
    given along."""

    number = forms.CharField(
        label=_("Number"),
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )
    purpose = forms.ChoiceField(
        label=_("What for"), choices=ContactPurpose, initial=ContactPurpose.SERVICE
    )

    def __init__(self, *args: Any, customer: Customer | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        if customer is not None:
            self.fields["number"].required = False
            self.fields["number"].widget = forms.HiddenInput()
