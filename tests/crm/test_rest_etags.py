"""Versions: 304 for readers, 412 for writers who are late (property W4)."""

from typing import Any

import pytest

from tests.crm.api import ROOT, client_of, make_world, problem_of

pytestmark = pytest.mark.django_db

STALE = '"0"'


def updates(world: Any) -> list[tuple[str, str, dict[str, Any]]]:
    """(method, path, body) of every route that changes one record."""
    customer, vehicle = f"customers/{world.customer.pk}/", f"vehicles/{world.vehicle.pk}/"
    visit = f"appointments/{world.appointment.pk}/"
    bay = {"code": world.bay.pk, "name": "Left"}
    op_code = {
        "code": world.op_code.pk,
        "description": "x",
        "category": "repair",
        "hours": "1",
        "price": "1",
    }
    hours = {"weekday": 1, "opens": "08:00", "closes": "17:00"}
    person = {"first_name": "A", "last_name": "B", "phone": "2055550142"}
    car = {
        "vin": world.vehicle.vin,
        "year": world.vehicle.year,
        "make": "Ford",
        "model": "F-150",
    }
    return [
        ("put", customer, person),
        ("patch", customer, {"city": "Macon"}),
        ("delete", customer, {}),
        ("post", f"{customer}erase/", {"reason": "x"}),
        ("post", f"{customer}notes/", {"text": "x"}),
        ("put", vehicle, car),
        ("patch", vehicle, {"color": "Red"}),
        ("delete", vehicle, {}),
        ("post", f"{vehicle}correct-mileage/", {"mileage": 5, "reason": "x"}),
        ("post", f"{vehicle}make-primary/", {}),
        ("patch", visit, {"service_type": "Brakes"}),
        ("post", f"{visit}move/", {"scheduled_at": "2030-01-01T15:00:00Z"}),
        ("post", f"{visit}confirm/", {}),
        ("post", f"{visit}check-in/", {}),
        ("post", f"{visit}start/", {}),
        ("post", f"{visit}complete/", {}),
        ("post", f"{visit}cancel/", {"reason": "x"}),
        ("post", f"{visit}no-show/", {}),
        ("put", f"technicians/{world.technician.pk}/", {"name": "Kim"}),
        ("patch", f"technicians/{world.technician.pk}/", {"name": "Kim"}),
        ("delete", f"technicians/{world.technician.pk}/", {}),
        ("put", f"service-bays/{world.bay.pk}/", bay),
        ("patch", f"service-bays/{world.bay.pk}/", bay),
        ("delete", f"service-bays/{world.bay.pk}/", {}),
        ("put", "opening-hours/1/", hours),
        ("patch", "opening-hours/1/", hours),
        ("delete", "opening-hours/1/", {}),
        ("put", f"op-codes/{world.op_code.pk}/", op_code),
        ("patch", f"op-codes/{world.op_code.pk}/", op_code),
        ("delete", f"op-codes/{world.op_code.pk}/", {}),
    ]


def test_stale_if_match_is_a_412_on_every_update_route() -> None:
    client = client_of()
    for method, path, body in updates(make_world()):
        response = getattr(client, method)(ROOT + path, body, headers={"If-Match": STALE})
        assert problem_of(response, 412)["code"] == "stale", (method, path)


@pytest.mark.parametrize("shape", ["{}", "W/{}", '"other", {}', "*"])
def test_current_if_match_lets_the_write_pass(shape: str) -> None:
    world = make_world()
    client = client_of()
    for path in (f"customers/{world.customer.pk}/", f"service-bays/{world.bay.pk}/"):
        etag = client.get(ROOT + path)["ETag"]
        headers = {"If-Match": shape.format(etag)}
        assert client.patch(ROOT + path, {}, headers=headers).status_code == 200


def test_second_of_two_writers_is_told_that_the_record_moved_on() -> None:
    path = f"{ROOT}customers/{make_world().customer.pk}/"
    client = client_of()
    headers = {"If-Match": client.get(path)["ETag"]}
    first = client.patch(path, {"city": "Macon"}, headers=headers)
    assert first.status_code == 200
    assert first["ETag"] != headers["If-Match"]
    assert client.patch(path, {"city": "Rome"}, headers=headers).status_code == 412
    assert client.get(path).json()["city"] == "Macon"


@pytest.mark.parametrize("name", ["customers", "vehicles", "appointments", "service-history"])
def test_unchanged_record_is_a_304_without_a_body(name: str) -> None:
    world = make_world()
    key = {
        "customers": world.customer,
        "vehicles": world.vehicle,
        "appointments": world.appointment,
        "service-history": world.record,
    }[name].pk
    client = client_of()
    etag = client.get(f"{ROOT}{name}/{key}/")["ETag"]
    response = client.get(f"{ROOT}{name}/{key}/", headers={"If-None-Match": etag})
    assert (response.status_code, response.content) == (304, b"")
    assert client.get(f"{ROOT}{name}/{key}/", headers={"If-None-Match": STALE}).status_code == 200
