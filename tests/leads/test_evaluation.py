"""Measures of predicted probabilities: known values, properties, and that a wrong set shows."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads import bayes, evaluation
from leads.calibration import calibrate
from leads.observed import predictions
from leads.parameters import EVIDENCE, SEED, LikelihoodRatio
from tests.leads.simulated import DAY, Truth, observe

CASES = st.lists(
    st.tuples(st.floats(0.001, 0.999, allow_subnormal=False), st.booleans()),
    min_size=1,
    max_size=80,
)


def columns(cases):
    return np.array([p for p, _ in cases]), np.array([y for _, y in cases])


def judged(parameters, *, past, later):
    reference = evaluation.reference_rates(past, later)
    predicted = predictions(later, parameters)
    return evaluation.judge(predicted, later.failed, reference, calls=len(later) / 5)


def test_worked_example_of_the_documentation():
    """docs/leads.md: four vehicles."""
    predicted, failed = np.array([0.8, 0.6, 0.3, 0.1]), np.array([True, False, True, False])
    reference = np.full(4, 0.5)
    assert evaluation.brier(predicted, failed) == pytest.approx(0.225)
    assert evaluation.skill(predicted, failed, reference) == pytest.approx(0.1)
    bins = evaluation.reliability(predicted, failed, bins=2)
    assert [(one.count, one.predicted, one.failed) for one in bins] == [
        (2, pytest.approx(0.2), 0.5),
        (2, pytest.approx(0.7), 0.5),
    ]
    assert evaluation.expected_calibration_error(bins) == pytest.approx(0.25)
    found = evaluation.gain(predicted, failed, 1)
    assert (found.found, found.lift) == (0.5, 2.0)
    assert evaluation.drift(predicted, failed) == pytest.approx(0.2 / 0.70**0.5)


@given(CASES)
def test_scores_stay_within_their_ranges(cases):
    predicted, failed = columns(cases)
    bins = evaluation.reliability(predicted, failed)
    assert sum(one.count for one in bins) == len(failed)
    assert max(one.count for one in bins) - min(one.count for one in bins) <= 1
    assert 0.0 <= evaluation.expected_calibration_error(bins) <= 1.0
    assert 0.0 <= evaluation.brier(predicted, failed) <= 1.0
    assert all(0.0 <= one.low <= one.failed + 1e-12 for one in bins)
    assert all(one.failed - 1e-12 <= one.high <= 1.0 for one in bins)


@given(CASES)
def test_decomposition_adds_up_to_the_brier_score_of_the_bins(cases):
    predicted, failed = columns(cases)
    bins = evaluation.reliability(predicted, failed)
    reliable, resolved, uncertain = evaluation.decompose(bins)
    assert reliable >= 0.0
    assert -1e-12 <= resolved <= uncertain + 1e-12
    of_bins = sum(
        one.count * (one.failed * (1 - one.predicted) ** 2 + (1 - one.failed) * one.predicted**2)
        for one in bins
    ) / len(failed)
    assert reliable - resolved + uncertain == pytest.approx(of_bins, abs=1e-12)


@given(CASES)
def test_lift_at_all_is_one_and_gains_only_grow(cases):
    predicted, failed = columns(cases)
    gains = [evaluation.gain(predicted, failed, k) for k in range(1, len(failed) + 1)]
    assert gains[-1].lift == pytest.approx(1.0)
    assert gains[-1].found == pytest.approx(1.0)
    found = [one.found for one in gains]
    assert found == sorted(found)


@given(CASES)
def test_lift_does_not_depend_on_the_order_of_equal_predictions(cases):
    predicted, failed = columns(cases)
    rounded = np.round(predicted, 1)
    turned = evaluation.gain(rounded[::-1], failed[::-1], 3)
    assert evaluation.gain(rounded, failed, 3).lift == pytest.approx(turned.lift)


def test_equal_predictions_lift_nothing():
    failed = np.array([True, False, False, True])
    assert evaluation.gain(np.full(4, 0.3), failed, 1).lift == pytest.approx(1.0)


def test_more_calls_than_vehicles_are_calls_to_all():
    assert evaluation.gain(np.array([0.2, 0.4]), np.array([True, False]), 900).calls == 2


def test_no_failures_lift_nothing():
    assert evaluation.gain(np.array([0.2, 0.4]), np.array([False, False]), 1).lift == 1.0


def test_nothing_to_judge_is_refused():
    with pytest.raises(ValueError, match="without outcomes"):
        evaluation.judge(np.array([]), np.array([], dtype=bool), np.array([]), calls=1)


@pytest.mark.parametrize(("failures", "count"), [(0, 10), (3, 10), (10, 10), (250, 1_000)])
def test_wilson_interval_ends_where_the_share_is_just_rejected(failures, count):
    """At both ends the share lies 1.645 standard errors of that end away, unless cut off."""
    share = failures / count
    for end in evaluation.wilson(failures, count):
        error = (end * (1 - end) / count) ** 0.5
        assert end == pytest.approx(share) or abs(share - end) / error == pytest.approx(1.644854)


def test_true_set_has_skill_and_a_small_error():
    past, later = observe(40_000).split(0.5)
    found = judged(Truth().parameters(), past=past, later=later)
    assert found.skill > 0.2
    # Ten bins of 2,000: noise alone gives each about sqrt(p(1-p)/2000) <= 0.011.
    assert found.ece < 0.011
    assert not found.has_drifted
    assert found.at_calls.lift > 2.0


def test_deliberately_wrong_set_is_shown_to_be_wrong():
    """Its ratios point the wrong way."""
    past, later = observe(20_000).split(0.5)
    true = Truth().parameters()
    upside_down = {
        name: LikelihoodRatio(ratio.absent, ratio.present)
        for name, ratio in true.likelihood_ratios.items()
    }
    right = judged(true, past=past, later=later)
    wrong = judged(replace(true, likelihood_ratios=upside_down), past=past, later=later)
    assert wrong.skill < 0.0 < right.skill
    assert wrong.ece > 5 * right.ece
    assert wrong.at_calls.lift < 1.0 < right.at_calls.lift


def test_overconfident_seed_set_is_shown_to_drift():
    """LR- = 1 multiplies only what speaks for a failure, so too many are predicted."""
    past, later = observe(20_000).split(0.5)
    found = judged(SEED, past=past, later=later)
    assert found.has_drifted
    assert found.drift < 0
    assert found.ece > 0.1


def test_calibrating_on_the_past_improves_what_comes_later():
    past, later = observe(4_000, seed=8).split(evaluation.TRAIN_SHARE)
    before = judged(SEED, past=past, later=later)
    after = judged(calibrate(past, SEED).parameters, past=past, later=later)
    assert after.skill > before.skill
    assert after.ece < before.ece


def test_split_keeps_the_order_of_time():
    past, later = observe(100).split(0.7)
    assert (len(past), len(later)) == (70, 30)
    assert past.at.max() < later.at.min()


def test_reference_rates_are_drawn_towards_the_rate_of_all():
    past, later = observe(3_000).split(0.5)
    rates = evaluation.reference_rates(past, later)
    for cohort in set(later.cohort.tolist()):
        (rate,) = set(rates[later.cohort == cohort].tolist())
        own, overall = past.failed[past.cohort == cohort].mean(), past.failed.mean()
        assert min(own, overall) - 1e-3 < rate < max(own, overall) + 1e-3


def test_days_spanned_counts_first_and_last():
    assert evaluation.days_spanned(np.array([0, DAY, 2 * DAY])) == 3
    assert evaluation.days_spanned(np.array([], dtype=np.int64)) == 0


def test_vectorised_predictions_are_those_of_bayes():
    seen, parameters = observe(50, known=0.6), Truth().parameters()
    found = predictions(seen, parameters)
    for row in range(50):
        base = parameters.base_prior(
            vehicle_type=str(seen.vehicle_type[row]), cohort=str(seen.cohort[row])
        )
        states = {
            name: bool(seen.present[row, i]) if seen.known[row, i] else None
            for i, name in enumerate(EVIDENCE)
        }
        result = bayes.update(base * seen.multiplier[row], states, parameters.likelihood_ratios)
        assert found[row] == pytest.approx(result.posterior, abs=1e-12)
