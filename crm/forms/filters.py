"""What lists can be narrowed down by. Every filter stands in the address of the page."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.enums import AppointmentStatus, ContactMethod, CustomerType, LineOutcome, Transport
from crm.forms.base import date_field
from crm.forms.customers import advisors
from crm.models import Appointment, Customer, ServiceBay, ServiceLine, Technician, Vehicle
from crm.querysets import shop_day


class FilterForm(forms.Form):
    """Filters that ignore what they cannot read and say so at the field."""

    use_required_attribute = False

    def wanted(self) -> dict[str, Any]:
        """The filters that were set and understood."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value and name != "q"}


class CustomerFilter(FilterForm):
    q = forms.CharField(label=_("Find"), required=False, max_length=200)
    type = forms.ChoiceField(
        label=_("Type"), required=False, choices=[("", _("All types")), *CustomerType.choices]
    )
    contact = forms.ChoiceField(
        label=_("Prefers"), required=False, choices=[("", _("Any contact")), *ContactMethod.choices]
    )
    advisor = forms.ModelChoiceField(
        label=_("Advisor"), queryset=advisors(), required=False, empty_label=_("Any")
    )
    make = forms.CharField(label=_("Vehicle make"), required=False, max_length=50)
    since = date_field(_("Customer since"), required=False)
    declined = forms.BooleanField(label=_("Open declined work"), required=False)

    def apply(self, customers: QuerySet[Customer]) -> QuerySet[Customer]:
        wanted = self.wanted()
        simple = {
            "type": "customer_type",
            "contact": "preferred_contact_method",
            "advisor": "preferred_service_advisor",
            "since": "customer_since__gte",
        }
        customers = customers.filter(
            **{field: wanted[name] for name, field in simple.items() if name in wanted}
        )
        if "make" in wanted:
            owned = Vehicle.objects.filter(customer=OuterRef("pk"), make__iexact=wanted["make"])
            customers = customers.filter(Exists(owned))
        if "declined" in wanted:
            refused = ServiceLine.objects.refused().filter(vehicle__customer=OuterRef("pk"))
            customers = customers.filter(Exists(refused))
        return customers


class AppointmentFilter(FilterForm):
    WHEN = (
        ("", _("From today")),
        ("upcoming", _("From now")),
        ("today", _("Today")),
        ("tomorrow", _("Tomorrow")),
        ("week", _("Next 7 days")),
        ("past", _("Past")),
        ("any", _("Any time")),
    )
    when = forms.ChoiceField(label=_("When"), required=False, choices=WHEN)
    day = date_field(_("Day"), required=False)
    status = forms.MultipleChoiceField(
        label=_("Status"), required=False, choices=AppointmentStatus.choices
    )
    transport = forms.ChoiceField(
        label=_("Transportation"), required=False, choices=[("", _("Any")), *Transport.choices]
    )
    technician = forms.ModelChoiceField(
        label=_("Technician"),
        queryset=Technician.objects.all(),
        required=False,
        empty_label=_("Any"),
    )
    bay = forms.ModelChoiceField(
        label=_("Bay"), queryset=ServiceBay.objects.all(), required=False, empty_label=_("Any")
    )
    late = forms.BooleanField(label=_("Late"), required=False)

    def apply(self, appointments: QuerySet[Appointment]) -> QuerySet[Appointment]:
        wanted = self.wanted()
        simple = {
            "status": "status__in",
            "transport": "transport",
            "technician": "assigned_technician",
            "bay": "service_bay",
        }
        appointments = appointments.filter(
            **{field: wanted[name] for name, field in simple.items() if name in wanted}
        )
        if "late" in wanted:
            now = timezone.now()
            start, end = shop_day(timezone.localdate())
            appointments = appointments.late(now).filter(scheduled_at__range=(start, end))  # type: ignore[attr-defined]
        if "day" in wanted:
            return appointments.on_day(wanted["day"])  # type: ignore[attr-defined]
        return appointments.filter(self._period(wanted.get("when", "")))

    @staticmethod
    def _period(when: str) -> Q:
        today = timezone.localdate()
        periods = {"today": (0, 1), "tomorrow": (1, 2), "week": (0, 7)}
        if when in periods:
            first, last = (today + timedelta(days=days) for days in periods[when])
            return Q(scheduled_at__gte=shop_day(first)[0], scheduled_at__lt=shop_day(last)[0])
        now = timezone.now()
        return {
            "upcoming": Q(scheduled_at__gte=now),
            "past": Q(scheduled_at__lt=now),
            "any": Q(),
        }.get(when, Q(scheduled_at__gte=shop_day(today)[0]))


class WorkFilter(FilterForm):
    """Declined and deferred work."""

    outcome = forms.ChoiceField(
        label=_("Outcome"),
        required=False,
        choices=[
            ("", _("Declined and deferred")),
            (LineOutcome.DECLINED, LineOutcome.DECLINED.label),
            (LineOutcome.DEFERRED, LineOutcome.DEFERRED.label),
        ],
    )
    due = forms.BooleanField(label=_("Due now"), required=False)
    closed = forms.BooleanField(label=_("Closed by hand"), required=False)
    make = forms.CharField(label=_("Vehicle make"), required=False, max_length=50)

    def apply(self, lines: QuerySet[ServiceLine]) -> QuerySet[ServiceLine]:
        """Those of `lines` that are wanted; open ones, unless closed ones are asked for."""
        wanted = self.wanted()
        lines = lines.closed() if "closed" in wanted else lines.refused()  # type: ignore[attr-defined]
        if "due" in wanted:
            lines = lines.due(timezone.localdate())  # type: ignore[attr-defined]
        if "outcome" in wanted:
            lines = lines.filter(outcome=wanted["outcome"])
        if "make" in wanted:
            lines = lines.filter(vehicle__make__iexact=wanted["make"])
        return lines


class SavedFilterForm(forms.Form):
    """What to keep of a list, and for whom."""

    page = forms.CharField(max_length=60)
    name = forms.CharField(max_length=60)
    query = forms.CharField(required=False, max_length=2000)
    shared = forms.BooleanField(required=False)
