"""What scores mean in words: what to do at a level, and why somebody stands where they do."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from warmth.enums import Component, EventType, WarmthLevel


class Step(NamedTuple):
    """What a level means and the sales action that the specification names for it."""

    meaning: Any
    action: Any


NEXT_STEPS: dict[str, Step] = {
    WarmthLevel.SCORCHING: Step(
        gettext_lazy("Ready to buy immediately"), gettext_lazy("Close the deal")
    ),
    WarmthLevel.HOT: Step(
        gettext_lazy("High purchase intent"), gettext_lazy("Aggressive follow-up")
    ),
    WarmthLevel.WARM: Step(gettext_lazy("Genuine interest"), gettext_lazy("Regular engagement")),
    WarmthLevel.LUKEWARM: Step(gettext_lazy("Some interest"), gettext_lazy("Nurture relationship")),
    WarmthLevel.COOL: Step(gettext_lazy("Minimal interest"), gettext_lazy("Educational content")),
    WarmthLevel.COLD: Step(gettext_lazy("Low engagement"), gettext_lazy("Re-engagement campaign")),
    WarmthLevel.ICE_COLD: Step(
        gettext_lazy("No current interest"), gettext_lazy("Long-term nurturing")
    ),
}
_STRONGEST = 2


def why(row: Mapping[str, Any], weights: Mapping[str, Decimal]) -> str:
    """The two components that bring most points, then what happened last and what was declared.

    `row` has the columns of a CustomerWarmth, with `days_silent` as counted today.
    """
    brought = {part: row[part.column] * weights[part.value] for part in Component}
    strongest = sorted(brought, key=lambda part: brought[part], reverse=True)[:_STRONGEST]
    words = [
        _("%(what)s %(points)s") % {"what": part.label.lower(), "points": int(row[part.column])}
        for part in strongest
        if brought[part] > 0
    ]
    last, days = row["last_engagement_type"], row["days_silent"]
    if last and days is not None:
        words.append(
            _("%(what)s %(when)s")
            % {"what": EventType(last).label.lower(), "when": days_ago(int(days))}
        )
    declared: date | None = row["declared_purchase_date"]
    if declared is not None:
        words.append(_("wants to buy by %s") % f"{declared:%b} {declared.day}, {declared.year}")
    text = ", ".join(words)
    return text[:1].upper() + text[1:]


def days_ago(days: int) -> str:
    """0 -> today, 1 -> yesterday, 5 -> 5 days ago."""
    if days == 0:
        return _("today")
    return _("yesterday") if days == 1 else _("%d days ago") % days


def cause(trigger: str) -> str:
    """What stands in `change_trigger`, in words: nightly_decay -> Nightly decay."""
    return trigger.replace("_", " ").capitalize()
