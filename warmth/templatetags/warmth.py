"""Template tags of the warmth pages: `{% load warmth %}`."""

from datetime import timedelta
from typing import Any

from django import template
from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString

from crm.templatetags.lanewise import badge_html, shop_date
from warmth.enums import EventType, WarmthLevel
from warmth.words import cause

register = template.Library()

# level -> (tone, icon): told by words and icon, never by colour alone.
_LEVELS = {
    WarmthLevel.SCORCHING: ("danger", "flame"),
    WarmthLevel.HOT: ("attention", "flame"),
    WarmthLevel.WARM: ("progress", "sun"),
    WarmthLevel.LUKEWARM: ("info", "temperature"),
    WarmthLevel.COOL: ("neutral", "cloud"),
    WarmthLevel.COLD: ("neutral", "snowflake"),
    WarmthLevel.ICE_COLD: ("neutral", "snowflake"),
}


@register.simple_tag
def level_badge(level: str) -> SafeString:
    tone, icon = _LEVELS[WarmthLevel(level)]
    return badge_html(tone, icon, WarmthLevel(level).label)


@register.filter
def event_label(kind: str) -> str:
    return str(EventType(kind).label)


register.filter("cause", cause)


@register.filter
def last_day(expires_at: str | None) -> str:
    """The last whole day before an instant that JSON holds: midnight belongs to the day after."""
    end = parse_datetime(expires_at) if expires_at else None
    return shop_date(end - timedelta(seconds=1)) if end else ""


@register.filter
def report_cell(value: Any) -> str:
    """A value of a kept report: fractions to three digits, instants as local days, words of the
    tables as people write them."""
    if isinstance(value, float):
        return f"{value:.3f}"
    at = parse_datetime(value) if isinstance(value, str) and "T" in value else None
    if at:
        return shop_date(at)
    text = str(value)
    return text.replace("_", " ").capitalize() if text.isidentifier() and text.islower() else text


@register.filter
def with_level(query: str, level: str) -> str:
    """The query string `query` narrowed to one level."""
    changed = QueryDict(query, mutable=True)
    changed["level"] = level
    return changed.urlencode()
