"""Which changes of level are told, and that each is told once."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from crm.enums import WorkKind
from crm.models import WebhookMessage, WorkItem
from jobs.models import Outbox
from tests.factories import CustomerFactory, WebhookEndpointFactory
from tests.jobs.test_twice import two_at_once
from tests.warmth.factories import CustomerWarmthFactory, WarmthEventFactory
from warmth import hysteresis, scoring
from warmth.enums import WarmthLevel
from warmth.hysteresis import COOL_DOWN, Told, crossing
from warmth.models import CustomerWarmth, WarmthLevelCrossing
from warmth.services import crossings
from warmth.services.computation import EVERYBODY, these

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BOUNDS = scoring.SEED_BOUNDS


def ask(score, *told):
    """`told`: (direction, level, days ago), newest first."""
    return crossing(
        level=scoring.level_of(Decimal(score)),
        score=Decimal(score),
        bounds=BOUNDS,
        told=[Told(way, level, NOW - timedelta(days=days)) for way, level, days in told],
        now=NOW,
    )


@pytest.mark.parametrize(
    ("score", "told", "expected"),
    [
        ("14.99", [], None),
        ("15", [], "up"),
        ("92", [], "up"),
        ("75", [("up", "warm", 1)], "up"),
        ("74.99", [("up", "hot", 30)], None),
        ("73.00", [("up", "hot", 30)], None),
        ("72.99", [("up", "hot", 30)], "down"),
        ("20", [("up", "hot", 1)], "down"),
        ("10", [("up", "cold", 30)], "down"),
        # Back again within the cool-down, and after it.
        ("76", [("down", "warm", 2), ("up", "hot", 6.99)], None),
        ("76", [("down", "warm", 2), ("up", "hot", 7)], "up"),
        ("91", [("down", "warm", 2), ("up", "hot", 3)], "up"),
        ("61", [("down", "cool", 2), ("up", "hot", 3)], None),
        ("50", [("up", "hot", 1), ("down", "cold", 3)], None),
        ("50", [("up", "hot", 1), ("down", "warm", 3)], "down"),
    ],
)
def test_crossing(score, told, expected):
    assert ask(score, *told) == expected


@given(st.lists(st.decimals(0, 100, places=2), min_size=1, max_size=40))
def test_what_is_told_follows_the_score_and_never_repeats(scores):
    """Daily scores: no direction is told to the same level twice within the cool-down, the level
    alternates, and a score that stays is told by the end of the cool-down."""
    told = []
    days = [*scores, *[scores[-1]] * 8]
    for day, score in enumerate(days):
        now = NOW + timedelta(days=day)
        level = scoring.level_of(score)
        way = crossing(level=level, score=score, bounds=BOUNDS, told=told, now=now)
        if way:
            assert not told or told[0].level != level
            assert all(
                now - entry.at >= COOL_DOWN
                for entry in told
                if (entry.direction, entry.level) == (way, level)
            )
            told.insert(0, Told(way, level, now))
    last = told[0].level if told else "ice_cold"
    reached = scoring.level_of(days[-1])
    if last != reached:
        rank = hysteresis.RANK
        assert rank[reached] < rank[last] and days[-1] >= BOUNDS[last] - hysteresis.MARGIN


def test_levels_of_the_pure_module_are_those_of_the_table():
    assert list(hysteresis.LEVELS) == WarmthLevel.values


# The twin in SQL


@pytest.mark.django_db
def test_sql_says_the_same_as_python():
    now = timezone.now()
    histories = [
        [], [("up", "hot", 30)], [("up", "hot", 3), ("down", "cool", 2)],
        [("up", "hot", 8), ("down", "cool", 2)], [("up", "scorching", 1)],
        [("down", "cold", 1), ("up", "warm", 0.5)],
    ]  # fmt: skip
    expected = {}
    for score in ("0", "14.99", "29", "43", "58.00", "72.99", "73", "75", "90", "100"):
        for history in histories:
            row = CustomerWarmthFactory(overall_warmth_score=Decimal(score))
            told = []
            for way, level, days in history:
                at = now - timedelta(days=days)
                WarmthLevelCrossing.objects.create(
                    customer=row.customer, direction=way, level=level, score=50, crossed_at=at,
                    previous_level="ice_cold" if level != "ice_cold" else "cold",
                )  # fmt: skip
                told.append(Told(way, level, at))
            told.sort(key=lambda entry: entry.at, reverse=True)
            expected[row.customer_id] = crossing(
                level=row.warmth_level, score=Decimal(score), bounds=BOUNDS, told=told, now=now
            )
    before = set(WarmthLevelCrossing.objects.values_list("pk", flat=True))
    count = crossings.note_crossings(EVERYBODY, now=now)
    new = WarmthLevelCrossing.objects.exclude(pk__in=before)
    found = dict.fromkeys(expected) | dict(new.values_list("customer", "direction"))
    assert found == expected
    assert count == len([way for way in expected.values() if way])


# Telling


@pytest.fixture
def hot(db):
    """A customer who has just become hot."""
    return CustomerWarmthFactory(overall_warmth_score=Decimal("81.50"))


def note(row, **values):
    CustomerWarmth.objects.filter(pk=row.pk).update(**values)
    return crossings.note_crossings(these([row.customer_id]))


def later(days):
    """Everything told so far was told that many days earlier."""
    for row in WarmthLevelCrossing.objects.all():
        row.crossed_at -= timedelta(days=days)
        row.save()


def test_crossing_goes_to_work_list_and_webhooks_once(hot):
    WebhookEndpointFactory(event_types=["warmth.level_up"])
    assert note(hot) == 1
    assert Outbox.objects.filter(task=crossings.DELIVER).count() == 1
    assert (crossings.deliver_crossings(), crossings.deliver_crossings()) == (1, 0)
    assert note(hot) == 0
    item = WorkItem.objects.get()
    assert (item.kind, item.customer_id) == (WorkKind.WARM_PROSPECT, hot.customer_id)
    assert item.title == "Became hot (81.50), was ice cold"
    assert '"level": "hot"' in WebhookMessage.objects.get().body
    assert hot.customer.last_name not in WebhookMessage.objects.get().body


def test_warmer_still_brings_the_open_item_up_to_date(hot):
    note(hot)
    crossings.deliver_crossings()
    note(hot, overall_warmth_score=95)
    crossings.deliver_crossings()
    assert WorkItem.objects.get().title == "Became scorching (95.00), was hot"


def test_cooled_prospect_takes_the_place_of_the_warm_one(hot):
    note(hot)
    crossings.deliver_crossings()
    note(hot, overall_warmth_score=50)
    crossings.deliver_crossings()
    item = WorkItem.objects.open().get()
    assert (item.kind, item.title) == (
        WorkKind.COOLED_PROSPECT, "Cooled to lukewarm (50.00), was hot"
    )  # fmt: skip
    assert WorkItem.objects.get(kind=WorkKind.WARM_PROSPECT).outcome == "not_needed"


def test_level_below_hot_is_told_to_webhooks_alone(hot):
    WebhookEndpointFactory()
    note(hot, overall_warmth_score=65)
    crossings.deliver_crossings()
    assert not WorkItem.objects.exists()
    assert WebhookMessage.objects.get().event == "warmth.level_up"


def test_swing_about_a_bound_is_told_once(hot):
    scores = ("75.5", "74.5", "75.5", "73.0", "76")
    assert [note(hot, overall_warmth_score=Decimal(score)) for score in scores] == [1, 0, 0, 0, 0]


def test_held_back_crossing_is_told_after_the_cool_down(hot):
    note(hot)
    note(hot, overall_warmth_score=50)
    assert note(hot, overall_warmth_score=80) == 0
    later(7)
    assert note(hot) == 1


def test_settled_levels_are_never_told(hot):
    assert crossings.settle(these([hot.customer_id])) == 1
    assert note(hot) == 0
    assert not WarmthLevelCrossing.objects.undelivered().exists()


def test_inactive_record_is_not_told(hot):
    assert note(hot, is_active=False) == 0


def test_who_asked_lately_is_called_back_and_others_need_consent(db):
    for kind, purpose in (
        ("inquiry", "callback"),
        ("purchase", "callback"),
        ("reply", "marketing"),
    ):
        customer = CustomerFactory()
        WarmthEventFactory(customer=customer, event_type=kind)
        crossings.rescore([customer.pk], trigger="test")
        row = CustomerWarmth.objects.get(customer=customer)
        note(row, overall_warmth_score=80)
        crossings.deliver_crossings()
        assert WorkItem.objects.get(customer=customer).purpose == purpose, kind


def test_delivery_of_hundreds_goes_on_by_itself(hot, monkeypatch):
    monkeypatch.setattr(crossings, "BATCH", 2)
    for _ in range(2):
        CustomerWarmthFactory(overall_warmth_score=80)
    crossings.note_crossings(EVERYBODY)
    Outbox.objects.all().delete()
    assert crossings.deliver_crossings() == 2
    assert Outbox.objects.filter(task=crossings.DELIVER).count() == 1
    assert crossings.deliver_crossings() == 1


@pytest.mark.django_db(transaction=True)
def test_two_at_once_note_a_crossing_once():
    row = CustomerWarmthFactory(overall_warmth_score=Decimal("81.50"))
    two_at_once(lambda: crossings.note_crossings(these([row.customer_id])))
    assert WarmthLevelCrossing.objects.count() == 1
