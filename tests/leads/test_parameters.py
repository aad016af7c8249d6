"""Parameter sets: immutable, one in use, activated with a reason."""

from dataclasses import replace

import pytest
from django.db import IntegrityError, connection, transaction

from crm.exceptions import Duplicate, Invalid, Refused
from crm.models import AuditEntry
from jobs.models import Outbox
from leads import reference
from leads.enums import ParameterState
from leads.models import ClimateNormal, ParameterActivation, ScoringParameters
from leads.parameters import SEED, LikelihoodRatio
from leads.services import parameters
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def challenger(name="better", **changes):
    return parameters.propose(
        values=replace(SEED, **changes),
        name=name,
        provenance="200 battery tests",
        is_calibrated=True,
        based_on=parameters.champion(),
    )


def test_seed_set_is_loaded_and_in_use():
    row = parameters.champion()
    assert row.name == "seed-1.0" and not row.is_calibrated
    assert row.values() == SEED


def test_reference_rows_are_loaded_once():
    reference.load()
    assert ScoringParameters.objects.count() == 1
    assert ClimateNormal.objects.count() == 39
    memphis = ClimateNormal.objects.get(pk="38101")
    assert (memphis.temperature_swing, round(memphis.temperature_stress, 3)) == (56, 0.353)


def test_values_survive_the_database():
    changed = {
        "likelihood_ratios": SEED.likelihood_ratios | {"short_trips": LikelihoodRatio(2.5, 0.6)},
        "cohort_priors": {"suv_coastal_hot": 0.111},
        "recalibration_intercept": -0.25,
    }
    assert challenger(**changed).values() == replace(SEED, name="better", **changed)


@pytest.mark.parametrize(
    "sql", ["UPDATE scoring_parameters SET reason = 'x'", "DELETE FROM scoring_parameters"]
)
def test_set_cannot_be_changed_by_anybody(sql):

    with pytest.raises(IntegrityError, match="cannot be changed"), transaction.atomic():
        connection.cursor().execute(sql)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"priors": {"light_truck": 0.1}}, "scoring_parameters_rates"),
        ({"priors": SEED.priors | {"suv": 1.0}}, "scoring_parameters_rates"),
        ({"cohort_priors": {"suv_inland_hot": 0.0}}, "scoring_parameters_rates"),
        ({"type_prices": {}}, "scoring_parameters_rates"),
        (
            {"likelihood_ratios": SEED.likelihood_ratios | {"short_trips": LikelihoodRatio(51)}},
            "scoring_parameters_ratios",
        ),
        ({"likelihood_ratios": {}}, "scoring_parameters_ratios"),
        ({"starts_sigma": 0}, "scoring_parameters_scales_positive"),
        ({"prior_floor": 0.5}, "scoring_parameters_prior_range"),
        ({"medium_band": 0.7}, "scoring_parameters_bands_in_order"),
        ({"recalibration_slope": 0}, "scoring_parameters_recalibration_range"),
    ],
)
def test_impossible_numbers_are_refused_with_a_sentence(changes, code):
    with pytest.raises(Invalid) as refused:
        challenger(**changes)
    assert refused.value.code == code


def test_two_sets_cannot_share_a_name():
    challenger()
    with pytest.raises(Duplicate):
        challenger()


def test_set_without_provenance_is_refused():
    with pytest.raises(Invalid):
        parameters.propose(values=SEED, name="x", provenance=" ", is_calibrated=False)


def test_activation_changes_the_champion_and_has_all_leads_scored():
    old, new, manager = parameters.champion(), challenger(), UserFactory()
    parameters.activate(parameters=new, reason="Better on 200 tests", by=manager)
    assert parameters.champion() == new
    old.activation.refresh_from_db()
    assert old.activation.state == ParameterState.RETIRED
    assert ParameterActivation.objects.get(parameters=new).by == manager
    assert Outbox.objects.filter(task="leads.rescore").count() == 1
    entries = AuditEntry.objects.filter(table_name="parameter_activations", action="update")
    assert set(entries.values_list("reason", flat=True)) == {"Better on 200 tests"}


def test_activation_without_reason_is_refused():
    with pytest.raises(Invalid):
        parameters.activate(parameters=challenger(), reason=" ")


def test_champion_can_be_neither_activated_again_nor_retired():
    with pytest.raises(Refused):
        parameters.activate(parameters=parameters.champion(), reason="Again")
    with pytest.raises(Refused):
        parameters.retire(parameters=parameters.champion())


def test_challenger_can_be_retired():
    new = challenger()
    parameters.retire(parameters=new, reason="No better")
    assert not ScoringParameters.objects.challengers().exists()


def test_there_is_one_champion_at_most():
    with pytest.raises(IntegrityError), transaction.atomic():
        ParameterActivation.objects.filter(parameters=challenger()).update(
            state=ParameterState.CHAMPION
        )
