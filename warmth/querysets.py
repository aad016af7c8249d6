"""Chainable reads, named for what they yield."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models

from warmth.enums import AlgorithmState, WarmthLevel

STALE_DAYS = 90
_COLDEST = (WarmthLevel.ICE_COLD, WarmthLevel.COLD)


class CustomerWarmthQuerySet(models.QuerySet[Any]):
    def active(self) -> CustomerWarmthQuerySet:
        return self.filter(is_active=True)

    def at_levels(self, levels: Iterable[str]) -> CustomerWarmthQuerySet:
        return self.filter(warmth_level__in=list(levels))

    def hot_prospects(self) -> CustomerWarmthQuerySet:
        """The seed's: hot or scorching, active, warmest first."""
        return self.active().at_levels([WarmthLevel.HOT, WarmthLevel.SCORCHING]).hottest_first()

    def hottest_first(self) -> CustomerWarmthQuerySet:
        return self.order_by("-overall_warmth_score", "id")

    def stale(self) -> CustomerWarmthQuerySet:
        """The seed's: warm on paper, but no interaction for more than STALE_DAYS."""
        return self.filter(days_since_last_interaction__gt=STALE_DAYS).exclude(
            warmth_level__in=_COLDEST
        )

    def with_customer(self) -> CustomerWarmthQuerySet:
        return self.select_related("customer")

    def adjusted(self) -> CustomerWarmthQuerySet:
        """Those with at least one component set by a person."""
        return self.exclude(manual_adjustments={})


_SHOWN = (
    "id", "created_at", "warmth_score_snapshot", "warmth_level_snapshot", "score_change",
    "change_trigger", "change_description", "actor_label",
)  # fmt: skip


class WarmthHistoryQuerySet(models.QuerySet[Any]):
    def of_customer(self, customer_id: UUID) -> WarmthHistoryQuerySet:
        return self.filter(customer_warmth__customer=customer_id)

    def shown(self, *, archived: bool) -> Any:
        """Rows as a page shows them, of either table, so that the two may be joined."""
        return self.values(*_SHOWN, is_archived=models.Value(archived))

    def since(self, at: datetime) -> WarmthHistoryQuerySet:
        return self.filter(created_at__gte=at)

    def newest_first(self) -> WarmthHistoryQuerySet:
        return self.order_by("-created_at", "-id")


class WarmthEventQuerySet(models.QuerySet[Any]):
    def of_customer(self, customer_id: UUID) -> WarmthEventQuerySet:
        return self.filter(customer=customer_id)

    def newest_first(self) -> WarmthEventQuerySet:
        return self.order_by("-occurred_at", "-id")


class AlgorithmQuerySet(models.QuerySet[Any]):
    def published(self) -> AlgorithmQuerySet:
        """The version in force, then the one on trial, if there is one: one or two rows."""
        return self.filter(state=AlgorithmState.PUBLISHED).order_by("-split_percent")

    def drafts(self) -> AlgorithmQuerySet:
        return self.filter(state=AlgorithmState.DRAFT).order_by("-created_at")


class TriggerQuerySet(models.QuerySet[Any]):
    def in_force(self) -> TriggerQuerySet:
        """Active rules of published versions."""
        return self.filter(is_active=True, algorithm__state=AlgorithmState.PUBLISHED)


class CrossingQuerySet(models.QuerySet[Any]):
    def undelivered(self) -> CrossingQuerySet:
        return self.filter(delivered_at__isnull=True).order_by("crossed_at", "id")
