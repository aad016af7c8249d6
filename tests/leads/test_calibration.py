"""Estimates from battery tests, held to a truth that the test itself has set."""

import math
from dataclasses import replace

import numpy as np
import pytest

from leads.calibration import (
    MINIMUM,
    PSEUDO_OBSERVATIONS,
    RECALIBRATION_MINIMUM,
    Recalibration,
    calibrate,
    fit_logit,
)
from leads.observed import Observed, predictions
from leads.parameters import EVIDENCE, SEED, LikelihoodRatio
from tests.leads.simulated import Truth, observe

# An estimate lies within four standard errors of the truth but once in 16,000 times.
ERRORS = 4.0


def by_name(estimates):
    return {one.name: one for one in estimates}


def log_ratio_error(hit, alarm, failures, sound):
    """Standard error of log(hit / alarm), by the delta method."""
    return math.sqrt((1 - hit) / (hit * failures) + (1 - alarm) / (alarm * sound))


@pytest.mark.parametrize("count", [1_000, 10_000, 100_000])
def test_ratios_converge_to_the_truth_as_outcomes_grow(count):
    truth, seen = Truth(), observe(count)
    found = by_name(calibrate(seen, SEED).ratios)
    failures = int(seen.failed.sum())
    for place, name in enumerate(EVIDENCE):
        hit, alarm = truth.sensitivity[place], truth.false_positives[place]
        margins = (failures, count - failures)
        error = log_ratio_error(hit, alarm, *margins)
        assert abs(math.log(found[f"{name}.present"].value / (hit / alarm))) < ERRORS * error
        absent = (1 - hit) / (1 - alarm)
        error = log_ratio_error(1 - hit, 1 - alarm, *margins)
        assert abs(math.log(found[f"{name}.absent"].value / absent)) < ERRORS * error


@pytest.mark.parametrize("count", [1_000, 10_000, 100_000])
def test_base_rates_converge_to_the_truth_as_outcomes_grow(count):
    truth, seen = Truth(), observe(count)
    for found in calibrate(seen, SEED).cohort_rates:
        rate, rows = truth.rates[found.name], seen.cohort == found.name
        n, mean = int(rows.sum()), float(seen.multiplier[rows].mean())
        error = math.sqrt(rate * mean * (1 - rate * mean) / n) / mean
        pull = PSEUDO_OBSERVATIONS * abs(found.champion - rate) / (PSEUDO_OBSERVATIONS + n)
        assert abs(found.value - rate) < ERRORS * error + pull


def test_predictions_of_the_calibrated_set_converge_to_the_true_ones():
    seen = observe(100_000)
    found = calibrate(seen, SEED).parameters
    true = predictions(seen, Truth().parameters())
    assert np.abs(predictions(seen, found) - true).mean() < 0.01
    assert np.abs(predictions(seen, SEED) - true).mean() > 0.1


def test_intervals_of_ratios_cover_the_truth_nine_times_in_ten():
    """True rates are drawn from the prior that the intervals assume, so that 90 % is exact; the
    share of 4 x 150 independent intervals has a standard error of 0.0122."""
    rng = np.random.default_rng(5)
    hits = []
    for seed in range(150):
        hit, alarm = rng.beta(0.5, 0.5, 4), rng.beta(0.5, 0.5, 4)
        truth = Truth(sensitivity=tuple(hit), false_positives=tuple(alarm))
        found = by_name(calibrate(observe(400, seed=seed, truth=truth), SEED, draws=2_000).ratios)
        hits += [
            found[f"{name}.present"].low <= hit[i] / alarm[i] <= found[f"{name}.present"].high
            for i, name in enumerate(EVIDENCE)
        ]
    assert abs(np.mean(hits) - 0.90) < ERRORS * math.sqrt(0.9 * 0.1 / len(hits))


def test_intervals_of_base_rates_cover_the_truth_nine_times_in_ten():
    """As above: rates drawn from Beta(m p, m (1 - p)), here with a multiplier of 1."""
    rng = np.random.default_rng(6)
    hits = []
    for seed in range(200):
        rate = rng.beta(PSEUDO_OBSERVATIONS * 0.15, PSEUDO_OBSERVATIONS * 0.85)
        seen = observe(60, seed=seed, truth=Truth(rates={"light_truck_coastal_hot": 0.0}))
        failed = np.random.default_rng(10_000 + seed).random(60) < rate
        seen = replace(seen, failed=failed, multiplier=np.ones(60))
        (found,) = calibrate(seen, SEED, draws=2_000).cohort_rates
        hits.append(found.low <= rate <= found.high)
    assert abs(np.mean(hits) - 0.90) < ERRORS * math.sqrt(0.9 * 0.1 / len(hits))


def test_worked_example_of_the_documentation():
    """docs/leads.md: 60 tests in one cohort, 18 failed; short trips known in all."""
    failed = np.arange(60) < 18
    present = np.zeros((60, 4), dtype=bool)
    present[:12, 3] = True  # 12 of the 18 that failed
    present[18:33, 3] = True  # 15 of the 42 that were sound
    known = np.zeros((60, 4), dtype=bool)
    known[:, 3] = True
    seen = Observed(
        at=np.arange(60),
        failed=failed,
        vehicle_type=np.array(["suv"] * 60),
        cohort=np.array(["suv_inland_hot"] * 60),
        multiplier=np.full(60, 0.95),
        known=known,
        present=present,
    )
    found = calibrate(seen, SEED)
    (rate,) = found.cohort_rates
    # Beta(4.56, 35.44) at first, Beta(22.56, 77.44) then.
    assert rate.value == pytest.approx(0.2256 / 0.95)
    assert (round(rate.value, 4), rate.has_moved) == (0.2375, True)
    ratios = by_name(found.ratios)
    assert round(ratios["short_trips.present"].value, 4) == round((12.5 / 19) / (15.5 / 43), 4)
    assert round(ratios["short_trips.present"].value, 2) == 1.83
    assert round(ratios["short_trips.absent"].value, 2) == 0.53
    # 18 failures are fewer than the 50 that a ratio needs.
    assert ratios["short_trips.present"].count == 18
    assert (
        found.parameters.likelihood_ratios["short_trips"] == SEED.likelihood_ratios["short_trips"]
    )


def test_nothing_moves_below_the_minimum():
    found = calibrate(observe(MINIMUM - 1), SEED)
    assert replace(found.parameters, cohort_priors={}) == SEED
    assert not any(one.has_moved for one in (*found.type_rates, *found.ratios))
    assert found.recalibration == Recalibration()


def test_without_outcomes_the_champion_is_returned():
    found = calibrate(observe(0), SEED)
    assert found.parameters == SEED
    assert found.cohort_rates == ()


def test_evidence_that_is_nearly_always_there_does_not_move_its_ratios():
    """Its absence would rest on a handful of cases."""
    seen = observe(4_000)
    present = seen.present.copy()
    present[:, 0] = True
    present[:3, 0] = False
    ratios = by_name(calibrate(replace(seen, present=present), SEED).ratios)
    assert ratios["temperature_cycling.absent"].count == 3
    assert not ratios["temperature_cycling.present"].has_moved
    assert ratios["short_trips.absent"].has_moved


def test_unknown_evidence_counts_for_no_ratio():
    seen = observe(4_000, known=0.3)
    half = by_name(calibrate(seen, SEED).ratios)
    known = seen.known[:, 2]
    assert half["soc_decline.present"].count <= known.sum()
    hits = (seen.present[:, 2] & seen.failed & known).sum() + 0.5
    total = (seen.failed & known).sum() + 1
    alarms = (seen.present[:, 2] & ~seen.failed).sum() + 0.5
    sound = (~seen.failed & known).sum() + 1
    assert half["soc_decline.present"].value == pytest.approx((hits / total) / (alarms / sound))


def test_same_outcomes_give_the_same_intervals():
    seen = observe(500)
    assert calibrate(seen, SEED) == calibrate(seen, SEED)


def test_recalibration_is_identity_below_its_minimum_and_fitted_from_there():
    seen = observe(RECALIBRATION_MINIMUM)
    assert not calibrate(seen.take(slice(None, -1)), SEED).recalibration.is_fitted
    assert calibrate(seen, SEED).recalibration.is_fitted


def test_recalibration_finds_the_true_intercept_and_slope():
    rng = np.random.default_rng(1)
    log_odds = rng.normal(-1.0, 1.5, 20_000)
    failed = rng.random(20_000) < 1 / (1 + np.exp(-(-0.4 + 0.6 * log_odds)))
    found = fit_logit(log_odds, failed)
    assert abs(found.intercept + 0.4) < ERRORS * found.intercept_error
    assert abs(found.slope - 0.6) < ERRORS * found.slope_error
    assert found.slope_error < 0.03


def test_recalibration_stays_finite_where_outcomes_separate():
    log_odds = np.linspace(-3, 3, 200)
    found = fit_logit(log_odds, log_odds > 0)
    assert 1.0 < found.slope <= 2.0
    assert abs(found.intercept) < 0.5


def test_recalibration_of_a_true_model_is_close_to_identity():
    found = calibrate(observe(20_000), Truth().parameters()).recalibration
    assert abs(found.slope - 1.0) < ERRORS * found.slope_error
    assert abs(found.intercept) < ERRORS * found.intercept_error


def test_overlapping_evidence_flattens_the_slope():
    """Short trips that only repeat the starts would count twice; recalibration takes it back."""
    seen = observe(20_000)
    present = seen.present.copy()
    present[:, 3] = present[:, 1]
    found = calibrate(replace(seen, present=present), SEED)
    assert found.recalibration.slope < 1.0 - ERRORS * found.recalibration.slope_error


def test_extreme_ratios_stay_within_what_a_set_may_hold():
    seen = observe(2_000)
    present = np.repeat(seen.failed[:, None], 4, axis=1)
    ratios = calibrate(replace(seen, present=present), SEED).parameters.likelihood_ratios
    assert ratios["short_trips"] == LikelihoodRatio(50.0, 0.02)
