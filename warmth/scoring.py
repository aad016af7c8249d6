"""From what is known of a customer to components, score, level and forecast.

The one definition of every formula; `docs/warmth.md` explains them. `sql/compute.sql` repeats them
for all customers of a night, and a test holds the two together. Halves are rounded up, away from
zero, as PostgreSQL's numeric does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

COMPONENTS = (
    "engagement",
    "interaction_frequency",
    "response_rate",
    "budget_qualification",
    "timeline_urgency",
    "decision_making_authority",
    "demographic_fit",
    "past_purchase_behavior",
)
SEED_WEIGHTS = {
    name: Decimal(percent) / 100
    for name, percent in zip(COMPONENTS, (20, 15, 10, 20, 15, 10, 5, 5), strict=True)
}
# Warmest first; each level begins at its bound and ends below the next.
LEVELS = ("scorching", "hot", "warm", "lukewarm", "cool", "cold")
SEED_BOUNDS = dict(zip(LEVELS, map(Decimal, (90, 75, 60, 45, 30, 15)), strict=True))
COLDEST = "ice_cold"
AUTHORITY = {"sole": 100.0, "joint": 60.0, "influencer": 30.0, "none": 0.0}
EARTH_RADIUS_MILES = 3_958.8
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Algorithm:
    """Weights by component (they sum to 1), bounds by level, the purchase curve, and the price of
    a car where a customer has named none."""

    weights: Mapping[str, Decimal] = field(default_factory=lambda: SEED_WEIGHTS)
    bounds: Mapping[str, Decimal] = field(default_factory=lambda: SEED_BOUNDS)
    probability_midpoint: float = 69.96
    probability_scale: float = 12.0
    typical_purchase_value: Decimal = Decimal("35000.00")


@dataclass(frozen=True)
class Facts:
    """What the records say on one day. `_90` and the like are windows of so many days, today
    included. Days and counts are whole; None is unknown."""

    days_since_first: int | None = None
    days_since_last: int | None = None
    kinds_90: int = 0
    initiated_90: int = 0
    answered_180: int = 0
    unanswered_180: int = 0
    no_shows_180: int = 0
    opt_outs_365: int = 0
    services_730: int = 0
    total: int = 0
    meaningful: int = 0
    largest_value_365: Decimal | None = None
    price_min: Decimal | None = None
    price_max: Decimal | None = None
    days_to_declared_purchase: int | None = None
    decision_role: str | None = None
    distance_points: float | None = None
    household_vehicles: int = 0
    ownership_years: float | None = None
    bought_from_us: int = 0


@dataclass(frozen=True)
class Part:
    """One effective component: its value (0-100, two decimals) and where it comes from, a letter
    of `ComponentSource`. `automatic` is the value without what a person has set."""

    value: Decimal
    automatic: Decimal
    source: str


@dataclass(frozen=True)
class Result:
    parts: Mapping[str, Part]
    overall: Decimal
    potential: Decimal
    level: str
    purchase_probability: Decimal
    expected_timeframe: int
    predicted_date: date
    predicted_value: Decimal
    churn_risk: Decimal
    retention: Decimal
    confidence: Decimal


def rounded(value: float | Decimal) -> Decimal:
    """To two decimals, halves up; of a float the 15 digits that PostgreSQL reads of it."""
    exact = value if isinstance(value, Decimal) else Decimal(f"{value:.15g}")
    return exact.quantize(_CENT, ROUND_HALF_UP)


def clamp(value: float, low: float = 0.0, high: float = 100.0) -> float:
    return min(max(value, low), high)


def miles_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance of two (latitude, longitude) in degrees."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*one, *other))
    a = (
        math.sin((lat2 - lat1) / 2) ** 2
        + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_MILES * math.asin(math.sqrt(a))


def distance_points(miles: float) -> float:
    """100 up to 10 miles, falling evenly to 0 at 60."""
    return clamp((60.0 - miles) * 2.0)


def base_values(facts: Facts) -> dict[str, float | None]:
    """Each component from the records alone, before rules and persons; None: they are silent."""
    return {
        "engagement": min(8.0 * facts.kinds_90, 40.0) if facts.total else None,
        "interaction_frequency": min(12.5 * facts.initiated_90, 100.0) if facts.total else None,
        "response_rate": _response(facts),
        "budget_qualification": _budget(facts),
        "timeline_urgency": _timeline(facts.days_to_declared_purchase),
        "decision_making_authority": AUTHORITY.get(facts.decision_role or ""),
        "demographic_fit": _fit(facts),
        "past_purchase_behavior": _past(facts),
    }


def _response(facts: Facts) -> float | None:
    """Share of answers, with one silence assumed: one answer alone proves little."""
    known = facts.answered_180 + facts.unanswered_180
    return 100.0 * facts.answered_180 / (known + 1.0) if known else None


def _budget(facts: Facts) -> float | None:
    ends = (facts.price_min is not None) + (facts.price_max is not None)
    return (None, 30.0, 50.0)[ends]


def _timeline(days: int | None) -> float | None:
    """100 within two weeks, falling evenly to 0 at a year; a date over 30 days ago is stale."""
    if days is None or days < -30:
        return None
    return clamp(100.0 * (365.0 - days) / 351.0)


def _fit(facts: Facts) -> float | None:
    """Mean of what is known of distance, vehicles in the household and age of the newest one."""
    household = min(40.0 + 20.0 * facts.household_vehicles, 100.0)
    known = [
        points
        for points in (
            facts.distance_points,
            household if facts.household_vehicles else None,
            _ownership(facts.ownership_years),
        )
        if points is not None
    ]
    return sum(known) / len(known) if known else None


def _ownership(years: float | None) -> float | None:
    """How likely a car of this age is to be replaced: most after four to eight years."""
    if years is None:
        return None
    return 20.0 if years < 2 else 50.0 if years < 4 else 100.0 if years < 8 else 70.0


def _past(facts: Facts) -> float | None:
    if not (facts.household_vehicles or facts.bought_from_us or facts.services_730):
        return None
    loyal = facts.days_since_first is not None and facts.days_since_first >= 3 * 365
    return (
        min(30.0 * facts.bought_from_us, 60.0)
        + min(5.0 * facts.services_730, 30.0)
        + (10.0 if loyal else 0.0)
    )


def effective_parts(
    bases: Mapping[str, float | None],
    impacts: Mapping[str, float],
    adjustments: Mapping[str, Decimal],
) -> dict[str, Part]:
    """clamp(base + sum of impacts, 0, 100) of each component, or what a person has set.

    `impacts` names the components on which events count today, with the sum of their points.
    """
    parts = {}
    for name in COMPONENTS:
        base, points = bases.get(name), impacts.get(name)
        automatic = rounded(clamp((base or 0.0) + (points or 0.0)))
        source = "r" if points is not None else "d" if base is not None else "-"
        if name in adjustments:
            parts[name] = Part(rounded(adjustments[name]), automatic, "p")
        else:
            parts[name] = Part(automatic, automatic, source)
    return parts


def overall(
    values: Mapping[str, Decimal], weights: Mapping[str, Decimal] = SEED_WEIGHTS
) -> Decimal:
    """Weighted sum, 0-100 with two decimals; a component that is not named counts 0."""
    return rounded(sum((values[name] * weights[name] for name in values), Decimal(0)))


def potential(parts: Mapping[str, Part], weights: Mapping[str, Decimal] = SEED_WEIGHTS) -> Decimal:
    """The score if what is unknown were like what is known; 0 when nothing is."""
    known = {name: part.value for name, part in parts.items() if part.source != "-"}
    share = sum((weights[name] for name in known), Decimal(0))
    total = sum((known[name] * weights[name] for name in known), Decimal(0))
    return rounded(total / share) if share else Decimal("0.00")


def level_of(score: Decimal, bounds: Mapping[str, Decimal] = SEED_BOUNDS) -> str:
    """The warmest level whose bound `score` reaches: 89.99 is hot, 90.00 scorching."""
    return next((name for name in LEVELS if score >= bounds[name]), COLDEST)


def purchase_probability(score: Decimal, algorithm: Algorithm) -> Decimal:
    """Logistic curve, in per cent; an assumption until a version says that it is calibrated."""
    odds = (float(score) - algorithm.probability_midpoint) / algorithm.probability_scale
    return rounded(100.0 / (1.0 + math.exp(-odds)))


def expected_timeframe(score: Decimal, days_to_declared_purchase: int | None) -> int:
    """Days until the decision: as declared, else from a week (score 100) to a year (score 0)."""
    if days_to_declared_purchase is not None and days_to_declared_purchase >= -30:
        return max(days_to_declared_purchase, 0)
    gap = 1.0 - float(score) / 100.0
    return math.floor(7.0 + 358.0 * gap * gap + 0.5)


def predicted_value(facts: Facts, algorithm: Algorithm) -> Decimal:
    """Middle of the declared prices, else the largest amount of the last year, else what is
    typical."""
    low, high = facts.price_min, facts.price_max
    if low is not None and high is not None:
        return rounded((low + high) / 2)
    for value in (low, high, facts.largest_value_365):
        if value is not None:
            return rounded(value)
    return algorithm.typical_purchase_value


def churn_risk(facts: Facts, past_purchases: Decimal) -> Decimal:
    """days / (days + 60) of silence, eased by loyalty, raised by opting out and not showing up;
    50 when there was never any contact."""
    days = facts.days_since_last if facts.days_since_last is not None else facts.days_since_first
    silence = 50.0 if days is None else 100.0 * days / (days + 60.0)
    loyalty = 1.0 - 0.4 * float(past_purchases) / 100.0
    opted_out = 15.0 if facts.opt_outs_365 else 0.0
    return rounded(clamp(silence * loyalty + opted_out + min(5.0 * facts.no_shows_180, 10.0)))


def confidence(parts: Mapping[str, Part], facts: Facts, weights: Mapping[str, Decimal]) -> Decimal:
    """60 points for the weight of the known components, 20 for a fresh last interaction (none
    after 180 days), 20 for five meaningful interactions."""
    coverage = float(sum((weights[n] for n, p in parts.items() if p.source != "-"), Decimal(0)))
    days = facts.days_since_last
    recency = 0.0 if days is None else max(1.0 - days / 180.0, 0.0)
    return rounded(60.0 * coverage + 20.0 * recency + 20.0 * min(facts.meaningful / 5.0, 1.0))


def score(
    facts: Facts,
    *,
    as_of: date,
    impacts: Mapping[str, float] | None = None,
    adjustments: Mapping[str, Decimal] | None = None,
    algorithm: Algorithm | None = None,
) -> Result:
    """Everything that is computed of a customer on `as_of`."""
    algorithm = algorithm or Algorithm()
    parts = effective_parts(base_values(facts), impacts or {}, adjustments or {})
    total = overall({name: part.value for name, part in parts.items()}, algorithm.weights)
    timeframe = expected_timeframe(total, facts.days_to_declared_purchase)
    churn = churn_risk(facts, parts["past_purchase_behavior"].value)
    return Result(
        parts=parts,
        overall=total,
        potential=potential(parts, algorithm.weights),
        level=level_of(total, algorithm.bounds),
        purchase_probability=purchase_probability(total, algorithm),
        expected_timeframe=timeframe,
        predicted_date=as_of + timedelta(days=timeframe),
        predicted_value=predicted_value(facts, algorithm),
        churn_risk=churn,
        retention=100 - churn,
        confidence=confidence(parts, facts, algorithm.weights),
    )
