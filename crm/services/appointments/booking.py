"""Booking and moving: a time, a bay and a technician that nobody else has."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final

from django.utils import timezone

from crm.constraints import translated
from crm.context import audited
from crm.enums import AppointmentStatus as Status
from crm.enums import BookingMethod
from crm.exceptions import IllegalTransition, Invalid, ShopClosed, SlotTaken
from crm.models import Appointment, Customer, DataBatch, ServiceBay, Technician, User, Vehicle
from crm.services.appointments.holding import held, hold_book
from crm.services.appointments.status import announce_change
from crm.services.availability import opening_hours, usable_bays, usable_technicians
from crm.services.writing import assign, save_changes
from jobs.registry import shop_zone


class Keep(Enum):
    """Marks an argument that was not given, where None means "nobody"."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP

DETAILS = frozenset(
    {
        "vehicle",
        "service_type",
        "service_category",
        "service_description",
        "customer_concerns",
        "recommended_services",
        "estimated_cost",
        "actual_cost",
        "calendar_event_id",
        "advisor",
        "transport",
        "promised_at",
        "confirmation_sent",
        "reminder_sent",
    }
)


@dataclass(frozen=True)
class Booking:
    """Where and when: what booking and moving have in common."""

    scheduled_at: datetime
    duration_minutes: int
    technician: Technician | None
    bay: ServiceBay | None


def book_appointment(
    *,
    customer: Customer,
    vehicle: Vehicle | None = None,
    scheduled_at: datetime,
    service_type: str,
    duration_minutes: int = 60,
    technician: Technician | None = None,
    bay: ServiceBay | None = None,
    advisor: User | None = None,
    data: Mapping[str, Any] | None = None,
    booking_method: str = BookingMethod.PHONE,
    booked_by: str = "",
    assign_free: bool = True,
    enforce_hours: bool = True,
    batch: DataBatch | None = None,
) -> Appointment:
    """A scheduled appointment.

    With `assign_free` an omitted bay or technician is picked from those free at that time, the
    least busy first. `data` takes further fields of DETAILS. Raises SlotTaken, ShopClosed,
    Invalid; two bookings of one slot at the same time end in one appointment and one SlotTaken.
    """
    _check_bookable(customer, vehicle, scheduled_at)
    appointment = Appointment(
        customer=customer,
        vehicle=vehicle,
        service_type=service_type.strip(),
        advisor=advisor or customer.preferred_service_advisor,
        booking_method=booking_method,
        booked_by=booked_by or None,
        batch=batch,
    )
    assign(appointment, data or {}, DETAILS)
    wanted = Booking(scheduled_at, duration_minutes, technician, bay)
    if enforce_hours:
        _check_hours(wanted)
    with audited(), translated():
        hold_book()
        _place(appointment, wanted, assign_free=assign_free)
        appointment.save(force_insert=True)
        appointment.refresh_from_db()
        announce_change(appointment, previous="")
    return appointment


def update_appointment(
    *,
    appointment: Appointment,
    data: Mapping[str, Any],
    expected_version: datetime | None = None,
) -> Appointment:
    """Change details (fields of DETAILS); time, place and status have services of their own."""
    with audited(), translated():
        fresh = held(appointment, expected_version)
        save_changes(fresh, assign(fresh, data, DETAILS))
    return fresh


def move_appointment(
    *,
    appointment: Appointment,
    scheduled_at: datetime,
    duration_minutes: int | None = None,
    technician: Technician | Keep | None = KEEP,
    bay: ServiceBay | Keep | None = KEEP,
    enforce_hours: bool = True,
    expected_version: datetime | None = None,
) -> Appointment:
    """Another time, bay or technician; the old slot becomes free in the same transaction.

    KEEP leaves the bay or technician as they are, None picks any free one. A moved appointment
    has to be confirmed anew.
    """
    with audited(), translated():
        fresh = held(appointment, expected_version)
        if fresh.status not in (Status.SCHEDULED, Status.CONFIRMED):
            raise IllegalTransition(
                f"An appointment that is {fresh.get_status_display().lower()} cannot be moved.",
                remedy="Book a new one.",
            )
        wanted = Booking(
            scheduled_at,
            duration_minutes or fresh.duration_minutes,
            fresh.assigned_technician if technician is KEEP else technician,
            fresh.service_bay if bay is KEEP else bay,
        )
        if scheduled_at < timezone.now():
            raise Invalid("This time is past.", field="scheduled_at", remedy="Choose a later one.")
        if enforce_hours:
            _check_hours(wanted)
        _place(fresh, wanted, assign_free=True)
        fresh.promised_at = None if _promise_broken(fresh) else fresh.promised_at
        fresh.status = Status.SCHEDULED
        fresh.confirmation_sent = fresh.reminder_sent = False
        fresh.save()
        fresh.refresh_from_db()
        announce_change(fresh, previous=appointment.status)
    return fresh


def _check_bookable(customer: Customer, vehicle: Vehicle | None, scheduled_at: datetime) -> None:
    if customer.is_anonymised:
        raise Invalid("This customer was anonymised.", field="customer", remedy="Choose another.")
    if vehicle is not None and vehicle.customer_id != customer.pk:
        raise Invalid(
            "This vehicle belongs to another customer.",
            field="vehicle",
            remedy="Choose one of the customer's, or change its owner first.",
        )
    if timezone.is_naive(scheduled_at):
        raise Invalid(
            "The time has no zone.", field="scheduled_at", remedy="Add an offset, e.g. -05:00."
        )


def _check_hours(wanted: Booking) -> None:
    day = wanted.scheduled_at.astimezone(shop_zone()).date()
    hours = opening_hours(day, day).get(day)
    if hours is None:
        raise ShopClosed(
            f"The shop is closed on {day:%A, %B %-d}.",
            field="scheduled_at",
            remedy="Choose another day.",
        )
    ends = wanted.scheduled_at + timedelta(minutes=wanted.duration_minutes)
    if wanted.scheduled_at < hours.opens or ends > hours.closes:
        opens, closes = (t.astimezone(shop_zone()) for t in (hours.opens, hours.closes))
        raise ShopClosed(
            f"The shop is open from {opens:%-I:%M %p} to {closes:%-I:%M %p} that day; "
            "the visit must fit in.",
            field="scheduled_at",
            remedy="Choose another time or a shorter visit.",
        )


def _place(appointment: Appointment, wanted: Booking, *, assign_free: bool) -> None:
    """Put time and place on the appointment; pick what is missing.

    What somebody asked for by name is kept and left to the exclusion constraint to refuse.
    """
    ends = wanted.scheduled_at + timedelta(minutes=wanted.duration_minutes)
    busy = list(
        Appointment.objects.active()
        .exclude(pk=appointment.pk)
        .filter(scheduled_at__gt=wanted.scheduled_at - timedelta(hours=24), scheduled_at__lt=ends)
        .values_list("scheduled_at", "duration_minutes", "service_bay", "assigned_technician")
    )
    overlapping = [
        (bay, technician)
        for starts, minutes, bay, technician in busy
        if starts + timedelta(minutes=minutes) > wanted.scheduled_at
    ]
    appointment.scheduled_at = wanted.scheduled_at
    appointment.duration_minutes = wanted.duration_minutes
    appointment.service_bay = wanted.bay
    appointment.assigned_technician = wanted.technician
    if assign_free and wanted.bay is None:
        codes = _least_booked(
            usable_bays(appointment.service_category), overlapping, busy, column=0
        )
        appointment.service_bay_id = _first_free(codes, "service_bay", "bay")
    if assign_free and wanted.technician is None:
        keys = _least_booked(
            usable_technicians(appointment.service_category), overlapping, busy, column=1
        )
        appointment.assigned_technician_id = _first_free(keys, "assigned_technician", "technician")


def _least_booked(
    candidates: list[Any], overlapping: list[Any], busy: list[Any], *, column: int
) -> list[Any]:
    """Free candidates, those with the fewest appointments around that time first."""
    taken = {row[column] for row in overlapping}
    load = [row[2 + column] for row in busy]
    return sorted((c for c in candidates if c not in taken), key=load.count)


def _first_free(candidates: list[Any], field: str, noun: str) -> Any:
    if not candidates:
        raise SlotTaken(
            f"No {noun} is free at that time.", field=field, remedy="Choose another time."
        )
    return candidates[0]


def _promise_broken(appointment: Appointment) -> bool:
    return (
        appointment.promised_at is not None and appointment.promised_at < appointment.scheduled_at
    )
