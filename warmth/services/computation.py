"""The one statement that computes warmth, for any set of customers, under any version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection

from crm.querysets import shop_day
from warmth.enums import NATURES, Component, EventType, ScoringAlgorithm
from warmth.models import WarmthAlgorithm
from warmth.services.distances import distance_points

_TEMPLATE = (Path(__file__).parent.parent / "sql" / "compute.sql").read_text()
# For a transaction that computes many: enough to group 20,000 customers without sorting their
# events on disk, and no compiling, which would take longer than the statement.
SETTINGS = "SELECT set_config('work_mem', '64MB', true), set_config('jit', 'off', true)"
# Every column of customer_warmth that the engine writes, besides updated_at.
COLUMNS = (
    "overall_warmth_score", "warmth_level", "purchase_probability",
    *(part.column for part in Component),
    "days_since_first_contact", "days_since_last_interaction", "expected_purchase_timeframe",
    "total_interactions", "meaningful_interactions", "last_engagement_type",
    "last_engagement_date", "predicted_purchase_value", "predicted_purchase_date",
    "churn_risk_score", "retention_probability", "scoring_algorithm_used", "algorithm_version",
    "confidence_level", "component_sources", "manual_adjustments", "recorded_score",
)  # fmt: skip


@dataclass(frozen=True)
class Scope:
    """Which customers: a condition on the column put in for `{key}`, and its parameters."""

    condition: str
    parameters: dict[str, Any]


EVERYBODY = Scope("true", {})


def these(customer_ids: Iterable[UUID]) -> Scope:
    return Scope("{key} = ANY(%(ids)s::uuid[])", {"ids": list(customer_ids)})


def between(first: str | UUID, last: str | UUID) -> Scope:
    """Both ends included."""
    return Scope("{key} BETWEEN %(first)s::uuid AND %(last)s::uuid", {"first": first, "last": last})


@dataclass(frozen=True)
class Arm:
    """A version and the customers whom it scores: a condition on customers c, and its
    parameters."""

    algorithm: WarmthAlgorithm
    name: ScoringAlgorithm = ScoringAlgorithm.CHAMPION
    condition: str = "true"
    chosen: Mapping[str, Any] = field(default_factory=dict)

    def targets(self) -> frozenset[str]:
        """Components that rules of the version are about."""
        rules = self.algorithm.triggers.filter(is_active=True)
        return frozenset(rules.values_list("target_component", flat=True))

    def parameters(self) -> dict[str, Any]:
        return {"algorithm": self.algorithm.pk, "arm": self.name.value, **self.chosen}


def arms() -> list[Arm]:
    """The published versions: one that scores everybody, or that one and one on trial."""
    champion, *trials = WarmthAlgorithm.objects.published()
    if not trials:
        return [Arm(champion)]
    trial = trials[0]
    condition = "warmth_in_trial(c.id, %(trial)s, %(percent)s)"
    chosen = {"trial": trial.version, "percent": trial.split_percent}
    return [
        Arm(champion, ScoringAlgorithm.CHAMPION, f"NOT {condition}", chosen),
        Arm(trial, ScoringAlgorithm.CHALLENGER, condition, chosen),
    ]


def statement(scope: Scope, arm: Arm) -> str:
    """`WITH ... computed AS (...)`, to be followed by what is to be done with `computed`."""
    return _filled().format(
        impacts=_impacts(arm.targets()),
        customers_in_scope=f"{scope.condition.format(key='c.id')} AND {arm.condition}",
        warmth_in_scope=scope.condition.format(key="w.customer_id"),
        events_in_scope=scope.condition.format(key="e.customer_id"),
        vehicles_in_scope=scope.condition.format(key="v.customer_id"),
    )


def parameters(as_of: date, *, gather: bool = False) -> dict[str, Any]:
    """Parameters of `statement` besides those of the scope and of the arm."""
    day_start, day_end = shop_day(as_of)
    points = distance_points()
    return {
        "as_of": as_of,
        "day_start": day_start,
        "day_end": day_end,
        "day_end_epoch": day_end.timestamp(),
        "zips": list(points),
        "distance_points": list(points.values()),
        "gather": gather,
    }


def compute(
    scope: Scope, algorithm: WarmthAlgorithm, *, as_of: date, columns: Sequence[str]
) -> list[tuple[Any, ...]]:
    """`columns` of `computed` for the customers in scope under `algorithm`, published or not.

    Reads only. Besides COLUMNS there are customer_id, coverage (weight of the known components),
    `<component>_automatic` and `<component>_points` (what rules add today, None without).
    """
    select = f" SELECT {', '.join(columns)} FROM computed ORDER BY customer_id"  # noqa: S608  (names of our own columns)
    arm = Arm(algorithm)
    values = {**parameters(as_of), **arm.parameters(), **scope.parameters}
    with connection.cursor() as cursor:
        cursor.execute(statement(scope, arm) + select, values)
        return cursor.fetchall()


@cache
def _filled() -> str:
    """The template with everything but the scope put in."""
    each = _for_each_component
    return _TEMPLATE.format(
        customers_in_scope="{customers_in_scope}",
        warmth_in_scope="{warmth_in_scope}",
        events_in_scope="{events_in_scope}",
        vehicles_in_scope="{vehicles_in_scope}",
        types=_types(),
        impacts="{impacts}",
        points=each("e.{0}_points"),
        automatics=each(
            # To turn a number into numeric costs more than to compute it; many are unknown.
            "CASE WHEN num_nulls({0}_base, {0}_points) = 2 THEN 0.00::numeric(5,2)"
            " ELSE least(greatest(coalesce({0}_base, 0) + coalesce({0}_points, 0), 0), 100)"
            "::numeric(5,2) END AS {0}_automatic"
        ),
        values=each(
            "coalesce((set_by_hand #>> ARRAY['{0}', 'value'])::numeric(5,2), {0}_automatic)"
            " AS {0}_value"
        ),
        sources=each(
            "CASE WHEN set_by_hand ? '{0}' THEN 'p' WHEN {0}_points IS NOT NULL THEN 'r'"
            " WHEN {0}_base IS NOT NULL THEN 'd' ELSE '-' END AS {0}_source"
        ),
        weighted_sum=each("{0}_value * v.{0}_weight", " + "),
        coverage=each("CASE {0}_source WHEN '-' THEN 0 ELSE v.{0}_weight END", " + "),
        all_sources=each("{0}_source", " || "),
        scores=each("{0}_value AS {0}_score"),
        automatic_columns="coverage, " + each("{0}_automatic"),
        point_columns=each("{0}_points"),
    ).replace("'{}'", "'{{}}'")  # an empty object, for the second round of filling in


def _for_each_component(pattern: str, between: str = ",\n        ") -> str:
    return between.join(pattern.format(part.value) for part in Component)


def _impacts(targets: frozenset[str]) -> str:
    """Sums of what rules add. Components without a rule get none: on millions of events each sum
    that is always null would still cost its share."""
    counted = (
        "sum(floor(r.hundredths * exp(r.exponent * w.age) + 0.5)) FILTER (WHERE r.target = '{0}'"
        " AND w.place <= r.most AND w.age <= r.days) / 100 AS {0}_points"
    )
    return ",\n        ".join(
        (counted if part.value in targets else "NULL::float8 AS {0}_points").format(part.value)
        for part in Component
    )


def _types() -> str:
    """Rows of (event_type, ordinal, what its Nature says)."""
    return ",\n        ".join(
        f"('{kind.value}', {place}, {', '.join(map(str, NATURES[kind]))})"
        for place, kind in enumerate(EventType)
    )
