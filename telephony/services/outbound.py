"""Calls that somebody of ours starts by a click, and texts; all through the permission gate."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from crm import phones
from crm.constraints import translated
from crm.contact_rules import Contact
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


@dataclass(frozen=True)
class Callee:
    """Who is to be called: a customer, a number (E.164) that is nobody's, or a number that a
    customer has besides the one on their card."""

    customer: Customer | None
    number: str
    extension: str

    @property
    def is_on_card(self) -> bool:
        return self.customer is not None and self.customer.phone == self.number


def place_call(
    *, user: User, purpose: str, customer: Customer | None = None, number: str = ""
) -> CallLog:
    """Ring `user`, and when they pick up `customer`, or whoever has `number`.

    A number on a customer's card is a call to that customer, any other is nobody's. With both
    given, the number is another one of this customer's. Raises Refused when the number is none
    that may be dialled, the permission gate says no, no telephone service is set up, the user has
    no number, the user's phone rings already, or the provider fails.
    """
    if purpose not in ContactPurpose.values:
        raise Invalid("Unknown purpose.", field="purpose", remedy="Choose a listed one.")
    callee = _callee(customer, number)
    own = party(user.phone)
    _check_dialable(callee, own)
    # Before anything about the service: whoever then dials by hand was told whether they may.
    if callee.customer is not None:
        require_permission(customer=callee.customer, channel=Channel.CALL, purpose=purpose)
    if not callee.is_on_card:
        require_permission(
            customer=None, phone=callee.number, channel=Channel.CALL, purpose=purpose
        )
    _require_service()
    if own == WITHHELD:
        raise Refused(
            "Your own telephone number is not known, so it cannot be rung.",
            code="no_own_number",
            remedy="Ask an administrator to add it to your user.",
            status=422,
        )
    call = _new_call(user=user, callee=callee, purpose=purpose)
    _ring(call, own)
    return call


def _require_service() -> None:
    if missing := providers.missing_settings():
        raise Refused(
            "This number may be called now, but no telephone service is set up.",
            code="telephony_off",
            remedy="Dial by hand and log the call. To connect a service, an administrator sets "
            f"{', '.join(missing)} (docs/telephony.md).",
            status=503,
        )


def _callee(customer: Customer | None, number: str) -> Callee:
    if not number:
        if customer is None:
            raise Invalid("Whom to call?", field="number", remedy="Give a number or a customer.")
        return Callee(customer, customer.phone, customer.phone_extension)
    if phones.is_short_code(number):
        raise Invalid(
            f"{number.strip()} is an emergency or service number.",
            field="number",
            remedy="Dial it by hand.",
        )
    try:
        e164, extension = phones.parse(number)
    except ValueError as error:
        raise Invalid(str(error), field="number") from error
    found = caller(e164)
    if customer is None and found is not None:
        return Callee(found, e164, extension or found.phone_extension)
    if found not in (None, customer):
        raise Invalid(
            "This number is another customer's.", field="number", remedy="Call that customer."
        )
    return Callee(customer, e164, extension)


def _check_dialable(callee: Callee, own: str) -> None:
    """Refuse what a click must not dial: our own telephones, services, numbers that cost whoever
    calls, and, of those that are on no card, countries that are not meant."""
    telephony = settings.TELEPHONY
    ours = {party(text) for text in (telephony.number, *telephony.shop_numbers)}
    if callee.number in (ours | {own}) - {WITHHELD}:
        raise _undialable("This is a number of the dealership's own.", "Check the number.")
    if objection := phones.objection(callee.number):
        raise _undialable(objection, "If it has to be called, dial it by hand and log the call.")
    if not callee.is_on_card and not phones.is_in(callee.number, telephony.countries):
        raise _undialable(
            f"{phones.display(callee.number)} is abroad, and nobody in the books has it.",
            "Create the customer first, or have an administrator allow it (CALL_COUNTRIES).",
        )


def _undialable(message: str, remedy: str) -> Refused:
    return Refused(message, code="undialable", field="number", remedy=remedy, status=422)


def _new_call(*, user: User, callee: Callee, purpose: str) -> CallLog:
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
            customer=callee.customer,
            caller_phone=callee.number,
            caller_extension=callee.extension,
            from_number=settings.TELEPHONY.number,
            to_number=callee.number,
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


def dial_address(user: Any, customer_id: UUID | None, number: str) -> str:
    """Dialer of `crm.outbound`: where the button beside a number leads, "" for who may not call."""
    if not user.can("calls:write"):
        return ""
    whom = {"customer": customer_id, "number": number}
    query = urlencode({name: value for name, value in whom.items() if value})
    return f"{reverse('telephony:call_place')}?{query}"


def calls_to(numbers: Collection[str], since: datetime) -> dict[str, list[Contact]]:
    """History of `crm.outbound`: calls to numbers that are nobody's, for the gate's caps."""
    found: dict[str, list[Contact]] = {}
    calls = CallLog.objects.filter(
        customer=None,
        caller_phone__in=numbers,
        direction=Direction.OUTBOUND,
        started_at__gt=since,
    ).exclude(status=CallStatus.FAILED)
    for number, at, purpose in calls.values_list("caller_phone", "started_at", "purpose"):
        found.setdefault(number, []).append(Contact(at, Channel.CALL, purpose))
    return found
