"""Template tags of the pages about calls: `{% load calls %}`."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.safestring import SafeString

from crm import phones
from crm.enums import ContactPurpose
from crm.templatetags.lanewise import badge_html
from telephony.enums import AnsweredBy, CallOutcome, CallStatus, CallType, Direction, Provider

register = template.Library()

MISSED = ("danger", "phone-x", "Missed")
NOT_REACHED = ("neutral", "phone-off", "Not reached")


@register.filter
def caller(number: str) -> str:
    """A number as people read it, or that there is none."""
    return phones.display(number)


@register.filter
def talk_time(seconds: int | None) -> str:
    """Seconds as minutes and seconds: 95 -> "1:35"."""
    if seconds is None:
        return ""
    return f"{seconds // 60}:{seconds % 60:02d}"


@register.filter
def outcome_label(value: str | None) -> str:
    return str(CallOutcome(value).label) if value else ""


@register.filter
def type_label(value: str | None) -> str:
    return str(CallType(value).label) if value else ""


@register.filter
def wish_label(value: str) -> str:
    """The analyser's or a voice agent's name of a wish, as words: "new_appointment"."""
    return value.replace("_", " ").capitalize()


@register.filter
def purpose_label(value: str) -> str:
    return str(ContactPurpose(value).label) if value in ContactPurpose.values else value


@register.simple_tag
def call_badge(call: Any) -> SafeString:
    """Which way a call went and how it ended, in one badge; `call` is a row or a CallLog."""

    def told(name: str) -> Any:
        return call[name] if isinstance(call, Mapping) else getattr(call, name)

    tone, icon, label = _badge(
        status=told("status"),
        inbound=told("direction") == Direction.INBOUND,
        answered_by=told("answered_by"),
        voicemail=told("is_voicemail"),
        reported=told("provider") not in (Provider.MANUAL, Provider.OTHER),
    )
    return badge_html(tone, icon, label)


def _badge(
    *, status: str, inbound: bool, answered_by: str | None, voicemail: bool, reported: bool
) -> tuple[str, str, str]:
    if status in CallStatus.open():
        return "progress", "phone-calling", str(CallStatus(status).label)
    if answered_by == AnsweredBy.AGENT:
        return "info", "robot", "Voice agent"
    if voicemail:
        return "attention", "device-landline-phone", "Voicemail"
    if inbound:
        missed = not answered_by and reported
        return MISSED if missed else ("success", "phone-incoming", "Incoming")
    reached = status == CallStatus.COMPLETED and answered_by
    return ("success", "phone-outgoing", "Outgoing") if reached else NOT_REACHED
