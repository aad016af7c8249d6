"""Accuracy of versions on recorded purchases, and what weights and rules have been worth.

Looked at are the first days of past months whose horizon has ended: who stood where, and who bought
within the horizon. A purchase is an event of that type, entered by hand, sent, or derived from a
vehicle that was bought from us.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from crm.querysets import shop_day
from jobs.registry import local_today
from warmth.accuracy import Accuracy, Group, logistic, measure
from warmth.enums import Component
from warmth.models import WarmthAlgorithm, WarmthScoringTrigger
from warmth.services.algorithms import champion
from warmth.services.computation import EVERYBODY, Arm, parameters, statement

HORIZON_DAYS = 90
MONTHS = 12
# Whether the customer {0} bought within the horizon that begins at {1}.
_BOUGHT = """EXISTS (
    SELECT FROM warmth_events AS p WHERE p.customer_id = {0} AND p.event_type = 'purchase'
      AND p.occurred_at >= {1}::timestamptz
      AND p.occurred_at < {1}::timestamptz + make_interval(days => %(horizon)s)
)"""
_RECORDED = """
    SELECT h.algorithm_version, h.score, count(*), count(*) FILTER (WHERE {bought})
    FROM unnest(%(starts)s::timestamptz[]) AS d (start)
    CROSS JOIN customer_warmth AS w
    CROSS JOIN LATERAL (
        SELECT a.algorithm_version, a.warmth_score_snapshot AS score
        FROM customer_warmth_history_all AS a
        WHERE a.customer_warmth_id = w.id AND a.created_at < d.start
        ORDER BY a.created_at DESC, a.id DESC LIMIT 1
    ) AS h
    GROUP BY h.algorithm_version, h.score
"""
_BACKTEST = """
    SELECT n.overall_warmth_score, count(*), count(*) FILTER (WHERE {bought})
    FROM computed AS n GROUP BY n.overall_warmth_score
"""
_COMPONENTS = """
    , judged AS (SELECT n.*, ({bought})::int AS bought FROM computed AS n)
    SELECT {columns} FROM judged
"""
_RULES = """
    SELECT e.event_type, count(*), count(*) FILTER (WHERE e.bought) FROM (
        SELECT DISTINCT e.event_type, e.customer_id, {bought} AS bought
        FROM warmth_events AS e
        WHERE e.occurred_at < %(start)s
          AND e.occurred_at >= %(start)s::timestamptz - make_interval(days => %(horizon)s)
    ) AS e GROUP BY e.event_type
"""
_EVERYBODY = """
    SELECT count(*), count(*) FILTER (WHERE {bought})
    FROM customers AS c WHERE c.anonymised_at IS NULL
"""


@dataclass(frozen=True)
class VersionAccuracy:
    """`is_backtest`: computed today as of those days, so that vehicles bought since already count
    a little as loyalty; else as the version had scored at the time."""

    version: str
    is_backtest: bool
    accuracy: Accuracy


@dataclass(frozen=True)
class ComponentReview:
    """A component at the beginning of the last complete horizon: mean among those who bought
    within it and among the others, and its correlation with buying; None where nothing varies."""

    component: str
    weight: Decimal
    buyers_mean: float | None
    others_mean: float | None
    correlation: float | None


@dataclass(frozen=True)
class RuleReview:
    """Customers who had such an event within the horizon before the day, how many of them bought
    within the horizon after it, and how much likelier than the average that made them."""

    rule: WarmthScoringTrigger
    customers: int
    buyers: int
    lift: float | None


def past_days(
    *, as_of: date | None = None, months: int = MONTHS, horizon_days: int = HORIZON_DAYS
) -> list[date]:
    """The first days of the last `months` months whose horizon is over on `as_of`, oldest first."""
    last = (as_of or local_today()) - timedelta(days=horizon_days)
    found = [last.replace(day=1)]
    while len(found) < months:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found[::-1]


def recorded_accuracy(
    *, days: Sequence[date] | None = None, horizon_days: int = HORIZON_DAYS
) -> list[VersionAccuracy]:
    """Each version that has scored, on the scores it gave at the time; one query, by version."""
    starts = [shop_day(day)[0] for day in days or past_days(horizon_days=horizon_days)]
    groups: dict[str, list[Group]] = {}
    for version, *group in _rows(
        _judged(_RECORDED, "w.customer_id", "d.start"), {"starts": starts, "horizon": horizon_days}
    ):
        groups.setdefault(version, []).append(_group(*group))
    known = {found.version: found for found in WarmthAlgorithm.objects.filter(version__in=groups)}
    return [
        VersionAccuracy(version, False, measure(groups[version], _curve(known.get(version))))
        for version in sorted(groups)
    ]


def backtest(
    algorithm: WarmthAlgorithm,
    *,
    days: Sequence[date] | None = None,
    horizon_days: int = HORIZON_DAYS,
) -> VersionAccuracy:
    """A version, published or not, on what it would have said on those days; a query a day.

    Reads events as they were on the day. What customers declare and own is known only as it is
    today.
    """
    groups: list[Group] = []
    arm, judged = Arm(algorithm), _judged(_BACKTEST, "n.customer_id")
    for day in days or past_days(horizon_days=horizon_days):
        values = _on(day, horizon_days) | arm.parameters()
        groups += [_group(*row) for row in _rows(statement(EVERYBODY, arm) + judged, values)]
    return VersionAccuracy(algorithm.version, True, measure(groups, _curve(algorithm)))


def review_weights(
    *, day: date | None = None, horizon_days: int = HORIZON_DAYS
) -> list[ComponentReview]:
    """What each component of the champion said about buying, in one query."""
    version = champion()
    columns = ", ".join(
        f"avg({part.column}) FILTER (WHERE bought = 1)::float8,"
        f" avg({part.column}) FILTER (WHERE bought = 0)::float8, corr({part.column}, bought)"
        for part in Component
    )
    arm = Arm(version)
    sql = statement(EVERYBODY, arm) + _judged(_COMPONENTS, "n.customer_id", columns=columns)
    values = _on(day or _last_day(horizon_days), horizon_days) | arm.parameters()
    found = _rows(sql, values)[0]
    return [
        ComponentReview(part.value, version.weights[part.value], *found[3 * n : 3 * n + 3])
        for n, part in enumerate(Component)
    ]


def review_rules(*, day: date | None = None, horizon_days: int = HORIZON_DAYS) -> list[RuleReview]:
    """What the events of each rule of the champion said about buying; three queries."""
    values = _on(day or _last_day(horizon_days), horizon_days)
    counts = {
        kind: (customers, buyers)
        for kind, customers, buyers in _rows(_judged(_RULES, "e.customer_id"), values)
    }
    everybody, all_buyers = _rows(_judged(_EVERYBODY, "c.id"), values)[0]
    reviews = []
    for rule in champion().triggers.order_by("trigger_type", "target_component"):
        customers, buyers = counts.get(rule.trigger_type, (0, 0))
        usual = all_buyers / everybody if everybody else 0.0
        lift = buyers / customers / usual if customers and usual else None
        reviews.append(RuleReview(rule, customers, buyers, lift))
    return reviews


def _judged(template: str, customer: str, start: str = "%(start)s", **others: str) -> str:
    return template.format(bought=_BOUGHT.format(customer, start), **others)


def _last_day(horizon_days: int) -> date:
    return local_today() - timedelta(days=horizon_days)


def _on(day: date, horizon_days: int) -> dict[str, Any]:
    """As the day begins: its own events belong to what came after."""
    before = parameters(day - timedelta(days=1))
    return {**before, "start": shop_day(day)[0], "horizon": horizon_days}


def _rows(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def _group(score: Decimal, customers: int, buyers: int) -> Group:
    return Group(float(score), customers, buyers)


def _curve(algorithm: WarmthAlgorithm | None) -> Any:
    version = algorithm or champion()
    return logistic(float(version.probability_midpoint), float(version.probability_scale))
