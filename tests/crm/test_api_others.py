"""Vehicles, VINs, service history, the workshop, people and the audit trail over the API."""

from typing import Any

import pytest

from crm.enums import Role
from crm.models import AuditEntry, Technician, Vehicle
from tests import factories
from tests.crm.api import ROOT, client_of, make_world, problem_of

pytestmark = pytest.mark.django_db


def car(**change: Any) -> dict[str, Any]:
    return {"vin": factories.new_vin(), "year": 2020, "make": "Ford", "model": "F-150"} | change


def test_vehicle_is_added_and_takes_over_as_primary() -> None:
    first = factories.VehicleFactory()
    body = car(customer=str(first.customer_id), is_primary_vehicle=True)
    response = client_of().post(f"{ROOT}vehicles/", body)
    assert response.status_code == 201, response.content
    assert response.json()["customer_name"] == str(first.customer)
    first.refresh_from_db()
    assert first.is_primary_vehicle is False


@pytest.mark.parametrize(
    ("change", "status"),
    [({"vin": "1FTFW1ET5LFA67890"}, 422), ({"year": 1999}, 422), ({"year": "x"}, 400)],
)
def test_vehicle_with_a_fault_is_refused_at_the_field(change: dict[str, Any], status: int) -> None:
    body = problem_of(client_of().post(f"{ROOT}vehicles/", car(**change)), status)
    assert body["errors"][0]["pointer"] in ("/vin", "/year")


def test_second_vehicle_with_the_vin_is_a_409() -> None:
    vehicle = factories.VehicleFactory(car=0)
    body = problem_of(client_of().post(f"{ROOT}vehicles/", car(vin=vehicle.vin)), 409)
    assert body["code"] == "vehicles_vin_once"


def test_mileage_falls_only_by_a_correction_with_a_reason() -> None:
    vehicle = factories.VehicleFactory(current_mileage=50_000)
    url = f"{ROOT}vehicles/{vehicle.pk}/"
    client = client_of(Role.ADVISOR)
    body = problem_of(client.patch(url, {"current_mileage": 40_000}), 422)
    assert body["code"] == "vehicles_mileage_never_falls"
    problem_of(client.post(f"{url}correct-mileage/", {"mileage": 40_000}), 400)
    fixed = client.post(f"{url}correct-mileage/", {"mileage": 40_000, "reason": "typing error"})
    assert fixed.json()["current_mileage"] == 40_000
    assert AuditEntry.objects.filter(reason="typing error", source="api").exists()


def test_make_primary_changes_both_vehicles() -> None:
    first = factories.VehicleFactory()
    second = factories.VehicleFactory(customer=first.customer, is_primary_vehicle=False)
    assert client_of().post(f"{ROOT}vehicles/{second.pk}/make-primary/").status_code == 200
    primary = Vehicle.objects.filter(customer=first.customer, is_primary_vehicle=True)
    assert [vehicle.pk for vehicle in primary] == [second.pk]


@pytest.mark.parametrize("part", [slice(None), slice(-8, None)])
def test_vehicle_is_found_by_vin_or_its_last_eight(part: slice) -> None:
    vehicle = factories.VehicleFactory()
    factories.VehicleFactory()
    rows = client_of().get(f"{ROOT}vehicles/", {"vin": vehicle.vin[part].lower()}).json()["results"]
    assert [row["id"] for row in rows] == [str(vehicle.pk)]


def test_vin_is_decoded_and_a_wrong_one_explained() -> None:
    client = client_of(Role.TECHNICIAN)
    good = client.get(f"{ROOT}vin/{factories.new_vin(0)}/").json()
    assert (good["is_valid"], good["make"], good["model"], good["year"]) == (
        True, "Ford", "F-150", 2020,
    )  # fmt: skip
    bad = client.get(f"{ROOT}vin/1FTFW1ET5LFA67890/").json()
    assert bad["is_valid"] is False
    assert "check digit" in bad["problem"]
    assert client.get(f"{ROOT}vin/x/").json()["year"] is None


def test_service_outside_the_book_is_recorded_with_lines() -> None:
    world = make_world()
    client = client_of(Role.ADVISOR)
    body = {
        "vehicle": str(world.vehicle.pk),
        "service_date": "2026-10-01",
        "mileage": 43_000,
        "lines": [{"description": "Tires", "price": "400", "hours": "1.5"}],
    }
    response = client.post(f"{ROOT}service-history/", body)
    assert response.status_code == 201, response.content
    shown = response.json()
    assert (shown["total_cost"], shown["services_performed"]) == ("400.00", ["Tires"])
    assert [line["hours"] for line in shown["lines"]] == ["1.50"]
    listed = client.get(f"{ROOT}service-history/", {"ro_number": shown["ro_number"]}).json()
    assert "lines" not in listed["results"][0]


def test_refused_line_without_a_reason_is_refused_at_the_line() -> None:
    world = make_world()
    body = {
        "vehicle": str(world.vehicle.pk),
        "service_date": "2026-10-01",
        "lines": [{"description": "Tires"}, {"description": "Oil", "price": "-1"}],
    }
    answer = client_of().post(f"{ROOT}service-history/", body)
    assert answer.status_code in (400, 422)
    body["lines"] = [{"description": "Oil", "price": "x"}]
    problem = problem_of(client_of().post(f"{ROOT}service-history/", body), 400)
    assert problem["errors"][0]["pointer"] == "/lines/0/price"


SHOP = [
    ("technicians/", {"name": "Kim", "skills": ["repair"]}, {"name": "Kim P."}),
    ("service-bays/", {"code": "B9", "name": "Nine"}, {"name": "Ninth"}),
    ("opening-hours/", {"weekday": 2, "opens": "08:00", "closes": "17:00"}, {"closes": "18:00:00"}),
    ("special-days/", {"date": "2026-12-24", "reason": "Eve"}, {"reason": "Christmas Eve"}),
    (
        "op-codes/",
        {"code": "X1", "description": "X", "category": "repair", "hours": "1.00", "price": "9.00"},
        {"price": "10.00"},
    ),
]


@pytest.mark.parametrize(("path", "body", "change"), SHOP)
def test_manager_keeps_the_workshop(
    path: str, body: dict[str, Any], change: dict[str, Any]
) -> None:
    client = client_of(Role.MANAGER)
    created = client.post(ROOT + path, body)
    assert created.status_code == 201, created.content
    url = created["Location"]
    assert client.get(url).json() == created.json()
    problem_of(client.post(ROOT + path, body), 409)
    changed = client.patch(url, change).json()
    assert {name: changed[name] for name in change} == change
    assert client.put(url, changed).json() | {"updated_at": ""} == changed | {"updated_at": ""}
    assert client.delete(url).status_code == 204
    problem_of(client.get(url), 404)


def test_key_of_a_bay_stays_whatever_the_body_says() -> None:
    bay = factories.ServiceBayFactory()
    shown = client_of().patch(f"{ROOT}service-bays/{bay.pk}/", {"code": "ZZ", "name": "New"}).json()
    assert (shown["code"], shown["name"]) == (bay.pk, "New")


def test_technician_with_appointments_is_not_deleted() -> None:
    world = make_world()
    url = f"{ROOT}technicians/{world.technician.pk}/"
    assert problem_of(client_of().delete(url), 409)["code"] == "has_history"
    assert Technician.objects.exists()


@pytest.mark.parametrize(
    "body", [{"weekday": 7, "opens": "08:00", "closes": "17:00"},
             {"weekday": 1, "opens": "18:00", "closes": "17:00"}],
)  # fmt: skip
def test_impossible_hours_are_refused(body: dict[str, Any]) -> None:
    assert client_of().post(f"{ROOT}opening-hours/", body).status_code in (400, 422)


def test_people_are_listed_by_name_only_and_without_api_clients() -> None:
    client = client_of(Role.API)
    factories.UserFactory(first_name="Ann", last_name="Lee", role=Role.ADVISOR)
    rows = client.get(f"{ROOT}users/", {"role": "advisor"}).json()["results"]
    assert [row["name"] for row in rows] == ["Ann Lee"]
    assert set(rows[0]) == {"id", "name", "role"}
    assert client.get(f"{ROOT}users/", {"role": "api"}).json()["results"] == []


def test_audit_is_filtered_by_record_and_hidden_from_technicians() -> None:
    world = make_world()
    client = client_of(Role.MANAGER)
    client.patch(f"{ROOT}customers/{world.customer.pk}/", {"city": "Macon"})
    query = {"table_name": "customers", "row_id": str(world.customer.pk), "action": "update"}
    rows = client.get(f"{ROOT}audit/", query).json()["results"]
    assert [row["after"] for row in rows] == [{"city": "Macon"}]
    assert rows[0]["before"] == {"city": "Atlanta"}
    problem_of(client_of(Role.TECHNICIAN).get(f"{ROOT}audit/"), 403)
