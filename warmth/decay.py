"""What an event is worth as it ages. Ages are whole days, so that a score stands still through a
day of the dealership's calendar and a night that runs twice changes nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

SECONDS_PER_DAY = 86_400
Reason = Literal["counts", "cap", "expired"]


@dataclass(frozen=True)
class Rule:
    """`points` (-100 to 100) at age 0; `decay_rate` (0 <= rate < 1) is lost over each window of
    `window_days` (>= 1); at most `max_occurrences` (>= 1) events count at a time."""

    points: float
    decay_rate: float
    window_days: int
    max_occurrences: int

    @property
    def exponent(self) -> float:
        """ln(1 - decay_rate) / window, by day; the database stores it with the rule."""
        return math.log(1.0 - self.decay_rate) / self.window_days


@dataclass(frozen=True)
class Effect:
    """What one event adds today, in points of its rule's component, and why."""

    age_days: int
    points: float
    reason: Reason


def age_days(occurred_at: datetime, day_end: datetime) -> int:
    """Whole days before `day_end`, the first instant of the day after; 0 on the day itself."""
    return math.floor((day_end.timestamp() - occurred_at.timestamp()) / SECONDS_PER_DAY)


def impact(rule: Rule, age: int) -> float:
    """points x (1 - decay_rate)^(age / window) to the nearest hundredth while 0 <= age <= window,
    else 0: 25 with 10 % in 90 days is 25.00, on day 45 23.72, on day 90 22.50, on day 91 0."""
    if not 0 <= age <= rule.window_days:
        return 0.0
    return math.floor(rule.points * 100 * math.exp(rule.exponent * age) + 0.5) / 100


def effects(rule: Rule, ages: Sequence[int]) -> list[Effect]:
    """One for each of `ages` (of events that the rule is about, newest first), in that order.

    The newest `max_occurrences` count; what comes after them inside the window is kept as surplus.
    """
    return [
        Effect(age, impact(rule, age) if why == "counts" else 0.0, why)
        for age, why in ((age, _reason(rule, place, age)) for place, age in enumerate(ages))
    ]


def _reason(rule: Rule, place: int, age: int) -> Reason:
    if age > rule.window_days:
        return "expired"
    return "counts" if place < rule.max_occurrences else "cap"
