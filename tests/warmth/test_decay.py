"""What events are worth as they age."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warmth.decay import Rule, age_days, effects, impact

TEST_DRIVE = Rule(points=25, decay_rate=0.10, window_days=90, max_occurrences=2)
rules = st.builds(
    Rule,
    points=st.integers(-10_000, 10_000).map(lambda n: n / 100),
    decay_rate=st.integers(0, 99).map(lambda n: n / 100),
    window_days=st.integers(1, 400),
    max_occurrences=st.integers(1, 6),
)


@pytest.mark.parametrize(
    ("age", "points"), [(0, 25.00), (45, 23.72), (90, 22.50), (91, 0.0), (-1, 0.0)]
)
def test_impact_of_a_test_drive(age, points):
    assert impact(TEST_DRIVE, age) == points


@pytest.mark.parametrize(
    ("occurred", "age"),
    [
        (datetime(2026, 11, 20, 23, 59, tzinfo=UTC), 0),
        (datetime(2026, 11, 20, 0, 0, 1, tzinfo=UTC), 0),
        (datetime(2026, 11, 20, 0, 0, tzinfo=UTC), 1),
        (datetime(2026, 11, 19, 12, 0, tzinfo=UTC), 1),
        (datetime(2026, 11, 21, 0, 0, 1, tzinfo=UTC), -1),
    ],
)
def test_age_counts_whole_days_before_the_end_of_the_day(occurred, age):
    assert age_days(occurred, datetime(2026, 11, 21, tzinfo=UTC)) == age


def test_surplus_and_expired_events_are_kept_with_their_reason():
    found = effects(TEST_DRIVE, [0, 45, 90, 91])
    assert [(e.points, e.reason) for e in found] == [
        (25.0, "counts"), (23.72, "counts"), (0.0, "cap"), (0.0, "expired"),
    ]  # fmt: skip


@given(rules, st.integers(0, 500))
def test_impact_never_grows_with_age_nor_changes_its_sign(rule, age):
    now, later = impact(rule, age), impact(rule, age + 1)
    assert abs(later) <= abs(now) <= abs(rule.points)
    assert now * rule.points >= 0


@given(rules, st.lists(st.integers(0, 500), max_size=12).map(sorted))
def test_no_more_events_count_than_the_rule_allows(rule, ages):
    found = effects(rule, ages)
    assert sum(e.reason == "counts" for e in found) <= rule.max_occurrences
    assert [e.age_days for e in found] == ages
