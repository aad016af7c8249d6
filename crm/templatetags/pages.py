"""Template tags of the dealership's pages: `{% load pages %}`."""

from typing import Any

from django import template
from django.http import QueryDict
from django.template import Context

from crm.outbound import dial_address

register = template.Library()


@register.filter
def can(user: Any, capability: str) -> bool:
    """Whether to show what needs `capability`."""
    return bool(user.can(capability))


@register.filter
def duration(minutes: int | None) -> str:
    """Minutes as people say them: 45 -> "45 min", 90 -> "1 h 30 min", 1500 -> "1 d 1 h"."""
    if minutes is None:
        return ""
    hours, rest = divmod(int(minutes), 60)
    if hours >= 24:
        days, hours = divmod(hours, 24)
        return f"{days} d {hours} h" if hours else f"{days} d"
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


@register.filter
def with_query(query: str, pair: str) -> str:
    """The query string `query` with one more `name=value`."""
    name, _mark, value = pair.partition("=")
    values = QueryDict(query, mutable=True)
    values[name] = value
    return values.urlencode()


@register.filter
def before_last8(vin: str) -> str:
    """What stands before the last eight characters of a VIN, which people read out."""
    return vin[:-8]


@register.filter
def last8(vin: str) -> str:
    return vin[-8:]


@register.inclusion_tag("components/_phone.html", takes_context=True)
def phone_link(
    context: Context,
    number: str,
    customer: Any = None,
    extension: str = "",
    *,
    css: str = "",
    on_card: str | None = None,
) -> dict[str, Any]:
    """A number (E.164) that calls by a click for those who may.

    `customer` is the key of whose number it is, `on_card` the number on their card where that may
    be another. Never a tel: link: a telephone that dials by itself would go past the permission
    gate.
    """
    is_on_card = customer is not None and on_card in (None, number)
    dial = ""
    if number.startswith("+"):
        dial = dial_address(context["user"], customer, "" if is_on_card else number)
    return {"number": number, "extension": extension, "dial": dial, "css": css}
