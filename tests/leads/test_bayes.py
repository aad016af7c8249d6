"""Bayes' rule in odds form."""

import math
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leads.bayes import update
from leads.parameters import EVIDENCE, SEED, LikelihoodRatio

PRIORS = st.floats(0.001, 0.999)
# What the limits of a parameter set leave of a prior (rule scoring_parameters_prior_range).
LIMITED = st.floats(0.001, 0.5)
RATIOS = st.floats(0.02, 50)
LRS = st.fixed_dictionaries({name: st.builds(LikelihoodRatio, RATIOS, RATIOS) for name in EVIDENCE})
STATES = st.fixed_dictionaries({name: st.sampled_from([True, False, None]) for name in EVIDENCE})
KNOWN = st.tuples(st.sampled_from(EVIDENCE), st.booleans())
SEEDS = SEED.likelihood_ratios
# As far as a set may go: beyond that a posterior would be 1 in double precision.
HIGHEST = dict.fromkeys(EVIDENCE, LikelihoodRatio(50.0, 0.02))


def known(*present):
    return {name: name in present for name in EVIDENCE}


@pytest.mark.parametrize(
    ("present", "prior", "expected"),
    [
        ((), 0.15, 0.150),
        (("temperature_cycling",), 0.15, 0.297),
        (("soc_decline",), 0.18, 0.588),
        (("temperature_cycling", "ignition_frequency", "short_trips"), 0.12, 0.572),
        (("ignition_frequency", "soc_decline"), 0.09, 0.581),
        (EVIDENCE, 0.15, 0.918),
        (EVIDENCE, 0.09, 0.863),
    ],
)
def test_seed_ratios_give_the_table_of_the_joint_model(present, prior, expected):
    assert update(prior, known(*present), SEEDS).posterior == pytest.approx(expected, abs=5e-4)


def test_seed_example_of_four_active_ratios():
    result = update(0.15, dict.fromkeys(EVIDENCE, True), SEEDS)
    assert result.active_lrs == (2.39, 2.16, 6.50, 1.9)
    assert result.combined_lr == pytest.approx(63.7556, abs=1e-4)


def test_unknown_evidence_is_listed_and_counts_nothing():
    result = update(0.2, dict.fromkeys(EVIDENCE), SEEDS)
    assert result.unknown == EVIDENCE
    assert result.posterior == pytest.approx(0.2, rel=1e-15)
    assert result.combined_lr == 1.0 and result.active_lrs == ()


def test_known_absence_counts_with_its_own_ratio():
    ratios = SEEDS | {"soc_decline": LikelihoodRatio(6.5, 0.5)}
    absent = update(0.2, {"soc_decline": False}, ratios)
    assert absent.posterior == pytest.approx(0.125 / 1.125)
    assert absent.active_lrs == () and absent.combined_lr == 0.5


@pytest.mark.parametrize("prior", [0.0, 1.0, -0.1, 1.2, math.nan])
def test_impossible_prior_is_refused(prior):
    with pytest.raises(ValueError):
        update(prior, {}, SEEDS)


@given(LIMITED, STATES, LRS, st.floats(-5, 5), st.floats(0.1, 2))
@example(0.5, dict.fromkeys(EVIDENCE, True), HIGHEST, 5.0, 2.0)
@example(0.001, dict.fromkeys(EVIDENCE, False), HIGHEST, -5.0, 2.0)
def test_contributions_add_up_to_the_log_odds_of_the_posterior(prior, states, ratios, a, b):
    result = update(prior, states, ratios, intercept=a, slope=b)
    assert math.fsum(part.log_odds for part in result.contributions) == result.log_odds
    assert 0 < result.posterior < 1
    odds = math.exp(result.log_odds)
    assert result.posterior == pytest.approx(odds / (1 + odds), rel=1e-12)


@given(PRIORS, STATES, LRS)
def test_posterior_lies_strictly_between_0_and_1(prior, states, ratios):
    assert 0 < update(prior, states, ratios).posterior < 1


@given(PRIORS, PRIORS, STATES, LRS)
def test_posterior_grows_with_the_prior(one, other, states, ratios):
    low, high = sorted((one, other))
    assert update(low, states, ratios).posterior <= update(high, states, ratios).posterior


@given(PRIORS, STATES, LRS, KNOWN, st.lists(RATIOS, min_size=2, max_size=2))
def test_posterior_grows_with_each_ratio(prior, states, ratios, known, values):
    """LR+ where the evidence is present, LR- where it is known to be absent."""
    name, state = known
    posteriors = [
        update(
            prior,
            states | {name: state},
            ratios | {name: replace(ratios[name], **{"present" if state else "absent": ratio})},
        ).posterior
        for ratio in sorted(values)
    ]
    assert posteriors == sorted(posteriors)


@given(PRIORS, STATES, LRS, st.permutations(EVIDENCE))
def test_order_of_evidence_does_not_matter(prior, states, ratios, order):
    reordered = {name: states[name] for name in order}
    one, other = update(prior, states, ratios), update(prior, reordered, ratios)
    assert one.posterior == pytest.approx(other.posterior, rel=1e-12)
    assert one.log_odds == other.log_odds


@given(PRIORS, STATES, LRS, st.sampled_from(EVIDENCE))
def test_ratio_of_one_says_nothing(prior, states, ratios, name):
    neutral = ratios | {name: LikelihoodRatio(1.0, 1.0)}
    without = {other: state for other, state in states.items() if other != name}
    assert update(prior, states, neutral).posterior == pytest.approx(
        update(prior, without, neutral).posterior, rel=1e-12
    )
