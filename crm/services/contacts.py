"""Contact attempts: the one record of who was called, written to or met, and by whom."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from crm import signals
from crm.constraints import translated
from crm.context import audited, current
from crm.enums import ContactPurpose
from crm.models import ContactAttempt, Customer, User


def record_contact(
    *,
    customer_id: UUID,
    channel: str,
    direction: str,
    purpose: str = ContactPurpose.SERVICE,
    outcome: str = "",
    at: datetime | None = None,
    text: str = "",
    key: str | None = None,
    by: User | None = None,
    reached: bool | None = None,
) -> ContactAttempt:
    """Record one contact, or a try to make one.

    With a `key` the second call for the same contact changes outcome, text and `reached` of the
    first one where it says more, and announces nothing. `by` is the person who acted; left out,
    it is whoever the request belongs to. Raises Invalid for an unknown channel, direction or
    purpose.
    """
    happened = at or timezone.now()
    values: dict[str, Any] = {
        "customer_id": customer_id,
        "channel": channel,
        "direction": direction,
        "purpose": purpose,
        "outcome": outcome,
        "text": text.replace("\x00", "").strip(),
        "at": happened,
        "by_id": by.pk if by is not None else current().actor_id or None,
        "reached": reached,
    }
    with audited(), translated():
        if key is None:
            attempt, created = ContactAttempt.objects.create(**values), True
        else:
            attempt, created = ContactAttempt.objects.get_or_create(key=key, defaults=values)
        if not created:
            return _say_more(attempt, outcome=outcome, text=values["text"], reached=reached)
        Customer.objects.filter(
            Q(last_contact_date__isnull=True) | Q(last_contact_date__lt=happened), pk=customer_id
        ).update(last_contact_date=happened)
        signals.announce(
            signals.contact_recorded,
            customer_id=customer_id,
            channel=channel,
            direction=direction,
        )
    return attempt


def _say_more(attempt: ContactAttempt, **said: Any) -> ContactAttempt:
    """Fill in what a later report knows and the first did not; an empty value erases nothing."""
    changed = [
        name
        for name, value in said.items()
        if value not in ("", None) and getattr(attempt, name) != value
    ]
    for name in changed:
        setattr(attempt, name, said[name])
    if changed:
        attempt.save(update_fields=changed)
    return attempt
