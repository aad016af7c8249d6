"""Template tags of the leads pages: `{% load leads %}`."""

from typing import Any

from django import template
from django.http import QueryDict

register = template.Library()


@register.filter
def narrow(query: str, names: str) -> str:
    """The query string without the filters `names` (by spaces) and without a cursor, for a link
    that says them anew."""
    values = QueryDict(query, mutable=True)
    for name in (*names.split(), "after", "before"):
        values.pop(name, None)
    return values.urlencode()


@register.filter
def words(value: str) -> str:
    """A name of the data as people read it: "suv_coastal_hot" -> "suv coastal hot"."""
    return value.replace("_", " ")


@register.filter
def percent(value: Any) -> str:
    """A probability as people read it: 0.6411 -> "64.1%"; "" for None."""
    return "" if value is None else f"{100 * float(value):.1f}%"
