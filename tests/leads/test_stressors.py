"""Factors, windows, percentiles and scores, and the worked example of docs/leads.md."""

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads import stressors
from leads.assessment import Facts, assess
from leads.classes import vehicle_type
from leads.climate import Climate, nearest
from leads.parameters import SEED

AS_OF = date(2024, 12, 31)
PAGE = Path(__file__).resolve().parents[2] / "docs" / "leads.md"


@pytest.mark.parametrize(
    ("swing", "summer", "expected"),
    [
        (40, 70, 0.0),
        (39, 60, 0.0),
        (60, 88, 0.5),
        (80, 100, 0.5),
        (50, 79, 0.25),
        (39, 83, 0.18056),
        (56, 81, 0.35278),
    ],
)
def test_temperature_stress(swing, summer, expected):
    stress = stressors.temperature_stress(swing=swing, temp_summer=summer)
    assert stress == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("annual", "expected"),
    [(12_000, 0.90), (24_000, 1.10), (0, 1.10), (30_000, 1.20), (500_000, 1.20), (None, 1.0)],
)
def test_usage_is_u_shaped_and_neutral_when_unknown(annual, expected):
    assert stressors.usage_factor(annual, SEED) == pytest.approx(expected)


@pytest.mark.parametrize(("stress", "expected"), [(0.0, 0.66), (0.3, 0.96), (None, 1.0)])
def test_environment(stress, expected):
    assert stressors.environment_factor(stress, SEED) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("product", "expected", "is_clamped"),
    [(0.2, 0.2, False), (0.9, 0.5, True), (0.001, 0.01, True), (0.5, 0.5, False)],
)
def test_prior_is_clamped_and_says_so(product, expected, is_clamped):
    assert stressors.adjusted_prior(product, 1.0, 1.0, SEED) == (expected, is_clamped)


@pytest.mark.parametrize(
    ("multiplier", "z", "is_stressed"),
    [(1.8, 2.0, True), (1.79, 1.975, False), (2.2, 3.0, True), (1.0, 0.0, False)],
)
def test_two_standard_deviations_begin_at_a_multiplier_of_1_8(multiplier, z, is_stressed):
    starts = round(1_200 * multiplier)
    assert stressors.start_z(starts, SEED) == pytest.approx(z)
    assert stressors.start_deviation(starts) == pytest.approx(multiplier)
    assert stressors.reaches(stressors.start_z(starts, SEED), 2.0) is is_stressed


@pytest.mark.parametrize(("starts", "cold"), [(0, 0), (1_200, 360), (5, 2), (2_641, 792)])
def test_three_in_ten_starts_are_cold(starts, cold):
    assert stressors.cold_starts(starts) == cold


@pytest.mark.parametrize(
    ("posterior", "urgency", "service", "window"),
    [
        (0.85, "immediate", "battery_replacement", "1-4_weeks"),
        (0.784, "immediate", "battery_replacement", "2-6_weeks"),
        (0.70, "immediate", "battery_replacement", "2-6_weeks"),
        (0.60, "immediate", "battery_replacement", "4-10_weeks"),
        (0.5999, "24_hours", "battery_test_and_charging_check", "2-4_months"),
        (0.45, "24_hours", "battery_test_and_charging_check", "2-4_months"),
        (0.30, "24_hours", "battery_test_and_charging_check", "3-6_months"),
        (0.2999, "48_hours", "battery_inspection", "6-12_months"),
        (1e-9, "48_hours", "battery_inspection", "6-12_months"),
    ],
)
def test_bands_include_their_lower_bound(posterior, urgency, service, window):
    assert stressors.contact_urgency(posterior, SEED) == urgency
    assert stressors.primary_service(urgency) == service
    assert stressors.failure_window(posterior) == window


@pytest.mark.parametrize(
    ("below", "ties", "total", "expected"),
    [
        (0, 1, 1, 50),
        (0, 1, 4, 13),
        (3, 1, 4, 88),
        (0, 4, 4, 50),
        (0, 1, 200, 0),
        (199, 1, 200, 100),
    ],
)
def test_percentile_is_the_mid_rank(below, ties, total, expected):
    assert stressors.risk_percentile(below=below, ties=ties, total=total) == expected


@pytest.mark.parametrize(
    ("posterior", "percentile", "z", "expected"),
    [(0.5, 50, 2.0, 50), (0.5, 50, None, 45), (0.999, 100, 9.0, 100), (0.001, 0, -3.0, 0)],
)
def test_urgency_score(posterior, percentile, z, expected):
    assert stressors.urgency_score(posterior, percentile, z) == expected


@given(st.floats(0, 1), st.integers(0, 100), st.none() | st.floats(-10, 50))
def test_urgency_score_stays_within_0_and_100(posterior, percentile, z):
    assert 0 <= stressors.urgency_score(posterior, percentile, z) <= 100


def test_money_is_rounded_half_up():
    assert stressors.expected_value(0.5, 405) == Decimal("202.50")
    assert stressors.expected_value(0.125, 1) == Decimal("0.13")


@pytest.mark.parametrize(
    ("model", "parts", "service"),
    [("F-150", 280, 125), ("F-250", 320, 145), ("Explorer", 260, 110)],
)
def test_seed_prices(model, parts, service):
    price = SEED.price(model=model, vehicle_type="car")
    assert (price.parts, price.service, price.source) == (parts, service, "seed")


def test_other_prices_are_marked_as_assumptions():
    others = {name: price for name, price in SEED.prices.items() if price.source != "seed"}
    assert set(others) == {"F-350", "Ranger", "Expedition"}
    assert all(price.source == "assumption" for price in SEED.type_prices.values())
    assert all(200 <= price.total <= 500 for price in SEED.prices.values())


def test_old_measurement_is_unknown_and_simulated_one_does_not_age():
    def says(days, source="battery_test"):
        return stressors.valid_soc(
            True,
            source=source,
            measured_on=AS_OF - timedelta(days=days),
            as_of=AS_OF,
            parameters=SEED,
        )

    assert [says(180), says(181), says(900, "simulated")] == [True, None, True]


def test_cohort_rate_wins_over_that_of_the_type():
    own = replace(SEED, cohort_priors={"suv_coastal_hot": 0.2})
    assert own.base_prior(vehicle_type="suv", cohort="suv_coastal_hot") == 0.2
    assert own.base_prior(vehicle_type="suv", cohort="suv_inland_hot") == 0.12


@pytest.mark.parametrize(
    ("model", "body", "kind"),
    [
        ("f-150", "", "light_truck"),
        ("F-350", "", "midweight_truck"),
        ("Expedition", "", "suv"),
        ("Camry", "", "car"),
        ("Thing", "Pickup", "light_truck"),
        ("Thing", "Sport Utility Vehicle (SUV)/Multi-Purpose Vehicle (MPV)", "suv"),
        ("Thing", "", None),
    ],
)
def test_vehicle_type(model, body, kind):
    assert vehicle_type(model, body) == kind


def town(zip_code, state):
    return Climate(zip_code, state, "inland_hot", 50, 80, 50, 0.3)


@pytest.mark.parametrize(
    ("zip_code", "state", "expected"),
    [
        ("30309", "GA", "30309"),
        ("30385-0001", "GA", "30309"),
        ("31500", "GA", "31401"),
        ("99999", "GA", "31401"),
        ("99999", "WA", None),
        ("3030", "GA", None),
        (None, "GA", None),
        ("30301", None, "30309"),
    ],
)
def test_nearest_climate(zip_code, state, expected):
    towns = [town("31401", "GA"), town("30309", "GA"), town("33101", "FL")]
    found = nearest(zip_code, state, towns)
    assert (found and found.zip_code) == expected


# docs/leads.md


def documented(label):
    """The number in the row of the page's table that begins with `label`."""
    example = PAGE.read_text().partition("## Worked example")[2]
    match = re.search(rf"^\| {re.escape(label)} \|.*\| ([-0-9.]+) \|$", example, re.MULTILINE)
    assert match, f"{label} is not in the worked example"
    return float(match.group(1))


def test_worked_example_of_the_page_is_right():
    facts = Facts(
        vehicle_type="light_truck",
        model="F-150",
        cohort="light_truck_inland_moderate",
        current_mileage=47_823,
        vehicle_age=2,
        temperature_swing=52,
        temperature_stress=stressors.temperature_stress(swing=52, temp_summer=79),
        start_cycles_annual=2_640,
        short_trip_percentage=0.62,
    )
    found = assess(facts, SEED, as_of=AS_OF)
    contributions = {part.name: part.log_odds for part in found.bayes.contributions}
    expected = {
        "temperature_stress": facts.temperature_stress,
        "environment": found.environment,
        "usage": found.usage,
        "start_cycle_z": found.start_cycle_z,
        "adjusted_prior": found.adjusted_prior,
        "combined_lr": found.bayes.combined_lr,
        "posterior_probability": found.posterior,
        "expected_value": float(found.expected_value),
        "urgency_score": stressors.urgency_score(found.posterior, 80, found.start_cycle_z),
        "prior": contributions["prior"],
        "temperature cycling": contributions["temperature_cycling"],
        "ignition frequency": contributions["ignition_frequency"],
        "short trips": contributions["short_trips"],
        "state of charge": contributions["soc_decline"],
        "sum": found.bayes.log_odds,
    }
    assert {name: documented(name) for name in expected} == {
        name: pytest.approx(value, abs=5e-5) for name, value in expected.items()
    }
    assert found.bayes.unknown == ("soc_decline",)
    assert found.contact_urgency == "immediate"
