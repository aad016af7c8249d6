"""`/api/v1/leads/`: list, filters, explanation, files, moves, outcomes."""

import csv
import io
import json
import math
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.enums import Role
from crm.models import ExportLog
from leads.enums import LeadStatus
from leads.exporting.fields import SEED_FIELDS
from leads.models import BatteryTest, Lead
from leads.services import leads as services
from tests.crm.api import ROOT, client_of, problem_of
from tests.factories import CustomerFactory, VehicleFactory
from tests.leads.factories import LeadFactory, scored

pytestmark = pytest.mark.django_db
LEADS = f"{ROOT}leads/"
WEAK = {"soc_decline": True}
CALM = {"start_cycles_annual": 1_000, "short_trip_percentage": 0.1}


def a_lead(**facts):
    return scored(LeadFactory(**facts))


def ids(response):
    assert response.status_code == 200, response.content
    return [row["lead_id"] for row in response.json()["results"]]


def test_row_has_every_field_of_the_specification_and_the_links():
    vehicle = VehicleFactory()
    lead = a_lead(vehicle=vehicle, customer=vehicle.customer)
    row = client_of().get(f"{LEADS}{lead.pk}/").json()
    names = [field.name for field in SEED_FIELDS]
    assert list(row)[: len(names)] == names
    assert row["vehicle"] == str(vehicle.pk)
    assert row["customer"] == str(vehicle.customer.pk)
    assert row["posterior_probability"] == lead.score.posterior_probability
    assert row["is_calibrated"] is False and row["parameters_name"] == "seed-1.0"
    assert client_of().get(LEADS).json()["results"][0] == row


def test_list_shows_open_leads_the_most_urgent_first():
    calm, weak = a_lead(**CALM), a_lead(**WEAK)
    gone = a_lead()
    services.move_lead(lead=gone, status=LeadStatus.LOST, reason="Sold elsewhere")
    client = client_of()
    assert ids(client.get(LEADS)) == [weak.pk, calm.pk]
    assert ids(client.get(LEADS, {"open": "false"})) == [gone.pk]
    assert set(ids(client.get(LEADS, {"status": ["new", "lost"]}))) == {calm.pk, weak.pk, gone.pk}


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ({"state": "GA", "city": "Atlanta"}, True),
        ({"state": ["FL", "GA"]}, True),
        ({"state": "FL"}, False),
        ({"type": "light_truck", "model": "F-150"}, True),
        ({"cohort": "light_truck_inland_moderate"}, True),
        ({"band": "high", "urgency": "immediate"}, True),
        ({"band": "low"}, False),
        ({"stressor": ["soc_decline", "short_trips"]}, True),
        ({"source": "crm"}, False),
        ({"min_mileage": 40_000, "max_mileage": 50_000}, True),
        ({"min_mileage": 50_000}, False),
        ({"min_urgency": 101}, False),
    ],
)
def test_list_narrows_by(query, is_found):
    lead = a_lead(**WEAK)
    assert ids(client_of().get(LEADS, query)) == ([lead.pk] if is_found else [])


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"colour": "red"}, "colour"),
        ({"band": "huge"}, "band"),
        ({"min_mileage": "many"}, "min_mileage"),
        ({"ordering": "vin"}, "ordering"),
        ({"state": ""}, "state"),
    ],
)
def test_list_refuses_what_it_does_not_know(query, parameter):
    body = problem_of(client_of().get(LEADS, query), 400)
    assert body["errors"][0]["parameter"] == parameter


def test_pages_by_cursor_meet_every_lead_once_and_count_on_request():
    made = {a_lead().pk for _ in range(5)}
    client = client_of()
    answer = client.get(LEADS, {"page_size": 2, "count": 1}).json()
    assert answer["count"] == 5
    seen = []
    while True:
        seen += [row["lead_id"] for row in answer["results"]]
        if answer["next"] is None:
            break
        answer = client.get(answer["next"]).json()
    assert len(seen) == 5 and set(seen) == made


@pytest.mark.parametrize("key", ["0", "x", "9" * 30])
def test_lead_that_is_not_there_is_a_404(key):
    for below in ("", "explain/", "outcomes/"):
        problem_of(client_of().get(f"{LEADS}{key}/{below}"), 404)


def test_lead_without_a_score_yet_is_not_there():
    problem_of(client_of().get(f"{LEADS}{LeadFactory().pk}/explain/"), 404)


def test_unchanged_lead_is_not_sent_again():
    lead, client = a_lead(), client_of()
    tag = client.get(f"{LEADS}{lead.pk}/")["ETag"]
    assert client.get(f"{LEADS}{lead.pk}/", headers={"If-None-Match": tag}).status_code == 304


def test_explanation_adds_up_and_names_what_is_unknown():
    lead = a_lead(soc_decline=None, soc_source=None, soc_date=None)
    shown = client_of().get(f"{LEADS}{lead.pk}/explain/").json()
    total = math.fsum(step["log_odds"] for step in shown["steps"])
    assert total == pytest.approx(shown["log_odds"], abs=1e-12)
    assert 1 / (1 + math.exp(-total)) == pytest.approx(shown["posterior_probability"], abs=1e-12)
    assert shown["unknown"] == ["Weak charge"]
    change = next(one for one in shown["changes"] if one["name"] == "soc_decline")
    assert change["if_present"] > shown["posterior_probability"]
    assert shown["parameters"]["is_calibrated"] is False
    assert shown["is_synthetic"] is True
    assert "F-150" in shown["sentence"]


@pytest.mark.parametrize("below", ["explain/", "outcomes/"])
def test_reads_below_a_lead_ask_a_constant_number_of_times(below):
    lead, client = a_lead(), client_of()
    client.get(f"{ROOT}me/")
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{LEADS}{lead.pk}/{below}").status_code == 200
        counts.append(len(queries))
        for _ in range(3):
            BatteryTest.objects.create(lead=lead, result="good")
    assert counts == [counts[0]] * 2 and counts[0] <= 4


def body_of(response):
    return b"".join(response.streaming_content).decode()


def test_export_streams_the_filtered_leads_in_the_formats_of_the_specification():
    wanted, _ = a_lead(**WEAK), a_lead(**CALM)
    client = client_of()
    response = client.get(f"{LEADS}export/", {"band": "high"})
    assert response.streaming
    assert response["Content-Disposition"].startswith('attachment; filename="vin_leads_database_')
    found = json.loads(body_of(response))
    assert [row["customer_data"]["lead_id"] for row in found["leads"]] == [wanted.pk]
    text = body_of(client.get(f"{LEADS}export/", {"band": "high", "file": "csv"}))
    [row] = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert row["vin"] == wanted.vin
    assert wanted.vin in body_of(client.get(f"{LEADS}export/", {"file": "summary"}))
    assert list(ExportLog.objects.order_by("pk").values_list("rows", flat=True)) == [1, 1, 2]


def test_export_needs_both_scopes_and_a_known_file():
    for scopes in (["leads:read"], ["exports:read"]):
        problem_of(client_of(scopes=scopes).get(f"{LEADS}export/"), 403)
    problem_of(client_of().get(f"{LEADS}export/", {"file": "pdf"}), 400)
    problem_of(client_of().get(f"{LEADS}export/", {"cursor": "x"}), 400)


def test_move_takes_the_lead_on_and_refuses_what_the_way_does_not_have():
    lead, client = a_lead(), client_of(Role.BDC)
    url = f"{LEADS}{lead.pk}/move/"
    assert client.post(url, {"status": "contacted"}).json()["status"] == "contacted"
    problem = problem_of(client.post(url, {"status": "lost"}), 422)
    assert problem["errors"][0]["pointer"] == "/reason"
    problem_of(client.post(url, {"status": "new"}), 400)
    assert client.post(url, {"status": "lost", "reason": "Sold"}).json()["is_open"] is False
    problem_of(client.post(url, {"status": "booked"}), 409)


def test_move_of_a_lead_that_changed_meanwhile_is_refused():
    lead, client = a_lead(), client_of()
    tag = client.get(f"{LEADS}{lead.pk}/")["ETag"]
    url = f"{LEADS}{lead.pk}/move/"
    assert client.post(url, {"status": "contacted"}).status_code == 200
    problem_of(client.post(url, {"status": "booked"}, headers={"If-Match": tag}), 412)


def test_snooze_rests_and_wakes_a_lead():
    lead, client = a_lead(), client_of()
    url = f"{LEADS}{lead.pk}/snooze/"
    until = timezone.now() + timedelta(days=3)
    assert client.post(url, {"until": until.isoformat()}).json()["snoozed_until"]
    assert client.post(url, {"until": None}).json()["snoozed_until"] is None
    past = timezone.now() - timedelta(days=3)
    problem_of(client.post(url, {"until": past.isoformat()}), 422)
    problem_of(client.post(url, {}), 400)


def test_outcome_ends_the_lead_and_keeps_what_was_predicted():
    customer = CustomerFactory()
    vehicle = VehicleFactory(customer=customer)
    lead, client = a_lead(vehicle=vehicle, customer=customer), client_of()
    url = f"{LEADS}{lead.pk}/outcomes/"
    body = {"result": "replace_customer_pay", "state_of_charge": 31.5, "note": "Swollen"}
    response = client.post(url, body, headers={"Idempotency-Key": "one"})
    assert response.status_code == 201, response.content
    made = response.json()
    assert made["predicted_probability"] == lead.score.posterior_probability
    assert made["predicted_by_name"] == "seed-1.0"
    assert made["recorded_by"] == client.user.pk
    assert Lead.objects.get(pk=lead.pk).status == LeadStatus.WON
    assert client.post(url, body, headers={"Idempotency-Key": "one"}).json() == made
    assert client.get(url).json()["results"] == [made]


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"result": "exploded"}, 400, "/result"),
        ({}, 400, "/result"),
        ({"result": "good", "tested_at": "2999-01-01T00:00:00Z"}, 422, "/tested_at"),
    ],
)
def test_outcome_that_cannot_be_is_refused_at_its_field(body, status, pointer):
    response = client_of().post(f"{LEADS}{a_lead().pk}/outcomes/", body)
    assert problem_of(response, status)["errors"][0]["pointer"] == pointer
    assert not BatteryTest.objects.exists()
