"""What a change in the appointment book leaves to do: inside the transaction of that change."""

from datetime import timedelta

from django.urls import reverse

from crm.enums import AppointmentStatus as Status
from crm.enums import WorkKind
from crm.models import Appointment, WorkItem
from crm.services.reminders import plan_messages
from crm.services.worklist import add_work, close_work

# Later a no-show is no reason to call any more.
NO_SHOW_DAYS = 14


def follow_up(appointment: Appointment, *, previous: str) -> None:
    """Plan messages, and make or close work. `previous` is the status before, "" for a booking."""
    if appointment.status in (Status.SCHEDULED, Status.CONFIRMED):
        is_news = appointment.status == Status.SCHEDULED
        plan_messages(appointment=appointment, confirm=is_news)
        if previous == "":
            _close_no_shows(appointment)
    if appointment.status == Status.NO_SHOW:
        _add_no_show(appointment)
    elif previous == Status.NO_SHOW:
        close_work(key=_no_show_key(appointment), outcome="done")


def _no_show_key(appointment: Appointment) -> str:
    return f"no_show:{appointment.pk}:{appointment.scheduled_at:%Y%m%d%H%M}"


def _add_no_show(appointment: Appointment) -> None:
    add_work(
        key=_no_show_key(appointment),
        kind=WorkKind.NO_SHOW,
        customer_id=appointment.customer_id,
        vehicle_id=appointment.vehicle_id,
        title=f"Missed: {appointment.service_type}",
        reason="Did not come; offer another time.",
        value=appointment.estimated_cost,
        expires_at=appointment.scheduled_at + timedelta(days=NO_SHOW_DAYS),
        url=reverse("appointment", args=[appointment.pk]),
        batch=appointment.batch,
    )


def _close_no_shows(appointment: Appointment) -> None:
    """Whoever has booked again need not be called about the visit that they missed."""
    missed = WorkItem.objects.open().filter(
        customer_id=appointment.customer_id, kind=WorkKind.NO_SHOW
    )
    for key in missed.values_list("key", flat=True):
        close_work(key=key, outcome="appointment_set")
