"""Calls that somebody of ours starts by a click, and texts; all through the permission gate."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from crm import phones
from crm.constraints import translated
from crm.context import audited
from crm.enums import Channel, ContactPurpose
from crm.exceptions import Invalid, Refused
from crm.messages import compose
from crm.models import Consent, Customer, OutboundMessage, User
from crm.outbound import MaybeSent, Message, NotSent
from crm.services import consent
from crm.services.permission import may_contact, require_permission
from telephony import providers
from telephony.enums import CallStatus, Direction, Provider
from telephony.models import CallLog
from telephony.providers import ProviderError
from telephony.querysets import WITHHELD
from telephony.services.routing import caller, party

# While the first ring of a person's phone may still come, a second click is the same click.
RINGING_FOR = timedelta(seconds=45)


def callback_address(name: str, **parameters: str) -> str:
    """Address of our callback `name` as the provider has to call it."""
    query = f"?{urlencode(parameters)}" if parameters else ""
    return f"{settings.PUBLIC_BASE_URL}{reverse(f'telephony:twilio_{name}')}{query}"


def place_call(
    *, user: User, purpose: str, customer: Customer | None = None, number: str = ""
) -> CallLog:
    """Ring `user`, and when they pick up the customer (or the customer with this `number`).

    Raises Refused when no telephone service is set up, the user has no number, the number is
    nobody's, the permission gate says no, the user's phone rings already, or the provider fails.
    """
    if purpose not in ContactPurpose.values:
        raise Invalid("Unknown purpose.", field="purpose", remedy="Choose a listed one.")
    wanted = customer or _customer_of(number)
    # First of all: whoever then dials by hand has been told whether they may.
    require_permission(customer=wanted, channel=Channel.CALL, purpose=purpose)
    _require_service()
    own = party(user.phone)
    if own == WITHHELD:
        raise Refused(
            "Your own telephone number is not known, so it cannot be rung.",
            code="no_own_number",
            remedy="Ask an administrator to add it to your user.",
            status=422,
        )
    call = _new_call(user=user, customer=wanted, purpose=purpose)
    _ring(call, own)
    return call


def _require_service() -> None:
    if missing := providers.missing_settings():
        raise Refused(
            "No telephone service is set up.",
            code="telephony_off",
            remedy=f"Set {', '.join(missing)} (docs/telephony.md says how), or dial by hand and "
            "log the call.",
            status=503,
        )


def _customer_of(number: str) -> Customer:
    """Only customers can be called: of nobody else is known what they agreed to."""
    try:
        e164, _extension = phones.parse(number)
    except ValueError as error:
        raise Invalid(str(error), field="number") from error
    found = caller(e164)
    if found is None:
        raise Refused(
            "No customer has this number, so Lanewise cannot tell whether it may be called.",
            code="unknown_number",
            field="number",
            remedy="Create the customer first.",
            status=422,
        )
    return found


def _new_call(*, user: User, customer: Customer, purpose: str) -> CallLog:
    with audited(), translated():
        # The user's row is the lock: of two clicks at once one waits here and then sees the other.
        User.objects.select_for_update().get(pk=user.pk)
        if CallLog.objects.filter(
            Q(status=CallStatus.QUEUED) | Q(status=CallStatus.RINGING),
            advisor=user,
            direction=Direction.OUTBOUND,
            started_at__gt=timezone.now() - RINGING_FOR,
        ).exists():
            raise Refused(
                "Your phone is ringing already.", code="already_ringing", remedy="Pick it up."
            )
        return CallLog.objects.create(
            provider=Provider.TWILIO,
            direction=Direction.OUTBOUND,
            customer=customer,
            caller_phone=customer.phone,
            caller_extension=customer.phone_extension,
            from_number=settings.TELEPHONY.number,
            to_number=customer.phone,
            purpose=purpose,
            status=CallStatus.QUEUED,
            advisor=user,
        )


def _ring(call: CallLog, own: str) -> None:
    """Ask the provider, outside of any transaction of ours: it may take seconds."""
    key = str(call.pk)
    try:
        sid = providers.current().place_call(
            to=own,
            answer_url=callback_address("outbound", call=key),
            status_url=callback_address("status", call=key),
        )
    except ProviderError as error:
        CallLog.objects.filter(pk=call.pk).update(
            status=CallStatus.FAILED, ended_at=timezone.now(), provider_status=""
        )
        raise Refused(
            str(error), code="provider_failed", remedy="Dial by hand and log the call.", status=503
        ) from error
    # A callback may have told us already.
    CallLog.objects.filter(pk=call.pk, call_sid__isnull=True).update(call_sid=sid)
    call.refresh_from_db()


def send_text(message: Message) -> str:
    """Sender of `crm.outbound` for texts, which stands behind the gate; the provider's id."""
    try:
        return providers.current().send_text(to=message.to, text=message.body)
    except ProviderError as error:
        unclear = MaybeSent if error.maybe_done else NotSent
        raise unclear(str(error)) from error


def speak(message: Message) -> str:
    """Sender of `crm.outbound` for artificial voices: rings the customer, and who picks up hears
    the planned message that `message.key` names. The provider's id.

    Writes nothing: its callbacks are in the log of calls before our transaction has ended.
    """
    key = message.key.removeprefix("message:")
    try:
        return providers.current().place_call(
            to=message.to,
            answer_url=callback_address("spoken", message=key, stage="spoken"),
            status_url=callback_address("status", stage="spoken"),
        )
    except ProviderError as error:
        unclear = MaybeSent if error.maybe_done else NotSent
        raise unclear(str(error)) from error


def spoken_text(key: str) -> str:
    """What a machine says when the call about message `key` is picked up; "" for no message."""
    planned = _planned(key)
    return compose(planned.appointment, kind=planned.kind).spoken if planned else ""


def refuse_spoken(key: str) -> None:
    """Whoever heard message `key` wants no more calls by a machine."""
    planned = _planned(key)
    if planned is not None and not _has_refused(planned.appointment.customer, Channel.AI_CALL):
        customer = planned.appointment.customer
        consent.opt_out(customer=customer, source="call", channel=Channel.AI_CALL)


def refuse_texts(*, phone: str) -> None:
    """Somebody answered a text with STOP: no more texts, nor calls by a machine (47 CFR
    64.1200(a)(10)). Once, however often the provider tells us; of a number that is nobody's,
    everything is withdrawn."""
    customer = caller(phone)
    if customer is None:
        if not Consent.objects.filter(phone=phone, revoked_at__isnull=False).exists():
            consent.opt_out_number(phone=phone, source="text")
        return
    for channel in (Channel.TEXT, Channel.AI_CALL):
        if not _has_refused(customer, channel):
            consent.opt_out(customer=customer, source="text", channel=channel)


def _has_refused(customer: Customer, channel: str) -> bool:
    purpose = ContactPurpose.REMINDER
    decision = may_contact(customer=customer, channel=channel, purpose=purpose, log=False)
    return decision.reason in ("opted_out", "do_not_call")


def _planned(key: str) -> OutboundMessage | None:
    try:
        wanted = UUID(key)
    except ValueError:
        return None
    messages = OutboundMessage.objects.select_related("appointment__customer")
    return messages.filter(pk=wanted, appointment__customer__anonymised_at=None).first()


def dial_address(user: Any, customer_id: UUID) -> str:
    """Dialer of `crm.outbound`: where the button beside a number leads, "" for who may not call."""
    if not user.can("calls:write"):
        return ""
    return f"{reverse('telephony:call_place')}?customer={customer_id}"
