"""Confirmations and reminders: planned with the appointment, sent once, through the gate.

A message is a row (`OutboundMessage`) and a row of the outbox that is due with it; nothing waits
in a countdown. docs/permission.md, "Sent once", says why nothing goes out twice.
"""

from datetime import datetime, time, timedelta

from django.conf import settings
from django.utils import timezone

from crm.context import audited
from crm.enums import AppointmentStatus as Status
from crm.enums import BatchKind
from crm.enums import MessageKind as Kind
from crm.models import Appointment, OutboundMessage
from jobs.registry import shop_zone
from jobs.services import enqueue

SEND_TASK = "crm.send_message"
# A message that comes later than this before the visit helps nobody.
LATEST = timedelta(hours=1)
# Whoever books within a day has just heard when to come.
NEEDS_REMINDER = timedelta(hours=24)


def plan_messages(*, appointment: Appointment, confirm: bool = True) -> int:
    """Plan what is to be sent about this visit at its present time; how many are new.

    A confirmation at once (with `confirm`), and a reminder on the day before at REMINDER_HOUR,
    unless the visit is nearer than a day. Runs in the caller's transaction; planning twice plans
    once.
    """
    now = timezone.now()
    starts = appointment.scheduled_at
    due: dict[str, datetime] = {}
    if confirm and starts > now + LATEST:
        due[Kind.CONFIRMATION] = now
    if starts > now + NEEDS_REMINDER:
        due[Kind.REMINDER] = max(now, _day_before(starts))
    planned = set(
        OutboundMessage.objects.filter(appointment=appointment, slot=starts).values_list(
            "kind", flat=True
        )
    )
    messages = [
        OutboundMessage(appointment=appointment, kind=kind, slot=starts, due_at=at)
        for kind, at in due.items()
        if kind not in planned
    ]
    OutboundMessage.objects.bulk_create(messages)
    for message in messages:
        queue(message)
    return len(messages)


def plan_missing(*, first: datetime, last: datetime) -> int:
    """Plan reminders of visits that begin in [first, last) and came into the book past the
    services, by an import or SQL. Generated people are not written to."""
    appointments = (
        Appointment.objects.filter(
            status__in=[Status.SCHEDULED, Status.CONFIRMED],
            scheduled_at__gte=first,
            scheduled_at__lt=last,
            reminder_sent=False,
        )
        .exclude(batch__kind__in=[BatchKind.DEMO, BatchKind.SEED])
        .exclude(messages__kind=Kind.REMINDER)
    )
    with audited():
        return sum(plan_messages(appointment=found, confirm=False) for found in appointments)


def _day_before(starts: datetime) -> datetime:
    day = starts.astimezone(shop_zone()).date() - timedelta(days=1)
    return datetime.combine(day, time(settings.REMINDER_HOUR), tzinfo=shop_zone())


def queue(message: OutboundMessage) -> None:
    """Have the message sent when it is due; part of the caller's transaction."""
    due = message.due_at if message.due_at > timezone.now() else None
    enqueue(SEND_TASK, args={"message": str(message.pk)}, not_before=due)
