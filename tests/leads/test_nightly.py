"""The SQL twin of the formula: the same scores as Python, nothing written twice."""

import random
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection, transaction

from leads import stressors
from leads.enums import ClimateZone, ScoreCause, VehicleType
from leads.models import Lead, LeadRecord, LeadScore, ScoreHistory
from leads.parameters import SEED, LikelihoodRatio
from leads.services import parameters as parameter_sets
from leads.services import scoring
from tests.crm.api import together
from tests.leads.factories import LeadFactory

pytestmark = pytest.mark.django_db
AS_OF = date(2024, 12, 31)
MODELS = ("F-150", "F-250", "Explorer", "Ranger", "Camry", "Tahoe")


def maybe(rng, value, share=0.25):
    return None if rng.random() < share else value


def random_lead(rng, number):
    """Any facts that the table takes: unknown ones, and ones far outside what is usual."""
    climate = maybe(rng, rng.choice(ClimateZone.values))
    source = maybe(rng, rng.choice(["battery_test", "telematics", "simulated"]))
    return Lead(
        vin=f"X{number:016d}",
        year=2020,
        make="Any",
        model=rng.choice(MODELS),
        vehicle_type=rng.choice(VehicleType.values),
        current_mileage=maybe(rng, rng.choice([0, 12_000, 36_000, rng.randrange(2_000_000)])),
        vehicle_age=maybe(rng, rng.randrange(0, 6)),
        as_of=AS_OF,
        climate_zone=climate,
        temperature_swing=climate and rng.choice([28, 40, 41, rng.randrange(0, 80)]),
        temperature_stress=climate and rng.uniform(0, 0.5),
        start_cycles_annual=maybe(rng, rng.choice([1_200, 2_160, 2_159, rng.randrange(8_000)])),
        short_trip_percentage=maybe(rng, rng.choice([0.5, rng.random()])),
        soc_decline=maybe(rng, rng.random() < 0.5) if source else None,
        soc_source=source,
        soc_date=source and AS_OF - timedelta(days=rng.choice([0, 180, 181, 900])),
        customer_name="Any Body",
    )


SETS = {
    "seed": SEED,
    "calibrated": replace(
        SEED,
        name="calibrated",
        cohort_priors={"suv_inland_hot": 0.21, "car_unknown": 0.03},
        likelihood_ratios={
            "temperature_cycling": LikelihoodRatio(1.7, 0.8),
            "ignition_frequency": LikelihoodRatio(0.9, 1.05),
            "soc_decline": LikelihoodRatio(9.2, 0.4),
            "short_trips": LikelihoodRatio(2.2, 0.75),
        },
        recalibration_intercept=-0.3,
        recalibration_slope=0.8,
    ),
    "clamped": replace(
        SEED, name="clamped", priors=dict.fromkeys(SEED.priors, 0.9), prior_ceiling=0.4
    ),
}


def parameter_row(name):
    if name == "seed":
        return parameter_sets.champion()
    return parameter_sets.propose(
        values=SETS[name], name=name, provenance="test", is_calibrated=False
    )


def close(value):
    return value if value is None else pytest.approx(value, rel=1e-12, abs=1e-12)


def as_sql_has_it(ours, percentile):
    """The columns of a score row, from the Python side of the twins."""
    return {
        "base_prior": close(ours.base_prior),
        "adjusted_prior": close(ours.adjusted_prior),
        "is_clamped": ours.is_clamped,
        "combined_lr": close(ours.bayes.combined_lr),
        "posterior_probability": close(ours.posterior),
        "start_cycle_z": close(ours.start_cycle_z),
        **ours.evidence,
        "active_lrs": list(ours.bayes.active_lrs),
        "contact_urgency": ours.contact_urgency,
        "predicted_failure_window": ours.predicted_failure_window,
        "parts_cost": ours.price.parts,
        "service_cost": ours.price.service,
        "total_opportunity": ours.price.total,
        "expected_value": ours.expected_value,
        "risk_percentile": percentile,
        "urgency_score": stressors.urgency_score(ours.posterior, percentile, ours.start_cycle_z),
    }


@pytest.mark.parametrize("name", sorted(SETS))
def test_scores_in_sql_and_python_agree(name):
    rng = random.Random(f"parity {name}")
    Lead.objects.bulk_create(random_lead(rng, n) for n in range(500))
    row = parameter_row(name)
    assert scoring.recompute(parameters=row, as_of=AS_OF) == 500

    leads = list(Lead.objects.select_related("score"))
    cohorts = defaultdict(list)
    for lead in leads:
        cohorts[lead.cohort_assignment].append(lead.score.posterior_probability)
    for lead in leads:
        cohort, posterior = cohorts[lead.cohort_assignment], lead.score.posterior_probability
        percentile = stressors.risk_percentile(
            below=sum(other < posterior for other in cohort),
            ties=cohort.count(posterior),
            total=len(cohort),
        )
        expected = as_sql_has_it(scoring.assess_lead(lead, row, as_of=AS_OF), percentile)
        assert {field: getattr(lead.score, field) for field in expected} == expected
    if name == "clamped":
        assert LeadScore.objects.filter(is_clamped=True).exists()


def loaded(count=60, seed="world"):
    rng = random.Random(seed)
    Lead.objects.bulk_create(random_lead(rng, n) for n in range(count))
    row = parameter_sets.champion()
    scoring.recompute(parameters=row, as_of=AS_OF)
    return row


def all_rows():
    with connection.cursor() as cursor:
        cursor.execute("SELECT s.*, s.xmin, s.ctid FROM lead_scores AS s ORDER BY lead_id")
        return cursor.fetchall()


def test_rerun_writes_no_row():
    row = loaded()
    before, history = all_rows(), ScoreHistory.objects.count()
    assert scoring.recompute(parameters=row, as_of=AS_OF) == 0
    assert all_rows() == before
    assert ScoreHistory.objects.count() == history


def test_changed_fact_rewrites_its_cohort_only():
    row = loaded()
    lead = LeadFactory(climate_zone="mountain_cool", vehicle_type="suv")
    scoring.recompute(parameters=row, as_of=AS_OF)
    cohort = lead.cohort_assignment
    outside = LeadScore.objects.exclude(lead__cohort_assignment=cohort).order_by("pk")
    before = list(outside.values_list())
    Lead.objects.filter(pk=lead.pk).update(soc_decline=True)
    assert 1 <= scoring.recompute(parameters=row, as_of=AS_OF) <= len(all_rows()) - len(before)
    assert list(outside.values_list()) == before


def test_single_lead_gets_its_place_in_the_whole_cohort():
    row = loaded()
    lead = LeadFactory()
    before = {r[0]: r for r in all_rows()}
    assert scoring.recompute(parameters=row, as_of=AS_OF, lead_ids=[lead.pk]) == 1
    assert {pk: r for r in all_rows() if (pk := r[0]) != lead.pk} == before
    alone = LeadRecord.objects.get(pk=lead.pk)
    scoring.recompute(parameters=row, as_of=AS_OF)
    assert LeadRecord.objects.get(pk=lead.pk).risk_percentile == alone.risk_percentile


def test_chunks_by_cohort_end_like_one_run():
    row = loaded()
    Lead.objects.update(soc_decline=True, soc_source="simulated", soc_date=AS_OF)
    scores = LeadScore.objects.order_by("pk").defer("scored_at")
    with transaction.atomic():
        scoring.recompute(parameters=row, as_of=AS_OF)
        whole = [score.__dict__ | {"_state": None} for score in scores]
        transaction.set_rollback(True)
    cohorts = sorted(set(Lead.objects.values_list("cohort_assignment", flat=True)))
    for part in (cohorts[::2], cohorts[1::2]):
        assert scoring.recompute(parameters=row, as_of=AS_OF, cohorts=part) > 0
    assert [score.__dict__ | {"_state": None} for score in scores.all()] == whole
    assert scoring.recompute(parameters=row, as_of=AS_OF) == 0


@pytest.mark.django_db(transaction=True)
def test_runs_at_the_same_time_score_each_lead_once():
    rng = random.Random("at once")
    leads = Lead.objects.bulk_create(random_lead(rng, n) for n in range(200))
    row = parameter_sets.champion()
    cohorts = set(Lead.objects.values_list("cohort_assignment", flat=True))
    scopes = [{}, {"cohorts": list(cohorts)}, {"cohorts": list(cohorts)}, {}]
    scopes += [{"lead_ids": [lead.pk]} for lead in leads[:4]]

    def run(number):
        try:
            return scoring.recompute(parameters=row, as_of=AS_OF, **scopes[number])
        finally:
            connection.close()

    together(run, len(scopes), threads=len(scopes))
    assert LeadScore.objects.count() == len(leads)
    assert ScoreHistory.objects.count() == len(leads)
    assert scoring.recompute(parameters=row, as_of=AS_OF) == 0


def test_closed_lead_keeps_the_score_it_was_closed_with():
    row = loaded()
    lead = LeadFactory(soc_decline=True)
    scoring.recompute(parameters=row, as_of=AS_OF)
    score = LeadScore.objects.get(pk=lead.pk)
    Lead.objects.filter(pk=lead.pk).update(status="won", soc_decline=False)
    scoring.recompute(parameters=row, as_of=AS_OF)
    after = LeadScore.objects.get(pk=lead.pk)
    assert not after.is_open
    assert after.posterior_probability == score.posterior_probability


def test_old_evidence_becomes_unknown():
    row = loaded(0)
    lead = LeadFactory(soc_decline=True, soc_source="battery_test")
    scoring.recompute(parameters=row, as_of=AS_OF + timedelta(days=180))
    assert LeadScore.objects.get(pk=lead.pk).soc_decline is True
    scoring.recompute(parameters=row, as_of=AS_OF + timedelta(days=181))
    assert LeadScore.objects.get(pk=lead.pk).soc_decline is None


def test_history_has_a_row_for_first_score_new_band_and_a_hundredth():
    row = loaded(0)
    lead = LeadFactory(soc_decline=None, soc_source=None, soc_date=None)

    def history():
        return list(
            ScoreHistory.objects.filter(lead=lead).order_by("id").values_list("cause", flat=True)
        )

    scoring.recompute(parameters=row, as_of=AS_OF, cause=ScoreCause.FACTS)
    assert history() == ["created"]
    Lead.objects.filter(pk=lead.pk).update(temperature_stress=0.2751)
    assert scoring.recompute(parameters=row, as_of=AS_OF, cause=ScoreCause.FACTS) == 1
    assert history() == ["created"]
    # Creeping below a hundredth a time adds up against the last row, not the last score.
    for stress in (0.285, 0.295, 0.312):
        Lead.objects.filter(pk=lead.pk).update(temperature_stress=stress)
        scoring.recompute(parameters=row, as_of=AS_OF)
    assert history() == ["created", "nightly"]
    Lead.objects.filter(pk=lead.pk).update(
        soc_decline=True, soc_source="telematics", soc_date=AS_OF
    )
    scoring.recompute(parameters=row, as_of=AS_OF, cause=ScoreCause.FACTS)
    assert history() == ["created", "nightly", "facts"]


def test_other_parameters_are_named_by_every_score():
    loaded()
    row = parameter_row("calibrated")
    scoring.recompute(parameters=row, as_of=AS_OF, cause=ScoreCause.PARAMETERS)
    assert set(LeadScore.objects.values_list("parameters", flat=True)) == {row.pk}


def test_recompute_takes_three_statements_at_any_size(django_assert_num_queries):
    row = loaded()
    with django_assert_num_queries(5):  # two of them are the savepoint
        scoring.recompute(parameters=row, as_of=AS_OF)
