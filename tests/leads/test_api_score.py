"""`POST /api/v1/leads/score/`: what-if, nothing stored."""

import math

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.registry import local_today
from leads.models import Lead, LeadScore
from tests.crm.api import ROOT, client_of, problem_of
from tests.factories import VehicleFactory, new_vin
from tests.leads.factories import LeadFactory, scored

pytestmark = pytest.mark.django_db
SCORE = f"{ROOT}leads/score/"
TRUCK = {
    "model": "F-150",
    "year": 2022,
    "current_mileage": 47_823,
    "zip_code": "30309",
    "start_cycles_annual": 2_640,
    "short_trip_percentage": 0.62,
}


def results(*vehicles, **extra):
    response = client_of().post(SCORE, {"vehicles": list(vehicles), **extra})
    assert response.status_code == 200, response.content
    return response.json()["results"]


def test_score_is_that_of_a_stored_lead_with_the_same_facts_and_stores_nothing():
    lead = scored(
        LeadFactory(
            vehicle_age=local_today().year - 2022,
            start_cycles_annual=2_640,
            short_trip_percentage=0.62,
            soc_decline=None,
            soc_source=None,
            soc_date=None,
        )
    )
    [shown] = results(TRUCK)
    names = ("base_prior", "adjusted_prior", "combined_lr", "posterior_probability")
    for name in names:
        assert shown[name] == pytest.approx(getattr(lead.score, name), rel=1e-12), name
    assert shown["cohort_assignment"] == lead.cohort_assignment
    assert shown["expected_value"] == str(lead.score.expected_value)
    assert shown["unknown"] == ["soc_decline"]
    total = math.fsum(step["log_odds"] for step in shown["steps"])
    assert 1 / (1 + math.exp(-total)) == pytest.approx(shown["posterior_probability"], abs=1e-12)
    assert (Lead.objects.count(), LeadScore.objects.count()) == (1, 1)


def test_vin_says_what_the_vehicle_is():
    vehicle = VehicleFactory()
    [shown] = results({"vin": f" {vehicle.vin.lower()} ", "zip_code": "33101-1234"})
    assert shown["vin"] == vehicle.vin
    assert (shown["year"], shown["model"]) == (vehicle.year, vehicle.model)
    assert shown["climate_zip"] is not None
    assert "annual_mileage" in shown["unknown"]


def test_stated_evidence_counts_until_it_is_too_old():
    [fresh, old] = results(
        {**TRUCK, "soc_decline": True},
        {**TRUCK, "soc_decline": True, "soc_date": "2020-01-01"},
    )
    assert 6.5 in fresh["active_lrs"]
    assert "soc_decline" in old["unknown"]


def test_answer_says_by_which_set_and_that_it_is_not_calibrated():
    body = client_of().post(SCORE, {"vehicles": [TRUCK], "parameters": "seed-1.0"}).json()
    assert (body["parameters"], body["is_calibrated"]) == ("seed-1.0", False)
    assert body["as_of"] == local_today().isoformat()
    problem = problem_of(client_of().post(SCORE, {"vehicles": [TRUCK], "parameters": "best"}), 400)
    assert problem["errors"][0]["pointer"] == "/parameters"


def test_every_faulty_vehicle_is_named_by_index_and_field():
    good = new_vin()
    mistyped = good[:8] + ("0" if good[8] != "0" else "1") + good[9:]
    vehicles = [
        TRUCK,
        {"vin": mistyped},
        {"year": 2020},
        {"model": "Hovercraft"},
        {**TRUCK, "soc_decline": False, "soc_date": "2999-01-01"},
    ]
    body = problem_of(client_of().post(SCORE, {"vehicles": vehicles}), 400)
    assert [item["pointer"] for item in body["errors"]] == [
        "/vehicles/1/vin",
        "/vehicles/2/vin",
        "/vehicles/3/vehicle_type",
        "/vehicles/4/soc_date",
    ]


def test_shape_of_each_vehicle_is_checked_first():
    vehicles = [TRUCK, {**TRUCK, "zip_code": "3030"}, {**TRUCK, "current_mileage": -1}]
    body = problem_of(client_of().post(SCORE, {"vehicles": vehicles}), 400)
    assert [item["pointer"] for item in body["errors"]] == [
        "/vehicles/1/zip_code",
        "/vehicles/2/current_mileage",
    ]


@pytest.mark.parametrize("vehicles", [[], [TRUCK] * 1_001, {}, None, "none", [["x"]]])
def test_number_and_kind_of_vehicles_are_checked(vehicles):
    problem_of(client_of().post(SCORE, {"vehicles": vehicles}), 400)


def test_thousand_vehicles_ask_as_often_as_one():
    client = client_of()
    client.get(f"{ROOT}me/")
    counts = []
    for many in (1, 1_000):
        with CaptureQueriesContext(connection) as queries:
            response = client.post(SCORE, {"vehicles": [TRUCK] * many})
        assert len(response.json()["results"]) == many
        counts.append(len(queries))
    assert counts[0] == counts[1]
