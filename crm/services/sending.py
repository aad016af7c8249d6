"""Sending one planned message, exactly once as far as anybody can know."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone

from crm.context import audited
from crm.enums import AppointmentStatus as Status
from crm.enums import Channel, ContactMethod, ContactPurpose, WorkKind
from crm.enums import MessageKind as Kind
from crm.enums import MessageStatus as Sending
from crm.messages import compose
from crm.models import Appointment, OutboundMessage
from crm.outbound import MaybeSent, NotSent, available
from crm.permission import Decision
from crm.services.outbound import deliver
from crm.services.permission import ContactBlocked
from crm.services.reminders import LATEST, SEND_TASK, queue
from crm.services.worklist import add_work
from jobs.models import Outbox

logger = logging.getLogger(__name__)

MOST_TRIES = 5
FIRST_PAUSE = timedelta(minutes=5)
# Channels in the order of trying, by what the customer prefers.
ORDERS = {
    ContactMethod.EMAIL: (Channel.EMAIL, Channel.TEXT),
    ContactMethod.TEXT: (Channel.TEXT, Channel.EMAIL),
    ContactMethod.PHONE: (Channel.AI_CALL, Channel.TEXT, Channel.EMAIL),
}
SENT_FLAG = {Kind.CONFIRMATION: "confirmation_sent", Kind.REMINDER: "reminder_sent"}


def send(*, message: OutboundMessage) -> OutboundMessage:
    """Send `message`, put it off, or end it; everything it changes is one transaction.

    Runs as the work of an outbox row, whose starts are counted before the work begins. When this
    is not the first start, an earlier one died and may have sent the message: that is a person's
    to find out, and never sent again.
    """
    with audited():
        row = OutboundMessage.objects.select_for_update().get(pk=message.pk)
        if row.status != Sending.PLANNED:
            return row
        appointment = Appointment.objects.select_related("customer").get(pk=row.appointment_id)
        if _was_started_before(row):
            return _hand_over(row, appointment, Sending.UNCERTAIN, "A worker died while sending.")
        if not _is_needed(row, appointment):
            return _end(row, Sending.DROPPED, "Moved, closed, sent before or too late.")
        return _try_channels(row, appointment)


def _was_started_before(message: OutboundMessage) -> bool:
    args = {"message": str(message.pk)}
    return Outbox.objects.waiting().filter(task=SEND_TASK, args=args, tries__gt=1).exists()


def _is_needed(message: OutboundMessage, appointment: Appointment) -> bool:
    return (
        appointment.status in (Status.SCHEDULED, Status.CONFIRMED)
        and appointment.scheduled_at == message.slot
        and not getattr(appointment, SENT_FLAG[Kind(message.kind)])
        and message.slot > timezone.now() + LATEST
    )


def _try_channels(message: OutboundMessage, appointment: Appointment) -> OutboundMessage:
    """Send over the first channel that is set up and allowed."""
    refusals: list[Decision] = []
    method = ContactMethod(appointment.customer.preferred_contact_method or ContactMethod.PHONE)
    for channel in ORDERS[method]:
        if channel not in available():
            continue
        try:
            return _send_over(message, appointment, channel)
        except ContactBlocked as blocked:
            refusals.append(blocked.decision)
    return _wait_or_give_up(message, appointment, refusals)


def _send_over(message: OutboundMessage, appointment: Appointment, channel: str) -> OutboundMessage:
    """Raises ContactBlocked; every other fault ends in a state of the message."""
    letter = compose(appointment, kind=message.kind)
    try:
        deliver(
            customer=appointment.customer,
            channel=channel,
            purpose=ContactPurpose.REMINDER,
            subject=letter.subject,
            body=letter.body if channel == Channel.EMAIL else letter.short,
            key=f"message:{message.pk}",
            attachments=letter.attachments if channel == Channel.EMAIL else (),
        )
    except NotSent as error:
        return _try_again(message, appointment, str(error))
    except MaybeSent as error:
        return _hand_over(message, appointment, Sending.UNCERTAIN, str(error))
    Appointment.objects.filter(pk=appointment.pk).update(**{SENT_FLAG[Kind(message.kind)]: True})
    message.sent_at, message.channel = timezone.now(), channel
    return _end(message, Sending.SENT, "")


def _try_again(message: OutboundMessage, appointment: Appointment, why: str) -> OutboundMessage:
    message.tries += 1
    later = timezone.now() + FIRST_PAUSE * 2 ** (message.tries - 1)
    if message.tries < MOST_TRIES and later < message.slot - LATEST:
        return _put_off(message, later, why)
    return _hand_over(message, appointment, Sending.FAILED, why)


def _wait_or_give_up(
    message: OutboundMessage, appointment: Appointment, refusals: Sequence[Decision]
) -> OutboundMessage:
    """Nothing is allowed now: later, if that is early enough, else a person sees to it."""
    times = [decision.allowed_from for decision in refusals if decision.allowed_from]
    if times and min(times) < message.slot - LATEST:
        return _put_off(message, min(times), refusals[0].sentence)
    reason = refusals[0].sentence if refusals else "No channel is set up for this customer."
    return _hand_over(message, appointment, Sending.BLOCKED, reason)


def _put_off(message: OutboundMessage, until: datetime, why: str) -> OutboundMessage:
    message.due_at = until
    queue(message)
    return _end(message, Sending.PLANNED, why)


def _hand_over(
    message: OutboundMessage, appointment: Appointment, status: str, why: str
) -> OutboundMessage:
    """End the message and let a person call, unless the customer wants to hear nothing."""
    logger.warning("message not sent", extra={"sending": status, "message_id": str(message.pk)})
    add_work(
        key=f"message:{message.pk}",
        kind=WorkKind.CONFIRMATION,
        customer_id=appointment.customer_id,
        vehicle_id=appointment.vehicle_id,
        title=f"Confirm: {appointment.service_type}",
        reason=f"{Kind(message.kind).label} {Sending(status).label.lower()}: {why}",
        purpose=ContactPurpose.REMINDER,
        expires_at=appointment.scheduled_at,
        url=reverse("appointment", args=[appointment.pk]),
        batch=appointment.batch,
    )
    return _end(message, status, why)


def _end(message: OutboundMessage, status: str, why: str) -> OutboundMessage:
    message.status, message.explanation = status, why[:300]
    message.save()
    return message
