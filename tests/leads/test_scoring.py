"""Vehicles of the crm become leads, and their leads follow them."""

from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from crm.exceptions import IllegalTransition, Invalid
from crm.models import Vehicle, WorkItem
from jobs.registry import local_today
from leads.enums import LeadStatus, TestResult
from leads.models import BatteryTest, Lead, LeadScore, ScoreHistory
from leads.services import leads, outcomes, scoring, syncing, work
from leads.services.parameters import champion
from tests.factories import (
    AppointmentFactory,
    CustomerFactory,
    ServiceRecordFactory,
    VehicleFactory,
)
from tests.leads.factories import LeadFactory

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)


def scored(vehicle, as_of=TODAY):
    return leads.score_vehicle(vehicle_id=vehicle.pk, as_of=as_of)


def lead_of(vehicle):
    return Lead.objects.get(vehicle=vehicle, status__in=LeadStatus.open())


def test_vehicle_with_owner_becomes_a_scored_lead():
    vehicle = VehicleFactory(car=0, current_mileage=47_823)
    score = scored(vehicle)
    lead = score.lead
    assert (lead.vin, lead.model, lead.vehicle_type) == (vehicle.vin, "F-150", "light_truck")
    assert (lead.zip_code, lead.climate_zone, lead.temperature_swing) == (
        "30309", "inland_moderate", 52,
    )  # fmt: skip
    assert (lead.vehicle_age, lead.as_of, lead.customer_name) == (6, TODAY, vehicle.customer.name)
    assert lead.start_cycles_annual is None and lead.soc_decline is None
    assert score.temperature_cycling is True
    assert score.ignition_frequency is None and score.short_trips is None
    assert score.risk_percentile == 50
    assert ScoreHistory.objects.get(lead=lead).cause == "created"
    assert scoring.assess_lead(lead, champion(), as_of=TODAY).unknown == (
        "ignition_frequency", "soc_decline", "short_trips",
    )  # fmt: skip


def test_scoring_again_changes_nothing():
    vehicle = VehicleFactory()
    scored(vehicle)
    synced = leads.score_vehicles(vehicle_ids=[vehicle.pk], as_of=TODAY + timedelta(days=400))
    assert synced.rows == 0


@pytest.mark.parametrize(
    ("zip_code", "state", "station"),
    [
        ("30309", "GA", "30309"),  # its own
        ("30301-1234", "GA", "30309"),  # the same first three digits
        ("36860", "AL", "36602"),  # the state's closest number
        ("10001", "NY", None),  # outside what is known
        (None, "GA", None),
    ],
)
def test_climate_comes_from_the_owners_zip(zip_code, state, station):
    vehicle = VehicleFactory(customer=CustomerFactory(zip_code=zip_code, state=state))
    lead = scored(vehicle).lead
    assert lead.climate_zip == station
    assert lead.cohort_assignment.endswith("unknown") is (station is None)


@pytest.mark.parametrize(
    "change",
    [
        {"status": "sold"},
        {"customer": None},
        {"model": "Striker", "vin": "STRIKER1", "vin_exception_reason": "Grey import"},
    ],
)
def test_vehicle_that_is_not_to_have_a_lead_gets_none(change):
    assert scored(VehicleFactory(**change)) is None


def test_unlisted_model_is_classed_by_its_vin():
    vehicle = VehicleFactory(car=3, model="An Unlisted Pickup")
    assert scored(vehicle).lead.vehicle_type == "light_truck"


def test_sold_vehicle_expires_its_lead():
    vehicle = VehicleFactory()
    lead = scored(vehicle).lead
    Vehicle.objects.filter(pk=vehicle.pk).update(status="sold")
    assert scored(vehicle) is None
    lead.refresh_from_db()
    assert lead.status == "expired" and "no longer in use" in lead.status_reason
    assert not LeadScore.objects.get(pk=lead.pk).is_open


def test_new_owner_gets_a_lead_of_their_own():
    vehicle = VehicleFactory()
    old = scored(vehicle).lead
    Vehicle.objects.filter(pk=vehicle.pk).update(customer=CustomerFactory())
    new = scored(vehicle).lead
    old.refresh_from_db()
    assert old.status == "expired" and new.pk != old.pk


def test_new_mileage_brings_age_and_day_along():
    vehicle = VehicleFactory(car=0, current_mileage=30_000)
    scored(vehicle)
    later = TODAY + timedelta(days=400)
    Vehicle.objects.filter(pk=vehicle.pk).update(current_mileage=60_000)
    lead = scored(vehicle, as_of=later).lead
    assert (lead.current_mileage, lead.vehicle_age, lead.as_of) == (60_000, 7, later)


def test_battery_test_is_evidence_until_another_battery_is_in():
    vehicle = VehicleFactory()
    before = scored(vehicle).posterior_probability

    def tested(result, minute):
        at = timezone.now() - timedelta(hours=2) + timedelta(minutes=minute)
        BatteryTest.objects.create(vehicle=vehicle, result=result, tested_at=at)
        return scored(vehicle, as_of=local_today())

    weak = tested(TestResult.RECHARGE, 1)
    assert weak.soc_decline is True and weak.posterior_probability > before
    assert tested(TestResult.GOOD, 2).soc_decline is False
    replaced = tested(TestResult.REPLACE_WARRANTY, 3)
    assert replaced.soc_decline is None
    assert replaced.posterior_probability == before


def test_telematics_survive_a_sync():
    vehicle = VehicleFactory()
    lead = scored(vehicle).lead
    Lead.objects.filter(pk=lead.pk).update(start_cycles_annual=2_500, short_trip_percentage=0.7)
    Vehicle.objects.filter(pk=vehicle.pk).update(current_mileage=90_000)
    score = scored(vehicle)
    assert score.ignition_frequency is True and score.short_trips is True


@pytest.mark.parametrize(
    ("status", "comes_back"), [("won", False), ("lost", False), ("expired", True)]
)
def test_vehicle_rests_after_a_closed_lead(status, comes_back):
    vehicle = VehicleFactory()
    lead = scored(vehicle, as_of=local_today()).lead
    leads.move_lead(lead=lead, status=status, reason="Done")
    assert bool(scored(vehicle, as_of=local_today())) is comes_back
    later = local_today() + timedelta(days=syncing.WON_DAYS + 2)
    assert scored(vehicle, as_of=later) is not None


def test_owners_new_name_reaches_closed_leads():
    vehicle = VehicleFactory()
    lead = scored(vehicle).lead
    leads.move_lead(lead=lead, status="lost", reason="Moved away")
    customer = vehicle.customer
    customer.first_name, customer.last_name = "Gone", "Customer"
    customer.save()
    assert syncing.forget_customer(customer.pk) == 1
    lead.refresh_from_db()
    assert lead.customer_name == "Gone Customer"


# The way of a lead


def test_closed_lead_stays_closed():
    lead = LeadFactory(status="won")
    with pytest.raises(IllegalTransition):
        leads.move_lead(lead=lead, status="contacted")


def test_lost_needs_a_reason():
    with pytest.raises(Invalid):
        leads.move_lead(lead=LeadFactory(), status="lost")


def test_appointment_books_brings_and_loses_the_lead():
    vehicle = VehicleFactory()
    scored(vehicle)
    visit = AppointmentFactory(customer=vehicle.customer, vehicle=vehicle)
    for status, expected in (
        ("scheduled", "booked"), ("no_show", "contacted"), ("confirmed", "booked"),
        ("arrived", "arrived"),
    ):  # fmt: skip
        type(visit).objects.filter(pk=visit.pk).update(status=status)
        leads.follow_appointment(appointment_id=visit.pk)
        assert (lead_of(vehicle).status, lead_of(vehicle).appointment) == (expected, visit)
    record = ServiceRecordFactory(vehicle=vehicle, appointment=visit)
    leads.follow_service(service_record_id=record.pk)
    assert lead_of(vehicle).service_record == record


# Outcomes


@pytest.mark.parametrize(
    ("result", "status"),
    [
        ("good", "lost"), ("recharge", "arrived"), ("replace_customer_pay", "won"),
        ("replace_warranty", "won"), ("declined", "lost"), ("replaced_elsewhere", "lost"),
    ],
)  # fmt: skip
def test_outcome_ends_the_lead_and_keeps_the_prediction(result, status):
    vehicle = VehicleFactory()
    score = scored(vehicle)
    test = outcomes.record_battery_test(result=result, vehicle=vehicle, data={"voltage": 12.1})
    test.lead.refresh_from_db()
    assert test.lead.status == status
    assert test.predicted_probability == score.posterior_probability
    assert test.predicted_by_id == score.parameters_id
    assert test.predicted_from["evidence"]["temperature_cycling"] is True
    assert test.predicted_from["evidence"]["short_trips"] is None


@pytest.mark.parametrize(
    ("result", "data", "field"),
    [
        ("exploded", {}, "result"),
        ("good", {"voltage": 400}, "voltage"),
        ("good", {"id": 1}, "id"),
        ("good", {"tested_at": timezone.now() + timedelta(days=1)}, "tested_at"),
    ],
)
def test_impossible_outcome_is_refused(result, data, field):
    with pytest.raises(Invalid) as refused:
        outcomes.record_battery_test(result=result, lead=LeadFactory(), data=data)
    assert refused.value.field == field


# The work list


def high_lead(**facts):
    vehicle = VehicleFactory()
    lead = scored(vehicle).lead
    Lead.objects.filter(pk=lead.pk).update(
        start_cycles_annual=2_600, short_trip_percentage=0.8, soc_decline=True,
        soc_source="telematics", soc_date=TODAY, **facts,
    )  # fmt: skip
    return lead


def items():
    return list(WorkItem.objects.open().order_by("key").values_list("key", flat=True))


def test_lead_that_turns_high_is_offered_and_taken_off_when_it_falls():
    lead = high_lead()
    assert items() == []
    leads.rescore(lead_ids=[lead.pk], as_of=TODAY)
    assert items() == [f"battery_lead:{lead.pk}"]
    item = WorkItem.objects.get()
    assert item.value == LeadScore.objects.get(pk=lead.pk).expected_value
    Lead.objects.filter(pk=lead.pk).update(soc_decline=False, short_trip_percentage=0)
    leads.rescore(lead_ids=[lead.pk], as_of=TODAY)
    assert items() == []


def test_snoozed_lead_rests_and_comes_back():
    lead = high_lead()
    leads.rescore(lead_ids=[lead.pk], as_of=TODAY)
    leads.snooze_lead(lead=lead, until=timezone.now() + timedelta(days=3))
    assert items() == [] and work.offer_most_urgent() == 0
    Lead.objects.filter(pk=lead.pk).update(snoozed_until=timezone.now() - timedelta(minutes=1))
    assert work.offer_most_urgent() == 1
    assert items()[0].startswith(f"battery_lead:{lead.pk}:")


def test_list_is_filled_up_to_its_limit_most_urgent_first():
    for _ in range(3):
        high_lead()
    scoring.recompute(parameters=champion(), as_of=TODAY)
    assert work.offer_most_urgent(limit=2) == 2
    best = LeadScore.objects.most_urgent_first().values_list("pk", flat=True)[:2]
    assert items() == sorted(f"battery_lead:{pk}" for pk in best)
    assert work.offer_most_urgent(limit=2) == 0


# The command


def test_command_brings_everything_up_to_date(capsys):
    VehicleFactory()
    VehicleFactory(status="sold")
    call_command("score_leads", as_of=TODAY)
    assert LeadScore.objects.count() == 1
    capsys.readouterr()
    call_command("score_leads", as_of=TODAY)
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["0", "0", "0"]


def test_command_without_parameters_exits_with_2():
    from leads.models import ParameterActivation

    ParameterActivation.objects.all().delete()
    with pytest.raises(CommandError) as refused:
        call_command("score_leads")
    assert refused.value.returncode == 2
