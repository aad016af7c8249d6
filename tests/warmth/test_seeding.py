"""A generated year: believable, written once, taken away again."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.db.models import Sum

from crm.enums import BatchKind
from crm.models import Customer, DataBatch, Vehicle
from crm.querysets import shop_day
from tests.factories import CustomerFactory, VehicleFactory
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


def test_who_bought_by_the_records_has_mostly_shopped_before() -> None:
    bought = NOW - timedelta(days=100)
    told = [story(random.Random(number), NOW, bought) for number in range(500)]
    steps = [
        [one for one in each.happenings if one.event_type in {"inquiry", "test_drive", "quote"}]
        for each in told
    ]
    assert 0.75 < sum(map(bool, steps)) / len(steps) < 0.95
    assert all(timedelta(0) < bought - one.at < timedelta(days=60) for way in steps for one in way)
    assert not any(one.event_type == "purchase" for each in told for one in each.happenings)
    assert all(each.wish is None for each in told)


@pytest.mark.django_db
def test_a_seeded_year_adds_up_and_is_written_once() -> None:
    batch = DataBatch.objects.create(kind=BatchKind.DEMO, label="test")
    CustomerFactory.create_batch(30, batch=batch)
    real = CustomerFactory.create()
    day = AFTER_MIDNIGHT.date() - timedelta(days=100)
    buyers = list(Customer.objects.filter(batch=batch).order_by("pk")[:14])
    for buyer in buyers:
        VehicleFactory(customer=buyer, purchased_from_us=True, purchase_date=day)
    with time_machine.travel(AFTER_MIDNIGHT, tick=False):
        call_command("seed_warmth", stdout=StringIO())
    scored = CustomerWarmth.objects.annotate(added=Sum("history__score_change"))
    assert scored.count() == 30
    assert all(row.added == row.overall_warmth_score == row.recorded_score for row in scored)
    assert not CustomerWarmthHistory.objects.filter(created_at__gt=AFTER_MIDNIGHT).exists()
    theirs = WarmthEvent.objects.filter(customer__in=buyers)
    assert theirs.filter(event_type="purchase").count() == len(buyers)
    assert theirs.filter(event_type="inquiry", occurred_at__lt=shop_day(day)[0]).exists()
    events = WarmthEvent.objects.count()
    assert events > 30 and not WarmthEvent.objects.filter(customer=real.pk).exists()
    assert not WarmthLevelCrossing.objects.undelivered().exists()
    again = StringIO()
    call_command("seed_warmth", stdout=again)
    assert WarmthEvent.objects.count() == events
    removed = demo._remove(Customer.objects.filter(batch=batch), Vehicle.objects.none())
    assert removed["warmth rows"] > events
    assert not CustomerWarmth.objects.exists() and not WarmthEvent.objects.exists()
