"""What the warmth tables refuse and what they do by themselves."""

from decimal import Decimal

import pytest
from django.db import IntegrityError

from tests.warmth.factories import (
    CustomerWarmthFactory,
    WarmthEventFactory,
)
from warmth.models import WarmthAlgorithm

pytestmark = pytest.mark.django_db


def test_first_version_is_published_with_rules():
    first = WarmthAlgorithm.objects.published().get()
    assert first.version == "seed-1.0"
    assert sum(first.weights.values()) == 1
    assert first.triggers.count() == 16


def test_event_key_is_unique():
    WarmthEventFactory(event_key="one")
    with pytest.raises(IntegrityError):
        WarmthEventFactory(event_key="one")


def test_smoke():
    warmth = CustomerWarmthFactory(overall_warmth_score=Decimal("75.50"), engagement_score=80)
    assert warmth.warmth_level == "hot"
    assert warmth.manual_adjustments["engagement"]["value"] == 80
    assert warmth.history.get().warmth_score_snapshot == Decimal("75.50")
