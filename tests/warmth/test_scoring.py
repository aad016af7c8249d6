"""Components, score, level and forecast."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warmth import scoring
from warmth.decay import Rule, impact
from warmth.enums import Component, DecisionRole, WarmthLevel
from warmth.scoring import Algorithm, Facts

DAY = date(2026, 11, 21)
SEED_EXAMPLE = dict(
    zip(scoring.COMPONENTS, map(Decimal, (75, 60, 80, 85, 70, 75, 60, 70)), strict=True)
)
scores = st.decimals(0, 100, places=2)
values = st.fixed_dictionaries(dict.fromkeys(scoring.COMPONENTS, scores))
prices = st.none() | st.decimals(0, 200_000, places=2)
counts = st.integers(0, 40)
facts = st.builds(
    Facts,
    days_since_first=st.none() | st.integers(0, 5000),
    days_since_last=st.none() | st.integers(0, 5000),
    kinds_90=st.integers(0, 18),
    initiated_90=counts,
    answered_180=counts,
    unanswered_180=counts,
    no_shows_180=st.integers(0, 5),
    opt_outs_365=st.integers(0, 2),
    services_730=counts,
    total=counts,
    meaningful=counts,
    largest_value_365=prices,
    price_min=prices,
    price_max=prices,
    days_to_declared_purchase=st.none() | st.integers(-900, 900),
    decision_role=st.none() | st.sampled_from(DecisionRole.values),
    distance_points=st.none() | st.floats(0, 100),
    household_vehicles=st.integers(0, 6),
    ownership_years=st.none() | st.floats(0, 40),
    bought_from_us=st.integers(0, 5),
)
impacts = st.dictionaries(
    st.sampled_from(scoring.COMPONENTS), st.integers(-20_000, 20_000).map(lambda n: n / 100)
)
adjustments = st.dictionaries(st.sampled_from(scoring.COMPONENTS), scores, max_size=3)


def test_names_are_those_of_the_tables():
    assert list(scoring.COMPONENTS) == Component.values
    assert [*scoring.LEVELS, scoring.COLDEST] == WarmthLevel.values[::-1]
    assert set(scoring.AUTHORITY) == set(DecisionRole.values)


def test_seed_example_is_73_50_and_not_73_25():
    assert scoring.overall(SEED_EXAMPLE) == Decimal("73.50")


@pytest.mark.parametrize(
    ("score", "level"),
    [
        ("100", "scorching"), ("90.00", "scorching"), ("89.99", "hot"), ("75", "hot"),
        ("74.99", "warm"), ("60", "warm"), ("59.99", "lukewarm"), ("45", "lukewarm"),
        ("44.99", "cool"), ("30", "cool"), ("29.99", "cold"), ("15", "cold"),
        ("14.99", "ice_cold"), ("0", "ice_cold"),
    ],
)  # fmt: skip
def test_levels_are_half_open(score, level):
    assert scoring.level_of(Decimal(score)) == level


def test_default_curve_passes_the_seeds_point():
    assert scoring.purchase_probability(Decimal("85.5"), Algorithm()) == Decimal("78.50")


def test_halves_are_rounded_up():
    assert scoring.rounded(Decimal("0.125")) == Decimal("0.13")
    assert scoring.rounded(2.675) == Decimal("2.68")


def test_nothing_known_is_ice_cold_without_confidence():
    result = scoring.score(Facts(), as_of=DAY)
    assert result.overall == 0
    assert result.level == "ice_cold"
    assert result.confidence == 0
    assert result.potential == 0
    assert {part.source for part in result.parts.values()} == {"-"}
    assert result.churn_risk == 50
    assert result.predicted_value == Decimal("35000.00")
    assert result.predicted_date == date(2027, 11, 21)


def test_what_is_unknown_counts_nothing_and_potential_leaves_it_out():
    result = scoring.score(Facts(decision_role="sole"), as_of=DAY)
    assert result.overall == Decimal("10.00")
    assert result.potential == Decimal("100.00")
    assert result.confidence == Decimal("6.00")


def test_value_set_by_a_person_stands_beside_the_automatic_one():
    parts = scoring.effective_parts(
        {"engagement": 16.0}, {"engagement": 25.0}, {"engagement": Decimal(80)}
    )
    assert parts["engagement"] == scoring.Part(Decimal("80.00"), Decimal("41.00"), "p")


def test_impact_of_25_on_engagement_is_5_overall():
    plain = scoring.score(Facts(total=1, kinds_90=1), as_of=DAY)
    driven = scoring.score(Facts(total=1, kinds_90=1), as_of=DAY, impacts={"engagement": 25.0})
    assert driven.overall - plain.overall == Decimal("5.00")
    assert driven.parts["engagement"].source == "r"


@pytest.mark.parametrize(
    ("known", "component", "value"),
    [
        (Facts(total=9, kinds_90=3), "engagement", 24.0),
        (Facts(total=9, kinds_90=7), "engagement", 40.0),
        (Facts(total=9, initiated_90=4), "interaction_frequency", 50.0),
        (Facts(answered_180=3, unanswered_180=1), "response_rate", 60.0),
        (Facts(price_min=Decimal(1)), "budget_qualification", 30.0),
        (Facts(price_min=Decimal(1), price_max=Decimal(2)), "budget_qualification", 50.0),
        (Facts(days_to_declared_purchase=14), "timeline_urgency", 100.0),
        (Facts(days_to_declared_purchase=-30), "timeline_urgency", 100.0),
        (Facts(days_to_declared_purchase=-31), "timeline_urgency", None),
        (Facts(days_to_declared_purchase=365), "timeline_urgency", 0.0),
        (Facts(decision_role="joint"), "decision_making_authority", 60.0),
        (Facts(distance_points=40.0, household_vehicles=2), "demographic_fit", 60.0),
        (Facts(ownership_years=5.0), "demographic_fit", 100.0),
        (
            Facts(bought_from_us=1, services_730=4, days_since_first=1095),
            "past_purchase_behavior",
            60.0,
        ),
        (Facts(), "past_purchase_behavior", None),
    ],
)  # fmt: skip
def test_component_from_the_records(known, component, value):
    assert scoring.base_values(known)[component] == value


@pytest.mark.parametrize(("miles", "points"), [(0, 100), (10, 100), (35, 50), (60, 0), (900, 0)])
def test_points_for_the_distance(miles, points):
    assert scoring.distance_points(miles) == points


def test_distance_between_atlanta_and_savannah():
    assert scoring.miles_between((33.7490, -84.3880), (32.0809, -81.0912)) == pytest.approx(
        223, abs=2
    )


@given(facts, impacts, adjustments)
def test_everything_stays_within_its_range(known, points, set_by_hand):
    result = scoring.score(known, as_of=DAY, impacts=points, adjustments=set_by_hand)
    for value in (
        result.overall, result.potential, result.purchase_probability, result.churn_risk,
        result.retention, result.confidence, *(part.value for part in result.parts.values()),
    ):  # fmt: skip
        assert 0 <= value <= 100
        assert value == round(value, 2)
    assert result.expected_timeframe >= 0
    assert result.predicted_date >= DAY
    assert result.churn_risk + result.retention == 100
    assert result.level == scoring.level_of(result.overall)


@given(values, st.sampled_from(scoring.COMPONENTS), scores)
def test_score_is_monotone_in_each_component(some, name, other):
    more = {**some, name: max(some[name], other)}
    assert scoring.overall(more) >= scoring.overall(some)


@given(scores, scores)
def test_level_and_probability_rise_with_the_score(one, other):
    low, high = sorted((one, other))
    order = WarmthLevel.values
    assert order.index(scoring.level_of(low)) <= order.index(scoring.level_of(high))
    curve = [scoring.purchase_probability(score, Algorithm()) for score in (low, high)]
    assert curve == sorted(curve)
    assert scoring.expected_timeframe(low, None) >= scoring.expected_timeframe(high, None)


@given(facts)
def test_silence_never_lowers_the_churn_risk(known):
    longer = replace(known, days_since_last=(known.days_since_last or 0) + 30)
    shorter = replace(known, days_since_last=known.days_since_last or 0)
    assert scoring.churn_risk(longer, Decimal(0)) >= scoring.churn_risk(shorter, Decimal(0))


def tables_of_the_docs() -> list[list[str]]:
    """Cells of every table row of docs/warmth.md."""
    text = (Path(__file__).parents[2] / "docs" / "warmth.md").read_text()
    return [
        [cell.strip(" *") for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|")
    ]


def test_worked_example_of_the_docs():
    example = {row[0]: row[1:] for row in tables_of_the_docs() if len(row) == 4}
    values = {}
    for name in scoring.COMPONENTS:
        weight, value, contribution = map(Decimal, example[name])
        assert weight == scoring.SEED_WEIGHTS[name]
        assert weight * value == contribution
        values[name] = value
    assert Decimal(example["overall"][2]) == scoring.overall(values)


def test_decay_table_of_the_docs():
    rows = [row for row in tables_of_the_docs() if len(row) == 2 and row[0].isdigit()]
    test_drive = Rule(points=25, decay_rate=0.10, window_days=90, max_occurrences=2)
    assert [float(worth) for _, worth in rows] == [impact(test_drive, int(age)) for age, _ in rows]
    assert len(rows) == 4
