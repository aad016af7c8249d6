"""Filters of the API's lists. Times without an offset are the shop's."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Right
from django.utils import timezone
from django_filters import (
    CharFilter,
    ChoiceFilter,
    IsoDateTimeFilter,
    MultipleChoiceFilter,
    UUIDFilter,
)
from django_filters.rest_framework import FilterSet

from crm import phones, vin
from crm.enums import (
    AppointmentStatus,
    AuditAction,
    BookingMethod,
    Channel,
    ConsentBasis,
    ContactMethod,
    ContactPurpose,
    CustomerType,
    DeliveryStatus,
    Direction,
    LineOutcome,
    Role,
    ServiceCategory,
    VehicleStatus,
    WorkKind,
)
from crm.querysets import AppointmentQuerySet, ServiceLineQuerySet, shop_day
from crm.rest.filters import CalendarDateFilter, ChangedSince, TrueFalseFilter, WholeNumberFilter


class CustomerFilter(ChangedSince):
    """Customers."""

    phone = CharFilter(method="by_phone", label="A whole number in any notation.", max_length=40)
    email = CharFilter(lookup_expr="iexact", max_length=200)
    last_name = CharFilter(lookup_expr="iexact", max_length=100)
    city = CharFilter(lookup_expr="iexact", max_length=100)
    state = CharFilter(lookup_expr="iexact", max_length=2)
    zip_code = CharFilter(max_length=10)
    customer_type = ChoiceFilter(choices=CustomerType.choices)
    preferred_contact_method = ChoiceFilter(choices=ContactMethod.choices)
    preferred_service_advisor = WholeNumberFilter()
    receive_reminders = TrueFalseFilter()
    receive_promotions = TrueFalseFilter()
    anonymised = TrueFalseFilter(
        field_name="anonymised_at", lookup_expr="isnull", exclude=True, label="Anonymised ones?"
    )
    customer_since_from = CalendarDateFilter(field_name="customer_since", lookup_expr="gte")
    customer_since_until = CalendarDateFilter(field_name="customer_since", lookup_expr="lte")
    last_contact_before = IsoDateTimeFilter(field_name="last_contact_date", lookup_expr="lt")
    last_contact_from = IsoDateTimeFilter(field_name="last_contact_date", lookup_expr="gte")

    def by_phone(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        try:
            number, extension = phones.parse(value)
        except ValueError:
            return queryset.none()
        found = queryset.filter(phone=number)
        return found.filter(phone_extension=extension) if extension else found


class VehicleFilter(ChangedSince):
    """Vehicles."""

    customer = UUIDFilter(field_name="customer_id")
    vin = CharFilter(method="by_vin", label="The whole VIN or its last 8.", max_length=40)
    license_plate = CharFilter(lookup_expr="iexact", max_length=15)
    make = CharFilter(lookup_expr="iexact", max_length=50)
    model = CharFilter(lookup_expr="iexact", max_length=50)
    year = WholeNumberFilter()
    year_from = WholeNumberFilter(field_name="year", lookup_expr="gte")
    year_until = WholeNumberFilter(field_name="year", lookup_expr="lte")
    status = ChoiceFilter(choices=VehicleStatus.choices)
    purchased_from_us = TrueFalseFilter()
    is_primary_vehicle = TrueFalseFilter()

    def by_vin(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        wanted = vin.normalise(value)
        if len(wanted) != 8:
            return queryset.filter(vin=wanted)
        return queryset.alias(last8=Right("vin", 8)).filter(last8=wanted)


class AppointmentFilter(ChangedSince):
    """Appointments; `day`, `first` and `last` are dates of the shop's calendar."""

    day = CalendarDateFilter(method="on_day", label="Visits that begin on this day.")
    first = CalendarDateFilter(method="from_day", label="From this day on.")
    last = CalendarDateFilter(method="until_day", label="Until this day, inclusive.")
    scheduled_from = IsoDateTimeFilter(field_name="scheduled_at", lookup_expr="gte")
    scheduled_before = IsoDateTimeFilter(field_name="scheduled_at", lookup_expr="lt")
    status = MultipleChoiceFilter(choices=AppointmentStatus.choices)
    service_category = ChoiceFilter(choices=ServiceCategory.choices)
    booking_method = ChoiceFilter(choices=BookingMethod.choices)
    customer = UUIDFilter(field_name="customer_id")
    vehicle = UUIDFilter(field_name="vehicle_id")
    assigned_technician = UUIDFilter(field_name="assigned_technician_id")
    service_bay = CharFilter(field_name="service_bay_id", max_length=10)
    advisor = WholeNumberFilter()
    late = TrueFalseFilter(method="only_late", label="Due by now and not here yet.")

    def on_day(self, queryset: AppointmentQuerySet, name: str, value: date) -> Any:
        return queryset.on_day(value)

    def from_day(self, queryset: QuerySet[Any], name: str, value: date) -> QuerySet[Any]:
        return queryset.filter(scheduled_at__gte=shop_day(value)[0])

    def until_day(self, queryset: QuerySet[Any], name: str, value: date) -> QuerySet[Any]:
        return queryset.filter(scheduled_at__lt=shop_day(value)[1])

    def only_late(self, queryset: AppointmentQuerySet, name: str, value: bool) -> Any:
        late = queryset.late(timezone.now())
        return late if value else queryset.exclude(pk__in=late.values("pk"))


class RecordFilter(ChangedSince):
    """Service history."""

    vehicle = UUIDFilter(field_name="vehicle_id")
    customer = UUIDFilter(field_name="customer_id")
    ro_number = CharFilter(max_length=20)
    first = CalendarDateFilter(field_name="service_date", lookup_expr="gte")
    last = CalendarDateFilter(field_name="service_date", lookup_expr="lte")
    advisor = WholeNumberFilter()
    technician = UUIDFilter(field_name="technician_id")


class LineFilter(ChangedSince):
    """Lines; `refused=true` is declined or deferred work that nobody has done since."""

    vehicle = UUIDFilter(field_name="vehicle_id")
    customer = UUIDFilter(field_name="vehicle__customer_id")
    service_record = UUIDFilter(field_name="service_record_id")
    appointment = UUIDFilter(field_name="appointment_id")
    op_code = CharFilter(field_name="op_code_id", max_length=20)
    outcome = MultipleChoiceFilter(choices=LineOutcome.choices)
    refused = TrueFalseFilter(method="only_refused", label="Declined or deferred, still open.")
    due = TrueFalseFilter(method="only_due", label="Refused work whose time has come.")

    def only_refused(self, queryset: ServiceLineQuerySet, name: str, value: bool) -> Any:
        refused = queryset.refused()
        return refused if value else queryset.exclude(pk__in=refused.values("pk"))

    def only_due(self, queryset: ServiceLineQuerySet, name: str, value: bool) -> Any:
        due = queryset.due(timezone.localdate())
        return due if value else queryset.exclude(pk__in=due.values("pk"))


class ActiveFilter(FilterSet):
    """Technicians, bays and op codes."""

    is_active = TrueFalseFilter()


class UserFilter(FilterSet):
    """People."""

    role = ChoiceFilter(choices=Role.choices)


class AuditFilter(FilterSet):
    """The audit trail."""

    table_name = CharFilter(max_length=63)
    row_id = CharFilter(max_length=36)
    customer = UUIDFilter(field_name="customer_id")
    action = ChoiceFilter(choices=AuditAction.choices)
    actor = WholeNumberFilter(field_name="actor_id")
    at_from = IsoDateTimeFilter(field_name="at", lookup_expr="gte")
    at_before = IsoDateTimeFilter(field_name="at", lookup_expr="lt")


class WebhookDeliveryFilter(FilterSet):
    """Deliveries of webhooks."""

    endpoint = UUIDFilter(field_name="endpoint_id")
    status = ChoiceFilter(choices=DeliveryStatus.choices)
    event = CharFilter(field_name="message__event", max_length=60)


class WorkItemFilter(ChangedSince):
    """The work list."""

    kind = MultipleChoiceFilter(choices=WorkKind.choices)
    purpose = ChoiceFilter(choices=ContactPurpose.choices)
    customer = UUIDFilter(field_name="customer_id")
    vehicle = UUIDFilter(field_name="vehicle_id")
    claimed_by = WholeNumberFilter()
    open = TrueFalseFilter(field_name="closed_at", lookup_expr="isnull", label="Not closed?")
    barred = TrueFalseFilter(
        field_name="barred", lookup_expr="exact", method="by_bar", label="May nobody be called?"
    )
    due_before = IsoDateTimeFilter(field_name="due_at", lookup_expr="lt")

    def by_bar(self, queryset: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        return queryset.exclude(barred="") if value else queryset.filter(barred="")


class ConsentFilter(FilterSet):
    """The consent ledger."""

    customer = UUIDFilter(field_name="customer_id")
    channel = ChoiceFilter(choices=Channel.choices)
    purpose = ChoiceFilter(choices=ContactPurpose.choices)
    basis = ChoiceFilter(choices=ConsentBasis.choices)
    revoked = TrueFalseFilter(
        field_name="revoked_at", lookup_expr="isnull", exclude=True, label="Opt-outs?"
    )


class ContactFilter(FilterSet):
    """Contacts."""

    customer = UUIDFilter(field_name="customer_id")
    channel = ChoiceFilter(choices=Channel.choices)
    direction = ChoiceFilter(choices=Direction.choices)
    purpose = ChoiceFilter(choices=ContactPurpose.choices)
    since = IsoDateTimeFilter(field_name="at", lookup_expr="gte")
    before = IsoDateTimeFilter(field_name="at", lookup_expr="lt")
