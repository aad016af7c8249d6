"""What a score would be if components were other than they are. Reads only."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from jobs.registry import local_today
from warmth import scoring
from warmth.models import CustomerWarmth, WarmthAlgorithm
from warmth.services.algorithms import version_of
from warmth.words import NEXT_STEPS


@dataclass(frozen=True)
class Imagined:
    """The composite score of imagined components, and what follows from it: level, probability
    in per cent, days to the decision. `change` is the difference to the present score."""

    overall: Decimal
    change: Decimal
    level: str
    probability: Decimal
    timeframe: int
    action: Any


def imagine(warmth: CustomerWarmth, values: Mapping[str, Decimal]) -> Imagined:
    """Score `values` of all components with the version that scores this customer; one query."""
    rules = _settings(version_of(warmth))
    overall = scoring.overall(values, rules.weights)
    declared = warmth.declared_purchase_date
    days = (declared - local_today()).days if declared is not None else None
    level = scoring.level_of(overall, rules.bounds)
    return Imagined(
        overall=overall,
        change=overall - warmth.overall_warmth_score,
        level=level,
        probability=scoring.purchase_probability(overall, rules),
        timeframe=scoring.expected_timeframe(overall, days),
        action=NEXT_STEPS[level].action,
    )


def _settings(version: WarmthAlgorithm) -> scoring.Algorithm:
    return scoring.Algorithm(
        weights=version.weights,
        bounds={name: getattr(version, f"{name}_from") for name in scoring.LEVELS},
        probability_midpoint=float(version.probability_midpoint),
        probability_scale=float(version.probability_scale),
        typical_purchase_value=version.typical_purchase_value,
    )
