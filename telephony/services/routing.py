"""Who is rung when a call comes in, and whether and how it is recorded."""

from collections.abc import Iterable

from django.conf import settings

from crm import phones
from crm.models import Customer
from crm.services.consent import announces_recording
from telephony.providers.twiml import Script
from telephony.querysets import WITHHELD

# What Twilio writes for a number that was withheld (letters of a keypad: ANONYMOUS, RESTRICTED,
# BLOCKED, UNKNOWN, UNAVAILABLE).
_WITHHELD = {"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"}


def party(text: str) -> str:
    """The other side of a call in E.164; WITHHELD for withheld numbers, SIP addresses, nonsense."""
    if text in _WITHHELD:
        return WITHHELD
    try:
        return phones.parse(text)[0]
    except ValueError:
        return WITHHELD


def caller(number: str) -> Customer | None:
    """The customer with this number, with the preferred advisor, in one query."""
    if number == WITHHELD:
        return None
    known = Customer.objects.present().select_related("preferred_service_advisor")
    return known.filter(phone=number).first()


def script_for(customer: Customer | None) -> Script:
    """How to handle a call with `customer` (None: nobody we know)."""
    chosen = settings.TELEPHONY
    return Script(
        numbers=tuple(_numbers(customer)),
        record=chosen.recording,
        announce=chosen.recording and must_announce(customer),
        agent=chosen.agent_address if chosen.agent_mode != "off" else "",
    )


def must_announce(customer: Customer | None) -> bool:
    """Whether the other side must be told of a recording: where the states of the shop and of
    the customer differ, the stricter rule holds; a state that nobody knows counts as strict."""
    shop = settings.TELEPHONY.shop_state
    strict = not shop or shop in settings.CONTACT_ALL_PARTY_STATES
    return strict or announces_recording(customer=customer)


def first_stage(script: Script) -> str:
    """Where a call goes first."""
    if script.agent and settings.TELEPHONY.agent_mode == "first":
        return "agent"
    return "people" if script.numbers else next_stage(script, "people")


def next_stage(script: Script, stage: str) -> str:
    """Where a call goes when nobody answered at `stage`."""
    agent_first = settings.TELEPHONY.agent_mode == "first"
    if stage == "people" and script.agent and not agent_first:
        return "agent"
    if stage == "agent" and agent_first and script.numbers:
        return "people"
    return "voicemail"


def _numbers(customer: Customer | None) -> Iterable[str]:
    """The preferred advisor's own number, else the shop's."""
    advisor = customer.preferred_service_advisor if customer else None
    own = party(advisor.phone) if advisor and advisor.is_active and advisor.phone else WITHHELD
    return [own] if own != WITHHELD else settings.TELEPHONY.shop_numbers
