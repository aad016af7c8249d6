"""calibrate_leads and evaluate_leads over stored battery tests, and what counts as an outcome."""

import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from crm.exceptions import Refused
from leads.enums import ParameterState
from leads.models import BatteryTest, ScoringParameters
from leads.observed import predictions
from leads.parameters import SEED, LikelihoodRatio
from leads.services import calibration, evaluation, observing, outcomes, parameters
from leads.services.leads import rescore
from tests.factories import VehicleFactory
from tests.leads.factories import LeadFactory
from tests.leads.simulated import START, Truth, observe, store

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def run(name, *arguments):
    """(exit code, what it printed)."""
    out = io.StringIO()
    try:
        call_command(name, *arguments, stdout=out)
    except SystemExit as stopped:
        return stopped.code, out.getvalue()
    return 0, out.getvalue()


@pytest.fixture
def simulated():
    """400 outcomes of Truth() and one vehicle in ten with unknown evidence."""
    seen = observe(400, seed=3, known=0.9)
    store(seen, parameters=parameters.champion())
    return seen


def seen_now():
    return observing.outcomes(horizon_days=90)


def test_stored_outcomes_come_back_as_they_were(simulated):
    found = seen_now()
    assert found.synthetic == 0
    for name in ("at", "failed", "vehicle_type", "cohort", "known", "present"):
        assert (getattr(found.observed, name) == getattr(simulated, name)).all(), name
    assert np.allclose(found.observed.multiplier, simulated.multiplier, rtol=1e-14)


def test_prediction_is_the_one_that_was_recorded_with_the_test():
    """From the snapshot alone comes what the score had said."""
    lead = LeadFactory(start_cycles_annual=None)
    rescore(lead_ids=[lead.pk])
    test = outcomes.record_battery_test(result="good", lead=lead)
    (found,) = predictions(seen_now().observed, parameters.champion().values())
    assert found == pytest.approx(test.predicted_probability, abs=1e-12)


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        (["good"], [False]),
        (["recharge"], [False]),
        (["declined"], [True]),
        (["replaced_elsewhere"], [True]),
        (["replace_warranty"], [True]),
        (["recharge", "replace_customer_pay"], [True]),
        (["recharge", "good"], [False]),
    ],
)
def test_vehicle_counts_once_within_the_horizon_and_fails_if_any_test_says_so(results, expected):
    vehicle = VehicleFactory()
    snapshot = {
        "cohort": "suv_inland_hot", "vehicle_type": "suv", "base_prior": 0.12,
        "adjusted_prior": 0.12, "evidence": {},
    }  # fmt: skip
    for week, result in enumerate(results):
        BatteryTest.objects.create(
            vehicle=vehicle, result=result, tested_at=NOON + timedelta(weeks=week),
            predicted_probability=0.1, predicted_from=snapshot,
        )  # fmt: skip
    assert seen_now().observed.failed.tolist() == expected


def test_test_beyond_the_horizon_is_another_outcome():
    vehicle = VehicleFactory()
    snapshot = {"cohort": "x", "vehicle_type": "suv", "base_prior": 0.1, "adjusted_prior": 0.1}
    for days, result in ((0, "good"), (91, "declined")):
        BatteryTest.objects.create(
            vehicle=vehicle, result=result, tested_at=NOON + timedelta(days=days),
            predicted_probability=0.1, predicted_from={**snapshot, "evidence": {}},
        )  # fmt: skip
    assert seen_now().observed.failed.tolist() == [False, True]


def test_test_without_a_prediction_says_nothing_about_predictions():
    BatteryTest.objects.create(vehicle=VehicleFactory(), result="good")
    assert len(seen_now()) == 0


def test_outcomes_can_begin_on_a_day_and_be_the_latest(simulated):
    day = datetime.fromtimestamp(START, UTC).date() + timedelta(days=10)
    later = observing.outcomes(horizon_days=90, since=day).observed
    assert 0 < len(later) < len(simulated)
    latest = observing.outcomes(horizon_days=90, limit=7).observed
    assert latest.at.tolist() == simulated.at[-7:].tolist()


def test_calibrate_proposes_a_challenger_and_leaves_the_champion(simulated):
    code, text = run("calibrate_leads")
    (found,) = ScoringParameters.objects.challengers()
    assert (code, found.is_calibrated) == (0, True)
    assert f"Proposed as {found.name}." in text
    assert "too few, stays" in text
    assert parameters.champion().name == "seed-1.0"
    assert found.based_on == parameters.champion()
    assert found.estimates["outcomes"] == 400
    assert "Estimated from 400 battery tests" in found.provenance
    assert "unknown, not sound" in found.provenance
    soc = found.values().likelihood_ratios["soc_decline"]
    stored = {one["name"]: one for one in found.estimates["ratios"]}
    assert (
        stored["soc_decline.present"]["low"] < soc.present < stored["soc_decline.present"]["high"]
    )


def test_calibrate_twice_on_a_day_finds_another_name(simulated, monkeypatch):
    monkeypatch.setattr(calibration, "local_today", lambda: date(2026, 11, 20))
    run("calibrate_leads")
    run("calibrate_leads")
    names = set(ScoringParameters.objects.challengers().values_list("name", flat=True))
    assert names == {"calibrated-2026-11-20", "calibrated-2026-11-20-2"}


def test_dry_run_stores_nothing(simulated):
    code, text = run("calibrate_leads", "--dry-run")
    assert (code, "Dry run" in text) == (0, True)
    assert not ScoringParameters.objects.challengers().exists()


def test_calibrate_as_json_gives_every_estimate(simulated):
    code, text = run("calibrate_leads", "--json", "--name=spring")
    figures = json.loads(text)
    assert (code, figures["proposed"], figures["outcomes"]) == (0, "spring", 400)
    assert len(figures["ratios"]) == 8
    assert set(figures["ratios"][0]) == {
        "name", "champion", "value", "low", "high", "count", "has_moved",
    }  # fmt: skip


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_too_few_outcomes_exit_with_1(arguments):
    store(observe(10), parameters=parameters.champion())
    code, _ = run("calibrate_leads", *arguments)
    assert (code, ScoringParameters.objects.challengers().exists()) == (1, False)
    with pytest.raises(Refused):
        calibration.propose(draft=calibration.draft())


def test_since_after_the_last_outcome_leaves_nothing(simulated):
    assert run("calibrate_leads", f"--since={date(2030, 1, 1)}")[0] == 1


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("calibrate_leads", ["--minimum=0"]),
        ("calibrate_leads", ["--name=seed-1.0"]),
        ("evaluate_leads", ["--train-share=1"]),
        ("evaluate_leads", ["--calls-a-day=0"]),
    ],
)
def test_bad_arguments_exit_with_2(name, arguments, simulated):
    with pytest.raises(CommandError) as refused:
        run(name, *arguments)
    assert refused.value.returncode == 2


def test_evaluate_without_outcomes_exits_with_1():
    assert run("evaluate_leads")[0] == 1
    assert run("evaluate_leads", "--json") == (1, "null\n")


def test_evaluate_prints_a_row_for_each_set(simulated):
    run("calibrate_leads", "--name=challenger")
    code, text = run("evaluate_leads")
    assert code == 0
    assert "280 earlier outcomes, 120 later ones that judge" in text
    rows = [line.split("  ")[0] for line in text.splitlines()[3:6]]
    assert rows == ["seed-1.0", "challenger", "Calibrated on the past only"]
    assert "learnt from 120 of these" in text


def test_evaluate_shows_a_deliberately_wrong_set_to_be_wrong(simulated):
    true = Truth().parameters()
    wrong = {
        name: LikelihoodRatio(ratio.absent, ratio.present)
        for name, ratio in true.likelihood_ratios.items()
    }
    for name, ratios in (("true", true.likelihood_ratios), ("wrong", wrong)):
        parameters.propose(
            values=replace(true, likelihood_ratios=ratios),
            name=name, provenance="test", is_calibrated=False,
        )  # fmt: skip
    _, text = run("evaluate_leads", "--json", "--calls-a-day=2")
    figures = json.loads(text)
    found = {one["name"]: one for one in figures["sets"]}
    assert found["wrong"]["skill"] < 0 < found["true"]["skill"]
    assert found["wrong"]["ece"] > 2 * found["true"]["ece"]
    assert found["wrong"]["at_calls"]["lift"] < 1 < found["true"]["at_calls"]["lift"]
    assert len(found["true"]["bins"]) == 10


def test_note_of_the_night_names_the_set_and_its_drift(simulated):
    text = evaluation.note()
    assert text.startswith("seed-1.0 on 120 tests: Brier")
    assert "Drift: fewer batteries fail than predicted" in text


def test_note_without_outcomes_says_so():
    assert evaluation.note() == "Too few battery tests to judge the scores."


def test_champion_is_judged_before_challengers_are():
    store(observe(100), parameters=parameters.champion())
    found = evaluation.evaluate()
    assert found.champion.state == ParameterState.CHAMPION
    assert [one.state for one in found.sets] == ["champion", "method"]
    assert found.champion.parameters.values() == SEED
