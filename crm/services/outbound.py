"""The one door through which the dealership writes to a customer or has a machine call them."""

from crm.enums import Direction
from crm.models import ContactAttempt, Customer
from crm.outbound import Message, NotSent, sender_of
from crm.services.contacts import record_contact
from crm.services.permission import require_permission


def deliver(
    *,
    customer: Customer,
    channel: str,
    purpose: str,
    subject: str,
    body: str,
    key: str,
    attachments: tuple[tuple[str, bytes, str], ...] = (),
) -> ContactAttempt:
    """Ask the gate, send over `channel`, and record the contact under `key`.

    Raises ContactBlocked when the gate forbids it, NotSent when the channel is not set up or the
    sender failed before sending, MaybeSent when nobody knows.
    """
    require_permission(customer=customer, channel=channel, purpose=purpose)
    sender = sender_of(channel)
    if sender is None:
        raise NotSent(f"The channel {channel} is not set up.")
    sender(
        Message(
            customer_id=customer.pk,
            to=(customer.email or "") if channel == "email" else customer.phone,
            subject=subject,
            body=body,
            key=key,
            attachments=attachments,
        )
    )
    return record_contact(
        customer_id=customer.pk,
        channel=channel,
        direction=Direction.OUTBOUND,
        purpose=purpose,
        outcome="sent",
        text=subject,
        key=key,
    )
