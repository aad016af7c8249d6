from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeDateTimeFilter

from crm.admin.base import ServiceAdmin, StreamedExport
from crm.exceptions import Refused
from crm.export_columns import APPOINTMENTS
from crm.models import Appointment, User
from crm.roles import can
from crm.services.appointments import (
    book_appointment,
    check_in,
    confirm,
    mark_no_show,
    move_appointment,
    start_work,
    update_appointment,
)

_PLACE = {
    "scheduled_at": "scheduled_at",
    "duration_minutes": "duration_minutes",
    "assigned_technician": "technician",
    "service_bay": "bay",
}
_FIXED = ("customer", "vehicle", "booking_method", "booked_by")


@admin.register(Appointment)
class AppointmentAdmin(StreamedExport, ServiceAdmin):
    """The status moves by the actions only; cancelling and completing, which ask for a reason or
    for lines, are on the appointment's page."""

    list_display = (
        "scheduled_at", "customer", "vehicle", "service_type", "status", "service_bay",
        "assigned_technician", "advisor",
    )  # fmt: skip
    list_filter = (
        "status",
        "service_category",
        "booking_method",
        ("scheduled_at", RangeDateTimeFilter),
    )
    list_select_related = (
        "customer", "vehicle", "service_bay", "assigned_technician", "advisor",
    )  # fmt: skip
    ordering = ("-scheduled_at", "id")
    search_fields = ("service_bay__code",)
    search_customer_path = "customer_id"
    search_help_text = "Customer's name, phone, plate, VIN or RO number; code of the bay"
    autocomplete_fields = ("customer", "vehicle", "assigned_technician", "service_bay", "advisor")
    readonly_fields = (
        "status", "cancellation_reason", "confirmation_sent", "reminder_sent", "actual_cost",
        "arrived_at", "started_at", "completed_at", "calendar_event_id", "batch", "created_at",
        "updated_at",
    )  # fmt: skip
    actions = ("confirm_all", "check_in_all", "start_all", "no_show_all")
    export_name = "appointments"
    export_columns = APPOINTMENTS
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "version",
                    ("customer", "vehicle"),
                    "scheduled_at",
                    "duration_minutes",
                    ("service_bay", "assigned_technician", "advisor"),
                    ("status", "cancellation_reason"),
                )
            },
        ),
        (
            "Work",
            {
                "fields": (
                    ("service_type", "service_category"),
                    "service_description",
                    "customer_concerns",
                    "recommended_services",
                    ("estimated_cost", "actual_cost"),
                    "transport",
                    "promised_at",
                )
            },
        ),
        (
            "Course",
            {
                "fields": (
                    ("booking_method", "booked_by"),
                    ("confirmation_sent", "reminder_sent"),
                    ("arrived_at", "started_at", "completed_at"),
                    ("calendar_event_id", "batch"),
                    ("created_at", "updated_at"),
                )
            },
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*self.readonly_fields, *_FIXED) if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Appointments are cancelled, with a reason."""
        return False

    def create(self, request: HttpRequest, data: Mapping[str, Any]) -> Appointment:
        known = ("customer", "vehicle", "service_type", "advisor", "booking_method", "booked_by")
        named = {name: data[name] for name in known if name in data}
        place = {_PLACE[name]: data[name] for name in _PLACE if name in data}
        rest = {n: v for n, v in data.items() if n not in named and n not in _PLACE}
        if isinstance(request.user, User):
            named.setdefault("booked_by", request.user.get_username())
        return book_appointment(**named, **place, data=rest)

    def update(self, record: Appointment, data: Mapping[str, Any], version: Any) -> Appointment:
        place = {_PLACE[name]: value for name, value in data.items() if name in _PLACE}
        rest = {name: value for name, value in data.items() if name not in _PLACE}
        if place:
            place.setdefault("scheduled_at", record.scheduled_at)
            record = move_appointment(appointment=record, expected_version=version, **place)
            version = None
        if rest or not place:
            record = update_appointment(appointment=record, data=rest, expected_version=version)
        return record

    def has_work_permission(self, request: HttpRequest) -> bool:
        return can(request.user, "appointments:work")

    @admin.action(description="Confirm", permissions=["work"])
    def confirm_all(self, request: HttpRequest, queryset: QuerySet[Appointment]) -> None:
        self._each(request, queryset, confirm)

    @admin.action(description="Check in", permissions=["work"])
    def check_in_all(self, request: HttpRequest, queryset: QuerySet[Appointment]) -> None:
        self._each(request, queryset, check_in)

    @admin.action(description="Start work", permissions=["work"])
    def start_all(self, request: HttpRequest, queryset: QuerySet[Appointment]) -> None:
        self._each(request, queryset, start_work)

    @admin.action(description="Mark as no-show", permissions=["work"])
    def no_show_all(self, request: HttpRequest, queryset: QuerySet[Appointment]) -> None:
        self._each(request, queryset, mark_no_show)

    def _each(
        self,
        request: HttpRequest,
        queryset: QuerySet[Appointment],
        step: Callable[..., Appointment],
    ) -> None:
        """Take the step with each; say which ones it was refused to."""
        done = 0
        for appointment in queryset.select_related("customer"):
            try:
                with transaction.atomic():
                    step(appointment=appointment)
                done += 1
            except Refused as refused:
                messages.error(request, f"{appointment.customer}: {refused}")
        if done:
            messages.success(request, f"{done} appointments were moved on.")
