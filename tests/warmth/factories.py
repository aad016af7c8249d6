"""Rows of the warmth tables for tests; see `tests.factories`."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from tests.factories import CustomerFactory
from warmth import models
from warmth.enums import EventType


class CustomerWarmthFactory(DjangoModelFactory):
    """A record as a person would write it: its components stand as manual adjustments."""

    class Meta:
        model = models.CustomerWarmth

    customer = factory.SubFactory(CustomerFactory)
    overall_warmth_score = Decimal("40.00")

    @classmethod
    def _after_postgeneration(
        cls, instance: models.CustomerWarmth, create: bool, results: object = None
    ) -> None:
        """What triggers of the database have set."""
        if create:
            instance.refresh_from_db()


def history_row(
    warmth: models.CustomerWarmth, score: str, at: datetime, **values: Any
) -> models.CustomerWarmthHistory:
    """A row of history as if it had been written at that time."""
    return models.CustomerWarmthHistory.objects.create(
        customer_warmth=warmth,
        warmth_score_snapshot=Decimal(score),
        warmth_level_snapshot="cold",
        change_trigger="test",
        score_change=0,
        created_at=at,
        **values,
    )


class WarmthEventFactory(DjangoModelFactory):
    class Meta:
        model = models.WarmthEvent

    customer = factory.SubFactory(CustomerFactory)
    event_type = EventType.INQUIRY
    occurred_at = factory.LazyFunction(lambda: timezone.now() - timedelta(days=1))
    event_key = factory.Sequence(lambda n: f"test:{n}")


class WarmthAlgorithmFactory(DjangoModelFactory):
    """A draft with the seed's weights and no rules."""

    class Meta:
        model = models.WarmthAlgorithm

    version = factory.Sequence(lambda n: f"test-{n}")


class WarmthScoringTriggerFactory(DjangoModelFactory):
    class Meta:
        model = models.WarmthScoringTrigger

    algorithm = factory.SubFactory(WarmthAlgorithmFactory)
    trigger_name = "Test drive"
    trigger_type = EventType.TEST_DRIVE
    base_score_impact = Decimal("25.00")
    decay_rate = Decimal("0.10")
    max_occurrences = 2
    time_window_days = 90
