"""Accuracy on purchases."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import CustomerFactory
from tests.warmth.factories import CustomerWarmthFactory, WarmthEventFactory, history_row
from warmth import accuracy
from warmth.accuracy import Group
from warmth.services import algorithms, analysis

DAY = date(2026, 7, 1)
MOMENT = datetime(2026, 7, 1, 4, tzinfo=UTC)  # that day begins in New York


def half(score):
    return 0.5


# Measures


@pytest.mark.parametrize(
    ("groups", "auc"),
    [
        ([(90, 1, 1), (10, 9, 0)], 1.0),
        ([(10, 1, 1), (90, 9, 0)], 0.0),
        ([(50, 10, 5)], 0.5),
        ([(90, 2, 1), (10, 2, 1)], 0.5),
        ([(90, 4, 3), (10, 4, 1)], 0.75),
        ([(50, 2, 1), (50, 2, 1)], 0.5),
        ([(50, 3, 0)], None),
        ([(50, 3, 3)], None),
        ([], None),
    ],
)
def test_area_under_curve(groups, auc):
    assert accuracy.area_under_curve([Group(*group) for group in groups]) == auc


groups = st.lists(
    st.integers(1, 20).flatmap(
        lambda size: st.builds(
            Group, st.integers(0, 100).map(float), st.just(size), st.integers(0, size)
        )
    ),
    min_size=1,
    max_size=12,
)


@given(groups)
def test_area_is_the_share_of_pairs_in_the_right_order(found):
    buyers = [g.score for g in found for _ in range(g.buyers)]
    others = [g.score for g in found for _ in range(g.customers - g.buyers)]
    area = accuracy.area_under_curve(found)
    if not buyers or not others:
        assert area is None
        return
    won = sum((b > o) + (b == o) / 2 for b in buyers for o in others)
    assert area == pytest.approx(won / len(buyers) / len(others))


@given(groups)
def test_lift_of_everybody_is_one_and_bins_hold_everybody(found):
    measured = accuracy.measure(found, accuracy.logistic(50, 10))
    assert sum(entry.customers for entry in measured.bins) == measured.customers
    assert 0 <= measured.brier <= 1
    if measured.buyers:
        assert accuracy.lift(found, share=1.0) == pytest.approx(1)
        assert 0 <= measured.lift <= 10 + 1e-9


def test_lift_of_the_warmest_tenth():
    assert accuracy.lift([Group(90, 10, 5), Group(10, 90, 5)]) == 5.0
    # Half of the upper group is in the tenth.
    assert accuracy.lift([Group(90, 20, 8), Group(10, 80, 2)]) == 4.0


def test_calibration_compares_prediction_and_outcome():
    found = [Group(80, 10, 7), Group(20, 10, 1)]
    bins = accuracy.calibration(found, lambda score: score / 100)
    assert [(b.low, b.high, b.predicted, b.actual) for b in bins] == [
        (0.2, 0.3, 0.2, 0.1), (0.8, 0.9, 0.8, 0.7)
    ]  # fmt: skip
    assert accuracy.brier([Group(50, 4, 2)], half) == 0.25


# On recorded purchases


def bought(customer, days):
    WarmthEventFactory(
        customer=customer, event_type="purchase", occurred_at=MOMENT + timedelta(days=days)
    )


def scored(score, version="seed-1.0", *, at=MOMENT - timedelta(days=3)):
    """A customer who had `score` under `version` at that time."""
    row = CustomerWarmthFactory()
    history_row(row, score, at, algorithm_version=version)
    return row.customer


@pytest.mark.django_db
def test_recorded_accuracy_goes_by_the_version_that_scored_at_the_time():
    bought(scored(90), 10)
    bought(scored(80), 91)  # after the horizon
    bought(scored(85), -1)  # before the day
    scored(20)
    scored(50, at=MOMENT + timedelta(days=1))  # had no score yet
    bought(scored(10, "other"), 0)
    found = {entry.version: entry for entry in analysis.recorded_accuracy(days=[DAY])}
    seed, other = found["seed-1.0"].accuracy, found["other"].accuracy
    assert (seed.customers, seed.buyers, seed.auc) == (4, 1, 1.0)
    assert (other.customers, other.buyers, other.auc) == (1, 1, None)
    assert not found["other"].is_backtest


@pytest.mark.django_db
def test_backtest_judges_a_draft_by_what_it_would_have_said():
    warm, cold = CustomerFactory(), CustomerFactory()
    for customer, kind in ((warm, "test_drive"), (cold, "inquiry")):
        WarmthEventFactory(
            customer=customer, event_type=kind, occurred_at=MOMENT - timedelta(days=5)
        )
    # What happens from that day on is not known to it.
    WarmthEventFactory(customer=cold, event_type="test_drive", occurred_at=MOMENT)
    bought(warm, 30)
    draft = algorithms.create_draft(version="2.0")
    assert analysis.backtest(draft, days=[DAY]).accuracy.auc == 1.0
    draft.triggers.filter(trigger_type="test_drive").update(base_score_impact=-50)
    assert analysis.backtest(draft, days=[DAY]).accuracy.auc == 0.0


@pytest.mark.django_db
def test_review_of_weights_and_rules():
    for n in range(4):
        customer = CustomerFactory()
        if n < 2:
            WarmthEventFactory(
                customer=customer, event_type="test_drive", occurred_at=MOMENT - timedelta(days=5)
            )
        if n == 0:
            bought(customer, 30)
    engagement = analysis.review_weights(day=DAY)[0]
    assert (engagement.component, engagement.weight) == ("engagement", Decimal("0.20"))
    assert engagement.buyers_mean > engagement.others_mean
    assert engagement.correlation > 0
    reviews = {entry.rule.trigger_type: entry for entry in analysis.review_rules(day=DAY)}
    drive = reviews["test_drive"]
    assert (drive.customers, drive.buyers, drive.lift) == (2, 1, 2.0)
    assert (reviews["quote"].customers, reviews["quote"].lift) == (0, None)


@pytest.mark.django_db
def test_reports_of_an_empty_house():
    assert analysis.recorded_accuracy(days=[DAY]) == []
    assert analysis.backtest(algorithms.champion(), days=[DAY]).accuracy.customers == 0
    assert analysis.review_weights(day=DAY)[0].correlation is None
    assert {entry.customers for entry in analysis.review_rules(day=DAY)} == {0}


def test_past_days_are_firsts_of_months_whose_horizon_is_over():
    days = analysis.past_days(as_of=date(2026, 11, 21), months=3, horizon_days=90)
    assert days == [date(2026, 6, 1), date(2026, 7, 1), date(2026, 8, 1)]
