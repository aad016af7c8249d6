"""The one state machine of a visit: which status may follow which, and what each step does."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from crm import signals
from crm.constraints import translated
from crm.context import audited
from crm.enums import AppointmentStatus as Status
from crm.exceptions import IllegalTransition, Invalid
from crm.models import Appointment, ServiceRecord, Technician
from crm.services.appointments.holding import held
from crm.services.follow_up import follow_up
from crm.services.records import LineData, raise_mileage, write_record
from jobs.registry import shop_zone

TRANSITIONS: dict[str, frozenset[str]] = {
    Status.SCHEDULED: frozenset(
        {Status.CONFIRMED, Status.ARRIVED, Status.CANCELLED, Status.NO_SHOW}
    ),
    Status.CONFIRMED: frozenset({Status.ARRIVED, Status.CANCELLED, Status.NO_SHOW}),
    Status.ARRIVED: frozenset({Status.IN_PROGRESS, Status.CANCELLED}),
    Status.IN_PROGRESS: frozenset({Status.COMPLETED, Status.CANCELLED}),
    # Late after all: the desk marks a no-show too early, then the car rolls in.
    Status.NO_SHOW: frozenset({Status.ARRIVED}),
    Status.COMPLETED: frozenset(),
    Status.CANCELLED: frozenset(),
}


def allowed_moves(appointment: Appointment) -> list[str]:
    """Statuses that may follow the present one, in the order of the enum."""
    return [status for status in Status.values if status in TRANSITIONS[appointment.status]]


def change_status(
    *, appointment: Appointment, to: str, expected_version: datetime | None = None, **details: Any
) -> Appointment:
    """The one way a status changes: refuse what TRANSITIONS does not list, stamp the step.

    `details` are the keyword arguments of the step: `reason` of a cancellation, `mileage` of
    an arrival or completion, and what `complete_appointment` takes. Raises IllegalTransition.
    """
    with audited(reason=details.get("reason", "")), translated():
        fresh = held(appointment, expected_version)
        if to not in TRANSITIONS[fresh.status]:
            moves = [Status(move).label.lower() for move in allowed_moves(fresh)]
            raise IllegalTransition(
                f"“{fresh.get_status_display()}” cannot become “{Status(to).label}”.",
                field="status",
                remedy=f"Possible: {', '.join(map(str, moves))}." if moves else "It is closed.",
            )
        previous, fresh.status = fresh.status, to
        _STEPS[to](fresh, **details)
        fresh.save()
        fresh.refresh_from_db()
        announce_change(fresh, previous=previous)
    return fresh


def confirm(*, appointment: Appointment, expected_version: datetime | None = None) -> Appointment:
    return change_status(
        appointment=appointment, to=Status.CONFIRMED, expected_version=expected_version
    )


def check_in(
    *,
    appointment: Appointment,
    mileage: int | None = None,
    expected_version: datetime | None = None,
) -> Appointment:
    """The car is here; `mileage` as read off the odometer."""
    return change_status(
        appointment=appointment,
        to=Status.ARRIVED,
        expected_version=expected_version,
        mileage=mileage,
    )


def start_work(
    *, appointment: Appointment, expected_version: datetime | None = None
) -> Appointment:
    return change_status(
        appointment=appointment, to=Status.IN_PROGRESS, expected_version=expected_version
    )


def cancel_appointment(
    *, appointment: Appointment, reason: str, expected_version: datetime | None = None
) -> Appointment:
    return change_status(
        appointment=appointment,
        to=Status.CANCELLED,
        expected_version=expected_version,
        reason=reason,
    )


def mark_no_show(
    *, appointment: Appointment, expected_version: datetime | None = None
) -> Appointment:
    return change_status(
        appointment=appointment, to=Status.NO_SHOW, expected_version=expected_version
    )


def complete_appointment(
    *,
    appointment: Appointment,
    mileage: int | None = None,
    lines: Sequence[LineData] = (),
    ro_number: str | None = None,
    parts_replaced: Sequence[str] = (),
    next_service_type: str | None = None,
    next_service_due_date: date | None = None,
    next_service_due_mileage: int | None = None,
    technician: Technician | None = None,
    expected_version: datetime | None = None,
) -> ServiceRecord:
    """Close the visit: status, service record with its lines and the vehicle's mileage, all in
    one transaction. Planned lines of the appointment that `lines` leaves out are dropped.

    Raises Invalid for a mileage below the known one: it is read at the vehicle.
    """
    done = change_status(
        appointment=appointment,
        to=Status.COMPLETED,
        expected_version=expected_version,
        mileage=mileage,
        lines=lines,
        ro_number=ro_number,
        parts_replaced=parts_replaced,
        next_service_type=next_service_type,
        next_service_due_date=next_service_due_date,
        next_service_due_mileage=next_service_due_mileage,
        technician=technician,
    )
    return done.service_record


def _on_confirmed(appointment: Appointment) -> None:
    """Nothing to stamp: the status says it."""


def _on_arrived(appointment: Appointment, mileage: int | None = None) -> None:
    appointment.arrived_at = timezone.now()
    if mileage is not None and appointment.vehicle is not None:
        raise_mileage(appointment.vehicle, mileage)


def _on_started(appointment: Appointment) -> None:
    appointment.started_at = timezone.now()


def _on_cancelled(appointment: Appointment, reason: str = "") -> None:
    if not reason.strip():
        raise Invalid("Cancelling needs a reason.", field="cancellation_reason", remedy="Say why.")
    appointment.cancellation_reason = reason.strip()


def _on_no_show(appointment: Appointment) -> None:
    if appointment.scheduled_at > timezone.now():
        raise IllegalTransition(
            "The appointment has not begun yet.", remedy="Wait, or cancel it with a reason."
        )


def _on_completed(
    appointment: Appointment,
    *,
    technician: Technician | None = None,
    lines: Sequence[LineData] = (),
    mileage: int | None = None,
    **record: Any,
) -> None:
    if appointment.vehicle is None:
        raise Invalid(
            "No vehicle is on this appointment.", field="vehicle", remedy="Choose the vehicle."
        )
    if mileage is not None:
        raise_mileage(appointment.vehicle, mileage)
    appointment.completed_at = timezone.now()
    appointment.lines.all().delete()
    written = write_record(
        vehicle=appointment.vehicle,
        appointment=appointment,
        lines=lines,
        data={
            **record,
            "service_date": appointment.completed_at.astimezone(shop_zone()).date(),
            "mileage": mileage,
            "advisor": appointment.advisor,
            "technician": technician or appointment.assigned_technician,
        },
        batch=appointment.batch,
    )
    appointment.actual_cost = written.total_cost


_STEPS: dict[str, Any] = {
    Status.CONFIRMED: _on_confirmed,
    Status.ARRIVED: _on_arrived,
    Status.IN_PROGRESS: _on_started,
    Status.COMPLETED: _on_completed,
    Status.CANCELLED: _on_cancelled,
    Status.NO_SHOW: _on_no_show,
}


def announce_change(appointment: Appointment, *, previous: str) -> None:
    """Tell the apps above, and do what the change leaves to do."""
    follow_up(appointment, previous=previous)
    signals.announce(
        signals.appointment_changed,
        appointment_id=appointment.pk,
        status=appointment.status,
        previous=previous,
    )
