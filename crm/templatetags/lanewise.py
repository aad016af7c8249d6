"""Template tags of every Lanewise page; settings make them available without `{% load %}`."""

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.contrib.staticfiles import finders
from django.forms import BoundField, CheckboxInput, Select
from django.template import Context
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from crm import phones
from crm.charts import Chart
from jobs.registry import shop_zone

register = template.Library()

SPRITE = "vendor/tabler-icons/tabler-sprite.svg"

# value -> (tone, icon). A status is told by its words and icon, never by its colour alone.
BADGES = {
    "scheduled": ("neutral", "calendar"),
    "confirmed": ("info", "circle-check"),
    "arrived": ("attention", "car"),
    "in_progress": ("progress", "tool"),
    "completed": ("success", "check"),
    "cancelled": ("neutral", "x"),
    "no_show": ("danger", "user-off"),
    "late": ("danger", "clock-exclamation"),
    "planned": ("neutral", "clipboard-list"),
    "performed": ("success", "check"),
    "declined": ("danger", "ban"),
    "deferred": ("attention", "clock-pause"),
    "active": ("success", "check"),
    "sold": ("neutral", "arrow-right"),
    "totaled": ("danger", "car-crash"),
    "pending": ("neutral", "hourglass"),
    "queued": ("neutral", "hourglass"),
    "running": ("progress", "player-play"),
    "done": ("success", "check"),
    "succeeded": ("success", "check"),
    "failed": ("danger", "alert-triangle"),
    "created": ("success", "plus"),
    "changed": ("info", "pencil"),
    "same": ("neutral", "equal"),
    "refused": ("danger", "ban"),
    "contacted": ("info", "message"),
    "booked": ("info", "calendar-check"),
    "won": ("success", "trophy"),
    "lost": ("neutral", "x"),
    "expired": ("neutral", "clock-off"),
}
TONES = {"neutral", "info", "attention", "progress", "success", "danger"}
ALERT_ICONS = {"success": "circle-check", "warning": "alert-triangle", "error": "alert-circle"}


@cache
def _symbol(name: str) -> str:
    """The drawing of one Tabler icon.

    It goes into the page itself, because the sprite with all 5,000 icons weighs 2 MB.
    """
    path = Path(finders.find(SPRITE) or settings.STATIC_ROOT / SPRITE)
    if not path.exists():
        return ""  # a page without icons is better than none
    match = re.search(
        rf'<symbol id="tabler-{re.escape(name)}"[^>]*>(.*?)</symbol>', path.read_text(), re.S
    )
    if match is None:
        raise template.TemplateSyntaxError(f"Tabler has no icon named {name!r}")
    return match[1].replace('<path stroke="none" d="M0 0h24v24H0z" fill="none" />', "")


@register.inclusion_tag("components/_chart.html")
def chart(chart: Chart, name: str = "chart", number: int | str = "") -> dict[str, Any]:
    """A chart with its figures; `name` and `number` together are unique on the page. The page
    includes `components/_chart_scripts.html` in its `scripts` block."""
    zone = settings.DEALERSHIP_TIME_ZONE
    return {"chart": chart, "chart_id": f"{name}-{number}", "zone": zone}


# A text that is escaped already and one that is not may be equal: told apart by their types.
@register.simple_tag
@lru_cache(maxsize=1024, typed=True)
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """An icon; decorative unless `label` gives it a text alternative."""
    access = format_html('role="img" aria-label="{}"', label) if label else 'aria-hidden="true"'
    return format_html(
        '<svg class="{}" {} width="24" height="24" viewBox="0 0 24 24" fill="none" '
        'stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">'
        "{}</svg>",
        f"icon {css}".strip(),
        mark_safe(access),  # noqa: S308 (either escaped above or a constant)
        mark_safe(_symbol(name)),  # noqa: S308 (Tabler's own drawing)
    )


@register.filter
def alert_icon(level: str) -> str:
    return ALERT_ICONS.get(level, "info-circle")


def badge_html(tone: str, icon_name: str, label: Any) -> SafeString:
    """A badge; a list shows one in each row, so it is no template of its own."""
    return format_html(
        '<span class="lw-badge lw-badge-{}">{}{}</span>', tone, icon(icon_name), label
    )


@register.simple_tag
def badge(value: str, label: Any = "", tone: str = "") -> SafeString:
    """A badge with words and an icon; unknown values are neutral. `tone` overrides the colour."""
    known_tone, icon_name = BADGES.get(str(value), ("neutral", "point"))
    return badge_html(
        tone if tone in TONES else known_tone,
        icon_name,
        label or str(value).replace("_", " ").capitalize(),
    )


@register.filter
def phone(value: str | None) -> str:
    """E.164 as people read it: +12055550142 -> (205) 555-0142."""
    return phones.display(value) if value else ""


@register.filter
def money(value: Any) -> str:
    """An amount in the shop's currency with two decimals; "" for None or no number."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return ""
    text = number_format(abs(amount), decimal_pos=2, use_l10n=True, force_grouping=True)
    currency = settings.DEALERSHIP_CURRENCY
    shown = f"${text}" if currency == "USD" else f"{currency} {text}"
    return f"\N{MINUS SIGN}{shown}" if amount < 0 else shown


@register.filter
def mileage(value: int | None) -> str:
    """12345 -> "12,345 mi"; "" for None."""
    return "" if value is None else f"{value:,} mi"


def _in_shop(value: datetime) -> datetime:
    return timezone.localtime(value, shop_zone())


@register.filter
def localtime(value: datetime | None) -> str:
    """An instant as the shop's clock shows it: "Nov 21, 2026, 9:30 AM"."""
    return "" if value is None else date_format(_in_shop(value), "N j, Y, g:i A")


@register.filter
def clock(value: datetime | None) -> str:
    """The time of day at the shop: "9:30 AM"."""
    return "" if value is None else date_format(_in_shop(value), "g:i A")


@register.filter
def shop_date(value: datetime | None) -> str:
    """The shop's calendar day of an instant: "Nov 21, 2026"."""
    return "" if value is None else date_format(_in_shop(value), "N j, Y")


@register.inclusion_tag("components/_field.html")
def field(bound: BoundField, **attrs: str) -> dict[str, Any]:
    """One form field with label, hint and errors; the input names both by aria-describedby.

    Further attributes go to the input; `_` in their names becomes `-`.
    """
    hint_id, error_id = f"{bound.auto_id}_hint", f"{bound.auto_id}_error"
    widget = bound.field.widget
    is_checkbox = isinstance(widget, CheckboxInput)
    base = (
        "form-check-input"
        if is_checkbox
        else "form-select"
        if isinstance(widget, Select)
        else "form-control"
    )
    described_by = [hint_id] if bound.help_text else []
    extra: dict[str, str | bool] = {name.replace("_", "-"): value for name, value in attrs.items()}
    classes = [widget.attrs.get("class"), base, attrs.get("class")]
    if bound.errors:
        described_by.append(error_id)
        classes.append("is-invalid")
        extra["aria-invalid"] = "true"
    extra["class"] = " ".join(filter(None, classes))
    if described_by:
        extra["aria-describedby"] = " ".join(described_by)
    return {
        "field": bound,
        "widget": bound.as_widget(attrs=extra),
        "is_checkbox": is_checkbox,
        "hint_id": hint_id,
        "error_id": error_id,
    }


@register.inclusion_tag("components/_sort_header.html", takes_context=True)
def sort_header(context: Context, name: str, label: str, css: str = "") -> dict[str, Any]:
    """A column head that sorts by `?sort=name`, and the other way round on the next click."""
    query = context["request"].GET.copy()
    current = query.get("sort", "")
    query["sort"] = f"-{name}" if current == name else name
    for cursor in ("after", "before", "cursor"):
        query.pop(cursor, None)
    direction = {name: "ascending", f"-{name}": "descending"}.get(current, "")
    return {"url": f"?{query.urlencode()}", "label": label, "direction": direction, "css": css}
