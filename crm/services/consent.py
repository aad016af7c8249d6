"""The consent ledger: who agreed to what, who withdrew, and the one opt-out that all paths use."""

from datetime import datetime

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from crm import signals
from crm.constraints import translated
from crm.context import audited, current
from crm.enums import Channel, ConsentBasis, ContactPurpose
from crm.exceptions import Invalid
from crm.models import Consent, ContactAttempt, ContactDecision, Customer, User, WorkItem
from crm.services.worklist import refresh_customer, refresh_number
from crm.zones import state_of

AGREEMENTS = [ConsentBasis.WRITTEN, ConsentBasis.SPOKEN, ConsentBasis.ONLINE]


def record_consent(
    *,
    customer: Customer,
    channel: str,
    purpose: str,
    basis: str,
    source: str,
    note: str = "",
    granted_at: datetime | None = None,
    by: User | None = None,
) -> Consent:
    """The customer agreed: to `channel` and `purpose`, "" meaning all of them.

    Holds for the addresses on record now. An artificial voice needs a statement of its own
    (channel ai_call). Raises Invalid for a basis that is no agreement, a time in the future and
    a customer who was anonymised.
    """
    if basis not in AGREEMENTS:
        raise Invalid(
            "This is no way to agree.", field="basis", remedy="Choose written, spoken or online."
        )
    at = granted_at or timezone.now()
    if at > timezone.now():
        raise Invalid("This time is in the future.", field="granted_at", remedy="Check the date.")
    return _write(
        customer=customer, channel=channel, purpose=purpose, basis=basis, source=source,
        note=note, by=by, granted_at=at,
    )  # fmt: skip


def opt_out(
    *,
    customer: Customer,
    source: str,
    channel: str = "",
    purpose: str = "",
    basis: str = ConsentBasis.OPT_OUT,
    note: str = "",
    by: User | None = None,
) -> Consent:
    """The customer withdraws or asks not to be contacted; in force when this returns.

    The broad reading is the default: every channel, every purpose. It binds the telephone number
    and e-mail address too, whoever has them later. Page, call, API and voice agent all use this.
    """
    if basis in AGREEMENTS:
        raise Invalid(
            "This is no way to opt out.", field="basis", remedy="Choose opt_out or do_not_call."
        )
    return _write(
        customer=customer, channel=channel, purpose=purpose, basis=basis, source=source,
        note=note, by=by, revoked_at=timezone.now(),
    )  # fmt: skip


def opt_out_number(*, phone: str, source: str, note: str = "") -> Consent:
    """A number that belongs to no customer asks to be left alone; `phone` is E.164."""
    with audited(), translated():
        line = Consent.objects.create(
            phone=phone,
            basis=ConsentBasis.DO_NOT_CALL,
            source=source,
            note=note[:300],
            revoked_at=timezone.now(),
        )
        refresh_number(phone=phone)
    return line


def _write(
    *, customer: Customer, by: User | None, note: str, **statement: str | datetime
) -> Consent:
    if customer.is_anonymised:
        raise Invalid("This customer was anonymised.", remedy="Nothing can be recorded.")
    with audited(), translated():
        line = Consent.objects.create(
            customer=customer,
            phone=customer.phone,
            email=(customer.email or "").lower(),
            note=note.replace("\x00", "").strip()[:300],
            recorded_by_id=by.pk if by is not None else current().actor_id or None,
            **statement,
        )
        refresh_customer(customer_id=customer.pk)
        signals.announce(
            signals.consent_changed,
            customer_id=customer.pk,
            granted=line.revoked_at is None,
            channel=line.channel,
            purpose=line.purpose,
        )
    return line


def forget_customer(customer: Customer) -> None:
    """The part of anonymising: inside the caller's transaction, which has redaction on.

    Withdrawals stay under the address alone, because they bind whoever has it next; nothing
    leads from there to the customer. Agreements lose the address, contacts their text.
    """
    lines = Consent.objects.filter(customer=customer)
    lines.filter(revoked_at__isnull=False).update(customer=None, note="")
    lines.update(phone="", email="", note="")
    ContactAttempt.objects.filter(customer=customer).update(text="")
    WorkItem.objects.filter(Q(customer=customer) | Q(phone=customer.phone)).delete()
    ContactDecision.objects.filter(phone=customer.phone).delete()


def announces_recording(*, customer: Customer | None) -> bool:
    """Whether a recorded call with `customer` (None: an unknown caller) has to say so first.

    All-party states ask for it. Whoever's state is unknown may live in one of them; when two
    states differ the stricter one counts, so the dealership's own state belongs into the setting
    as well when it is one.
    """
    if customer is None:
        return True
    states = {state_of(customer.zip_code), customer.state or ""} - {""}
    return not states or bool(states & set(settings.CONTACT_ALL_PARTY_STATES))


def purpose_label(purpose: str) -> str:
    return str(ContactPurpose(purpose).label) if purpose else "Everything"


def channel_label(channel: str) -> str:
    return str(Channel(channel).label) if channel else "All channels"
