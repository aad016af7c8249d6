"""What the board shows of the customers that a filter has chosen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, DecimalField, F, IntegerField, Q, QuerySet, Sum, Window
from django.db.models.expressions import OrderBy
from django.db.models.functions import Cast, Coalesce, Floor, Least, RowNumber
from django.utils import timezone

from warmth.enums import Component, WarmthLevel
from warmth.expressions import DAYS_SILENT
from warmth.models import CustomerWarmth, CustomerWarmthHistory
from warmth.querysets import CustomerWarmthQuerySet
from warmth.services.algorithms import champion
from warmth.words import why

MOVED_DAYS = 7
SHOWN = 8
BIN = 5
BINS = 100 // BIN


@dataclass
class Stage:
    """One level: how many, their mean score, and the mean and sum of the predicted values, in the
    dealership's currency, of those who have one (`valued`); a mean of nobody is None."""

    level: str
    customers: int = 0
    valued: int = 0
    score_sum: Decimal = Decimal(0)
    total_value: Decimal = Decimal(0)

    @property
    def average_score(self) -> Decimal | None:
        return self.score_sum / self.customers if self.customers else None

    @property
    def average_value(self) -> Decimal | None:
        return self.total_value / self.valued if self.valued else None


@dataclass(frozen=True)
class Pipeline:
    """`stages` warmest first; `bins` counts scores in steps of BIN points, 100 in the last."""

    stages: list[Stage]
    bins: list[int]

    @property
    def customers(self) -> int:
        return sum(self.bins)

    @property
    def total_value(self) -> Decimal:
        return sum((stage.total_value for stage in self.stages), Decimal(0))


def pipeline(found: QuerySet[CustomerWarmth]) -> Pipeline:
    """Levels and distribution of `found` in one query: at most 26 groups, whatever the number of
    customers."""
    stages = {level: Stage(level) for level in reversed(WarmthLevel.values)}
    bins = [0] * BINS
    groups = found.order_by().values(
        level=F("warmth_level"),
        bin=Least(Cast(Floor(F("overall_warmth_score") / BIN), IntegerField()), BINS - 1),
    )
    for row in groups.annotate(
        customers=Count("pk"),
        valued=Count("predicted_purchase_value"),
        scores=Sum("overall_warmth_score"),
        value=Coalesce(Sum("predicted_purchase_value"), Decimal(0), output_field=_MONEY),
    ):
        stage = stages[row["level"]]
        stage.customers += row["customers"]
        stage.valued += row["valued"]
        stage.score_sum += row["scores"]
        stage.total_value += row["value"]
        bins[row["bin"]] += row["customers"]
    return Pipeline(list(stages.values()), bins)


_MONEY = DecimalField(max_digits=20, decimal_places=2)


@dataclass(frozen=True)
class Mover:
    """By how many points a customer went up or down in MOVED_DAYS, and where they are now."""

    customer_id: UUID
    name: str
    change: Decimal
    score: Decimal
    level: str


def moves(found: QuerySet[CustomerWarmth] | None = None) -> QuerySet[Any, dict[str, Any]]:
    """`customer_warmth_id` and `change` in points, of those whose score changed in MOVED_DAYS; of
    `found` only, if given.

    Only customers who were known before: a first score is no movement.
    """
    since = timezone.now() - timedelta(days=MOVED_DAYS)
    recent = CustomerWarmthHistory.objects.since(since).filter(
        customer_warmth__created_at__lt=since, customer_warmth__is_active=True
    )
    if found is not None:
        recent = recent.filter(customer_warmth__in=found.order_by().values("pk"))
    return recent.order_by().values("customer_warmth_id").annotate(change=Sum("score_change"))


def movers(found: QuerySet[CustomerWarmth], *, narrowed: bool) -> tuple[list[Mover], list[Mover]]:
    """Who gained and who lost most in MOVED_DAYS, at most SHOWN each; two queries."""
    ranked = moves(found if narrowed else None).annotate(
        from_top=_place(F("change").desc()), from_bottom=_place(F("change").asc())
    )
    ends = ranked.filter(Q(from_top__lte=SHOWN) | Q(from_bottom__lte=SHOWN)).order_by("from_top")
    pairs = list(ends.values_list("customer_warmth_id", "change"))
    gained = [pair for pair in pairs if pair[1] > 0][:SHOWN]
    lost = [pair for pair in reversed(pairs) if pair[1] < 0][:SHOWN]
    shown = CustomerWarmth.objects.filter(pk__in=[key for key, _ in (*gained, *lost)])
    known = {row.pk: row for row in shown.with_customer()}
    return _movers(gained, known), _movers(lost, known)


def _place(order: OrderBy) -> Window:
    return Window(RowNumber(), order_by=[order, "customer_warmth_id"])


def _movers(moved: Iterable[tuple[UUID, Decimal]], known: dict[UUID, Any]) -> list[Mover]:
    return [
        Mover(
            customer_id=known[key].customer_id,
            name=known[key].customer.name,
            change=change,
            score=known[key].overall_warmth_score,
            level=known[key].warmth_level,
        )
        for key, change in moved
    ]


def prospects(found: CustomerWarmthQuerySet) -> list[dict[str, Any]]:
    """The warmest hot prospects of `found`, each with `reason` in words; two queries."""
    columns = (
        "customer_id", "overall_warmth_score", "warmth_level", "purchase_probability",
        "predicted_purchase_value", "last_engagement_type", "declared_purchase_date",
        *(part.column for part in Component),
    )  # fmt: skip
    rows = found.hot_prospects().values(
        *columns, name=F("customer__name"), phone=F("customer__phone"), days_silent=DAYS_SILENT
    )[:SHOWN]
    weights = champion().weights
    return [{**row, "reason": why(row, weights)} for row in rows]


def stale(found: CustomerWarmthQuerySet) -> list[dict[str, Any]]:
    """Warm on paper, silent for 90 days: the warmest first; one query."""
    rows = found.stale().hottest_first()
    return list(
        rows.values(
            "customer_id", "overall_warmth_score", "warmth_level", "last_engagement_type",
            name=F("customer__name"), days_silent=DAYS_SILENT,
        )[:SHOWN]
    )  # fmt: skip
