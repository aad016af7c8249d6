"""Sums over all customers: the pipeline by level, and how scores have moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from warmth.enums import WarmthLevel

_PIPELINE = """
    SELECT warmth_level, count(*), round(avg(overall_warmth_score), 2),
        round(avg(predicted_purchase_value), 2), coalesce(sum(predicted_purchase_value), 0.00),
        coalesce(round(sum(predicted_purchase_value * purchase_probability / 100), 2), 0.00)
    FROM customer_warmth WHERE is_active GROUP BY warmth_level
"""
# What the view `warmth_trends` says, summed up. It is not asked, because it sorts the causes of
# every customer and day and looks up their names, which takes ten times as long.
_DAYS = """
    SELECT day, count(*), sum(changes)::bigint, round(avg(score), 2),
        coalesce(sum(change) FILTER (WHERE change > 0), 0.00),
        coalesce(sum(change) FILTER (WHERE change < 0), 0.00)
    FROM (
        SELECT shop_date(created_at) AS day, count(*) AS changes, sum(score_change) AS change,
            round(avg(warmth_score_snapshot), 2) AS score
        FROM customer_warmth_history_all
        WHERE created_at >= CURRENT_TIMESTAMP - interval '30 days'
        GROUP BY customer_warmth_id, day
    ) AS moved
    GROUP BY day ORDER BY day
"""
_OF_CUSTOMER = """
    SELECT trend_date, avg_daily_score, min_daily_score, max_daily_score, daily_change,
        change_count, change_triggers
    FROM warmth_trends WHERE customer_id = %s ORDER BY trend_date
"""


@dataclass(frozen=True)
class PipelineStage:
    """One level of the active customers, in the dealership's currency; `expected_value` weighs
    each predicted value with its probability. The means are None where nobody is."""

    level: str
    customers: int
    average_score: Decimal | None
    average_value: Decimal | None
    total_value: Decimal
    expected_value: Decimal


@dataclass(frozen=True)
class TrendDay:
    """A day of the last 30 on which scores moved: how many customers', in how many steps, what
    their mean score was, and the sums of what went up and down that day."""

    day: date
    customers: int
    changes: int
    average_score: Decimal
    gained: Decimal
    lost: Decimal


@dataclass(frozen=True)
class CustomerTrendDay:
    """A day of the last 30 on which one customer's score moved, as in the view `warmth_trends`."""

    day: date
    average_score: Decimal
    lowest_score: Decimal
    highest_score: Decimal
    change: Decimal
    changes: int
    triggers: str


def pipeline() -> list[PipelineStage]:
    """The seed's: levels with count and value, the warmest first, empty ones too; one query."""
    found = {row[0]: row for row in _rows(_PIPELINE)}
    nobody = (0, None, None, Decimal("0.00"), Decimal("0.00"))
    return [
        PipelineStage(level, *found[level][1:]) if level in found else PipelineStage(level, *nobody)
        for level in reversed(WarmthLevel.values)
    ]


def trends() -> list[TrendDay]:
    """The last 30 days of all customers, oldest first; one query."""
    return [TrendDay(*row) for row in _rows(_DAYS)]


def customer_trends(customer_id: UUID) -> list[CustomerTrendDay]:
    """The last 30 days of one customer, oldest first; one query."""
    return [CustomerTrendDay(*row) for row in _rows(_OF_CUSTOMER, [customer_id])]


def _rows(sql: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()
