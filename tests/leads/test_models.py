"""Rules of the leads tables, each broken once, and what the tables do by themselves."""

import pytest
from django.db import IntegrityError, connection, transaction

from crm.constraints import explain
from crm.models import AuditEntry, Customer
from leads.enums import PrimaryService
from leads.models import BatteryTest, ClimateNormal, Lead, LeadRecord, LeadScore, ScoreHistory
from leads.rules import RULES
from leads.services import leads
from tests.factories import VehicleFactory
from tests.leads.factories import LeadFactory

pytestmark = pytest.mark.django_db

# The seed's fields in the seed's order.
SEED_FIELDS = [
    "vin", "year", "make", "model", "vehicle_type", "weight_class", "current_mileage",
    "vehicle_age", "zip_code", "city", "state", "climate_zone", "temp_winter", "temp_summer",
    "temperature_delta", "start_cycles_annual", "start_cycle_deviation", "temperature_stress",
    "short_trip_percentage", "estimated_cold_starts", "base_prior", "adjusted_prior",
    "active_lrs", "combined_lr", "posterior_probability", "risk_percentile", "urgency_score",
    "primary_service", "parts_cost", "service_cost", "total_opportunity", "contact_urgency",
    "predicted_failure_window", "customer_name", "cohort_assignment",
]  # fmt: skip


def refused(write):
    """The refusal that stands for what the database says."""
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        write()
    return explain(error.value).code


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"vin": ""}, "vin_leads_described"),
        ({"year": 1800}, "vin_leads_year_plausible"),
        ({"vehicle_type": "boat"}, "vin_leads_type_known"),
        ({"current_mileage": -1}, "vin_leads_mileage_plausible"),
        ({"vehicle_age": -1}, "vin_leads_age_plausible"),
        ({"zip_code": "3030x"}, "vin_leads_zip_shape"),
        ({"state": "ga"}, "vin_leads_state_shape"),
        ({"climate_zone": "polar"}, "vin_leads_zone_known"),
        ({"start_cycles_annual": -1}, "vin_leads_starts_plausible"),
        ({"temperature_stress": 0.6}, "vin_leads_stress_range"),
        ({"short_trip_percentage": 60}, "vin_leads_short_trips_share"),
        ({"soc_value": 101}, "vin_leads_charge_percent"),
        ({"soc_source": None}, "vin_leads_evidence_sourced"),
        ({"soc_source": "hearsay"}, "vin_leads_evidence_source_known"),
        ({"source": "dream"}, "vin_leads_source_known"),
        ({"status": "lucky"}, "vin_leads_status_known"),
    ],
)
def test_impossible_lead_is_refused(facts, rule):
    assert refused(lambda: LeadFactory(**facts)) == rule
    assert rule in RULES


def test_vehicle_has_one_open_lead():
    lead = LeadFactory()
    assert refused(lambda: LeadFactory(vin=lead.vin)) == "vin_leads_one_open"
    LeadFactory(vin=lead.vin, status="won")


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"lead": None}, "battery_tests_belong"),
        ({"result": "odd"}, "battery_tests_result_known"),
        ({"state_of_charge": 120}, "battery_tests_charge_percent"),
        ({"voltage": 31}, "battery_tests_voltage_plausible"),
        ({"cold_cranking_amps": 9_000}, "battery_tests_amps_plausible"),
    ],
)
def test_impossible_battery_test_is_refused(values, rule):
    values = {"lead": LeadFactory(), "result": "good"} | values
    assert refused(lambda: BatteryTest.objects.create(**values)) == rule


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"climate_zone": "polar"}, "climate_normals_zone_known"),
        ({"temperature_stress": 1}, "climate_normals_stress_range"),
    ],
)
def test_impossible_climate_is_refused(values, rule):
    assert refused(lambda: ClimateNormal.objects.filter(pk="30309").update(**values)) == rule


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"posterior_probability": 1}, "lead_scores_posterior_range"),
        ({"urgency_score": 101}, "lead_scores_percentages"),
    ],
)
def test_impossible_score_is_refused(values, rule):
    leads.rescore(lead_ids=[LeadFactory().pk])
    assert refused(lambda: LeadScore.objects.update(**values)) == rule


def test_history_takes_new_rows_only_and_goes_with_its_lead():
    lead = LeadFactory()
    leads.rescore(lead_ids=[lead.pk])
    history = ScoreHistory.objects.filter(lead=lead)
    rule = "lead_score_history_append_only"
    assert refused(lambda: history.update(posterior_probability=0.1)) == rule
    assert refused(history.delete) == rule
    entry = ScoreHistory(lead=lead, posterior_probability=0.5, contact_urgency="immediate")
    entry.parameters_id, entry.cause = history.get().parameters_id, "whim"
    assert refused(entry.save) == "lead_score_history_cause_known"
    lead.delete()
    assert not history.exists() and not LeadScore.objects.exists()


def test_database_computes_what_follows_from_facts():
    lead = LeadFactory(start_cycles_annual=2_641, vehicle_type="midweight_truck")
    assert lead.weight_class == "midweight"
    assert lead.temperature_delta == 34
    assert lead.start_cycle_deviation == 2_641 / 1_200
    assert lead.estimated_cold_starts == 792
    assert lead.cohort_assignment == "midweight_truck_inland_moderate"
    nowhere = LeadFactory(climate_zone=None, temp_winter=None, start_cycles_annual=None)
    assert nowhere.cohort_assignment == "light_truck_unknown"
    assert nowhere.temperature_delta is None and nowhere.estimated_cold_starts is None


def test_flat_record_has_every_field_of_the_seed_in_its_order():
    lead = LeadFactory(soc_decline=True)
    leads.rescore(lead_ids=[lead.pk])
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM lead_records")
        names = [column.name for column in cursor.description]
        row = dict(zip(names, cursor.fetchone(), strict=True))
    assert names[0] == "lead_id" and names[1 : len(SEED_FIELDS) + 1] == SEED_FIELDS
    assert None not in [row[name] for name in SEED_FIELDS]
    assert LeadRecord.objects.get().primary_service in PrimaryService.values


def test_status_is_stamped_audited_and_closes_the_score_in_raw_sql_too():
    lead = LeadFactory()
    leads.rescore(lead_ids=[lead.pk])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE vin_leads SET status = 'lost' WHERE lead_id = %s", [lead.pk])
    after = Lead.objects.get(pk=lead.pk)
    assert after.status_changed_at > lead.status_changed_at
    assert not LeadScore.objects.get(pk=lead.pk).is_open
    entry = AuditEntry.objects.get(table_name="vin_leads")
    assert (entry.row_id, entry.before["status"], entry.after["status"]) == (
        str(lead.pk), "new", "lost",
    )  # fmt: skip


def test_facts_are_not_audited():
    Lead.objects.filter(pk=LeadFactory().pk).update(current_mileage=50_001)
    assert not AuditEntry.objects.filter(table_name="vin_leads").exists()


def test_leads_go_with_their_customer_in_raw_sql():
    vehicle = VehicleFactory()
    leads.score_vehicle(vehicle_id=vehicle.pk)
    BatteryTest.objects.create(vehicle=vehicle, result="good")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM customers WHERE id = %s", [vehicle.customer_id])
    assert not Customer.objects.exists() and not Lead.objects.exists()
    assert not ScoreHistory.objects.exists() and not BatteryTest.objects.exists()
