"""Why a customer's score is what it is: components, their sources, and the events that count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from crm.querysets import shop_day
from jobs.registry import local_today
from warmth.decay import Effect, Rule, age_days, effects, impact
from warmth.enums import Component, ComponentSource
from warmth.models import CustomerWarmth, WarmthAlgorithm, WarmthEvent, WarmthScoringTrigger
from warmth.services.computation import compute, these

# Rules reach back five years at most; nobody reads more than this.
READ_EVENTS = 500
_CURVE_POINTS = 60


@dataclass(frozen=True)
class Contribution:
    """One component: its value (0-100), what it would be without a person (`automatic`), the
    part of that which rules add (`rule_points`), and `points` = value x weight."""

    component: str
    label: Any
    value: Decimal
    automatic: Decimal
    rule_points: Decimal | None
    weight: Decimal
    points: Decimal
    source: ComponentSource
    adjustment: dict[str, Any] | None


@dataclass(frozen=True)
class Active:
    """A rule of which events count today: `points` of its component now, `counting` events with
    their day, how many are surplus, and (days from today, points) until nothing is left."""

    name: str
    component: Any
    points: float
    counting: list[tuple[datetime, Effect]]
    surplus: int
    rule: Rule
    curve: list[tuple[float, float]]


def contributions(warmth: CustomerWarmth, algorithm: WarmthAlgorithm) -> list[Contribution]:
    """The eight components in their order; two queries. Their points add up to the score (but
    for its rounding) as soon as the score was computed by `algorithm`."""
    names = Component.values
    columns = [f"{name}_automatic" for name in names] + [f"{name}_points" for name in names]
    found = compute(these([warmth.customer_id]), algorithm, as_of=local_today(), columns=columns)
    row: Sequence[Any] = found[0] if found else [Decimal(0)] * len(names) + [None] * len(names)
    weights, sources = algorithm.weights, warmth.sources
    return [
        Contribution(
            component=part.value,
            label=part.label,
            value=value,
            automatic=row[place],
            rule_points=row[place + len(names)],
            weight=weights[part.value],
            points=value * weights[part.value],
            source=sources[part.value],
            adjustment=warmth.manual_adjustments.get(part.value),
        )
        for place, (part, value) in enumerate(
            zip(Component, warmth.components.values(), strict=True)
        )
    ]


def active_rules(
    customer_id: Any, algorithm: WarmthAlgorithm, *, today: date | None = None
) -> list[Active]:
    """Rules with at least one event that counts today, the strongest first; two queries."""
    day_end = shop_day(today or local_today())[1]
    happened: dict[str, list[datetime]] = defaultdict(list)
    events = WarmthEvent.objects.of_customer(customer_id).filter(occurred_at__lt=day_end)
    newest = events.newest_first().values_list("event_type", "occurred_at")
    for kind, at in newest[:READ_EVENTS]:
        happened[kind].append(at)
    rules = algorithm.triggers.filter(is_active=True, trigger_type__in=list(happened))
    found = [_active(rule, happened[rule.trigger_type], day_end) for rule in rules]
    return sorted((one for one in found if one.counting), key=lambda one: -abs(one.points))


def _active(trigger: WarmthScoringTrigger, times: Sequence[datetime], day_end: datetime) -> Active:
    rule = Rule(
        points=float(trigger.base_score_impact),
        decay_rate=float(trigger.decay_rate),
        window_days=trigger.time_window_days,
        max_occurrences=trigger.max_occurrences,
    )
    today = effects(rule, [age_days(at, day_end) for at in times])
    counting = [
        (at, effect) for at, effect in zip(times, today, strict=True) if effect.reason == "counts"
    ]
    return Active(
        name=trigger.trigger_name,
        component=trigger.get_target_component_display(),
        points=sum(effect.points for _, effect in counting),
        counting=counting,
        surplus=sum(effect.reason == "cap" for effect in today),
        rule=rule,
        curve=_curve(rule, [effect.age_days for _, effect in counting]),
    )


def _curve(rule: Rule, ages: Sequence[int]) -> list[tuple[float, float]]:
    """Points over the coming days; days on which an event runs out are always among them."""
    if not ages:
        return []
    ends = {rule.window_days - age + 1 for age in ages}
    last = max(ends)
    days = sorted(
        {*range(0, last, max(last // _CURVE_POINTS, 1)), *ends, *(end - 1 for end in ends)}
    )
    return [(float(day), sum(impact(rule, age + day) for age in ages)) for day in days]
