"""A generated year: believable, written once, taken away again."""

import random
from collections import Counter
from datetime import UTC, datetime
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.db.models import Sum

from crm.enums import BatchKind
from crm.models import Customer, DataBatch, Vehicle
from tests.factories import CustomerFactory
from warmth import demo
from warmth.enums import EventType
from warmth.models import CustomerWarmth, CustomerWarmthHistory, WarmthEvent, WarmthLevelCrossing
from warmth.seeding.stories import story

NOW = datetime(2026, 11, 21, 15, tzinfo=UTC)
AFTER_MIDNIGHT = datetime(2026, 11, 21, 5, 40, tzinfo=UTC)  # 12:40 AM at the shop


def test_stories_are_repeatable_past_and_tell_of_purchases() -> None:
    told = [story(random.Random(number), NOW) for number in range(2_000)]
    assert told == [story(random.Random(number), NOW) for number in range(2_000)]
    happened = [one for each in told for one in each.happenings]
    assert all(one.at < NOW for one in happened)
    kinds = Counter(one.event_type for one in happened)
    assert 0.02 < kinds[EventType.PURCHASE] / len(told) < 0.10
    assert 0.04 < sum(each.wish is not None for each in told) / len(told) < 0.09


@pytest.mark.django_db
def test_a_seeded_year_adds_up_and_is_written_once() -> None:
    batch = DataBatch.objects.create(kind=BatchKind.DEMO, label="test")
    CustomerFactory.create_batch(30, batch=batch)
    real = CustomerFactory.create()
    with time_machine.travel(AFTER_MIDNIGHT, tick=False):
        call_command("seed_warmth", stdout=StringIO())
    scored = CustomerWarmth.objects.annotate(added=Sum("history__score_change"))
    assert scored.count() == 30
    assert all(row.added == row.overall_warmth_score == row.recorded_score for row in scored)
    assert not CustomerWarmthHistory.objects.filter(created_at__gt=AFTER_MIDNIGHT).exists()
    events = WarmthEvent.objects.count()
    assert events > 30 and not WarmthEvent.objects.filter(customer=real.pk).exists()
    assert not WarmthLevelCrossing.objects.undelivered().exists()
    again = StringIO()
    call_command("seed_warmth", stdout=again)
    assert WarmthEvent.objects.count() == events
    removed = demo._remove(Customer.objects.filter(batch=batch), Vehicle.objects.none())
    assert removed["warmth rows"] > events
    assert not CustomerWarmth.objects.exists() and not WarmthEvent.objects.exists()
