"""The words of confirmations and reminders, with the visit as a calendar entry."""

from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from icalendar import Calendar, Event

from crm.enums import MessageKind
from crm.models import Appointment
from jobs.registry import shop_zone


@dataclass(frozen=True)
class Letter:
    """`body` for e-mail, `short` for a text message, `spoken` for an artificial voice."""

    subject: str
    body: str
    short: str
    spoken: str
    attachments: tuple[tuple[str, bytes, str], ...]


def compose(appointment: Appointment, *, kind: str) -> Letter:
    """What to write about `appointment`; times are the shop's clock."""
    local = appointment.scheduled_at.astimezone(shop_zone())
    context: dict[str, Any] = {
        "appointment": appointment,
        "customer": appointment.customer,
        "vehicle": appointment.vehicle,
        "dealership": settings.DEALERSHIP_NAME,
        "day": f"{local:%A, %B %-d}",
        "clock": f"{local:%-I:%M %p}",
        "is_reminder": kind == MessageKind.REMINDER,
    }
    what = "Reminder: your" if kind == MessageKind.REMINDER else "Your"
    return Letter(
        subject=f"{what} appointment on {context['day']} at {context['clock']}",
        body=render_to_string("crm/mail/appointment.txt", context),
        short=_short(context),
        spoken=_short(context | {"is_spoken": True}),
        attachments=(("appointment.ics", calendar_entry(appointment), "text/calendar"),),
    )


def _short(context: dict[str, Any]) -> str:
    return render_to_string("crm/mail/appointment_short.txt", context).strip()


def calendar_entry(appointment: Appointment) -> bytes:
    """The visit as an RFC 5545 calendar with one event, whose UID stays when it is moved."""
    event = Event()
    event.add("uid", f"{appointment.pk}@lanewise")
    event.add("dtstamp", timezone.now())
    event.add("dtstart", appointment.scheduled_at.astimezone(UTC))
    event.add("dtend", appointment.ends_at.astimezone(UTC))
    event.add("summary", f"{appointment.service_type} at {settings.DEALERSHIP_NAME}")
    calendar = Calendar()
    calendar.add("prodid", "-//Lanewise//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return bytes(calendar.to_ical())
