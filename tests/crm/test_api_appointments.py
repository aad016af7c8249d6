"""The appointment book over the API."""

from typing import Any

import pytest
import requests
from django.utils import timezone

from crm.enums import Role
from crm.models import Appointment, ServiceRecord, Vehicle
from tests import factories
from tests.crm.api import ROOT, client_of, make_world, next_weekday, problem_of, together, token_for

pytestmark = pytest.mark.django_db

URL = f"{ROOT}appointments/"


def booking(world: Any, **change: Any) -> dict[str, Any]:
    return {
        "customer": str(world.customer.pk),
        "vehicle": str(world.vehicle.pk),
        "scheduled_at": next_weekday(18).isoformat(),
        "service_type": "Front brakes",
    } | change


def test_booking_picks_a_free_bay_and_technician_and_shows_their_names() -> None:
    world = make_world()
    response = client_of(Role.BDC).post(URL, booking(world))
    assert response.status_code == 201, response.content
    body = response.json()
    assert body["service_bay"] == world.bay.pk
    assert body["service_bay_name"] == world.bay.name
    assert body["assigned_technician_name"] == world.technician.name
    assert (body["status"], body["booking_method"]) == ("scheduled", "online")
    assert body["customer_name"] == str(world.customer)
    assert body["vehicle_name"] == str(world.vehicle)
    assert body["advisor_name"] == str(world.advisor)


@pytest.mark.parametrize("field", ["service_bay", "assigned_technician"])
def test_taken_bay_or_technician_is_a_409_at_the_field(field: str) -> None:
    world = make_world()
    client = client_of()
    key = world.bay.pk if field == "service_bay" else str(world.technician.pk)
    assert client.post(URL, booking(world)).status_code == 201
    other = {"service_bay": factories.ServiceBayFactory().pk}
    other |= {"assigned_technician": str(factories.TechnicianFactory().pk), field: key}
    body = problem_of(client.post(URL, booking(world, **other)), 409)
    assert body["errors"][0]["pointer"] == f"/{field}"


def test_closed_shop_is_a_422_at_the_time() -> None:
    world = make_world()
    day = next_weekday(18)
    factories.SpecialDayFactory(date=day.date())
    body = problem_of(client_of().post(URL, booking(world)), 422)
    assert (body["code"], body["errors"][0]["pointer"]) == ("shop_closed", "/scheduled_at")


def test_visit_walks_from_booking_to_service_record() -> None:
    world = make_world()
    client = client_of(Role.ADVISOR)
    visit = f"{URL}{client.post(URL, booking(world)).json()['id']}/"
    moved = client.post(f"{visit}move/", {"scheduled_at": next_weekday(19).isoformat()})
    assert moved.json()["scheduled_at"].startswith(next_weekday(19).isoformat()[:16])
    for step, status in (
        ("confirm", "confirmed"),
        ("check-in", "arrived"),
        ("start", "in_progress"),
    ):
        answer = client.post(f"{visit}{step}/", {"mileage": 41_900} if step == "check-in" else {})
        assert (answer.status_code, answer.json()["status"]) == (200, status), answer.content
    done = client.post(
        f"{visit}complete/",
        {
            "mileage": 42_000,
            "lines": [
                {"op_code": world.op_code.pk},
                {
                    "description": "Wipers",
                    "price": "30.00",
                    "outcome": "declined",
                    "reason": "later",
                },
            ],
        },
    )
    assert done.status_code == 200, done.content
    record = ServiceRecord.objects.get(pk=done.json()["service_record"])
    shown = client.get(f"{ROOT}service-history/{record.pk}/").json()
    assert {line["outcome"] for line in shown["lines"]} == {"performed", "declined"}
    assert shown["total_cost"] == "79.95"
    assert Vehicle.objects.get(pk=world.vehicle.pk).current_mileage == 42_000
    due = client.get(f"{ROOT}service-lines/", {"due": "true"}).json()["results"]
    assert [line["description"] for line in due] == ["Wipers"]


def test_illegal_step_is_a_409_that_names_the_possible_ones() -> None:
    world = make_world()
    body = problem_of(client_of().post(f"{URL}{world.appointment.pk}/start/"), 409)
    assert body["code"] == "illegal_transition"
    assert "Possible" in body["detail"]


def test_cancelling_needs_a_reason_and_keeps_it() -> None:
    url = f"{URL}{make_world().appointment.pk}/cancel/"
    client = client_of()
    problem_of(client.post(url, {}), 400)
    problem_of(client.post(url, {"reason": "  "}), 400)
    assert client.post(url, {"reason": "Sick"}).json()["cancellation_reason"] == "Sick"


def test_technician_works_on_visits_but_books_none() -> None:
    world = make_world()
    client = client_of(Role.TECHNICIAN)
    problem_of(client.post(URL, booking(world)), 403)
    assert client.post(f"{URL}{world.appointment.pk}/check-in/", {}).status_code == 200


def test_time_without_an_offset_is_the_shops_time(settings: Any) -> None:
    world = make_world()
    body = booking(world, scheduled_at=f"{next_weekday():%Y-%m-%d}T11:00")
    shown = client_of().post(URL, body).json()["scheduled_at"]
    assert shown[11:16] in ("15:00", "16:00")  # New York, with and without daylight saving


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"status": "scheduled"}, 1),
        ({"status": "cancelled"}, 0),
        ({"status": ["cancelled", "scheduled"]}, 1),
        ({"day": "{day}"}, 1),
        ({"first": "{day}", "last": "{day}"}, 1),
        ({"last": "2020-01-01"}, 0),
        ({"service_bay": "{bay}"}, 1),
        ({"service_bay": "nowhere"}, 0),
        ({"assigned_technician": "{technician}"}, 1),
        ({"customer": "{customer}"}, 1),
        ({"vehicle": "{vehicle}"}, 1),
        ({"late": "true"}, 0),
        ({"late": "false"}, 1),
        ({"scheduled_from": "2999-01-01T00:00:00Z"}, 0),
    ],
)
def test_filter_selects(query: dict[str, Any], found: int) -> None:
    world = make_world()
    names = {
        "day": f"{world.appointment.scheduled_at:%Y-%m-%d}",
        "bay": world.bay.pk,
        "technician": world.technician.pk,
        "customer": world.customer.pk,
        "vehicle": world.vehicle.pk,
    }
    filled = {
        name: value.format(**names) if isinstance(value, str) else value
        for name, value in query.items()
    }
    assert len(client_of().get(URL, filled).json()["results"]) == found


def test_availability_offers_what_booking_takes() -> None:
    world = make_world()
    client = client_of()
    day = f"{next_weekday():%Y-%m-%d}"
    slots = client.get(f"{ROOT}availability/", {"first": day, "limit": "3"}).json()["results"]
    assert len(slots) == 3
    taken = booking(
        world,
        scheduled_at=slots[0]["start"],
        service_bay=slots[0]["bays"][0],
        assigned_technician=slots[0]["technicians"][0],
    )
    assert client.post(URL, taken).status_code == 201
    again = client.get(f"{ROOT}availability/", {"first": day, "limit": "1"}).json()["results"]
    assert again[0]["start"] != slots[0]["start"]


@pytest.mark.parametrize(
    "query",
    [{}, {"first": "x"}, {"first": "2026-12-01", "bay": "?"}, {"first": "2026-12-01", "x": "1"}],
)
def test_bad_availability_query_is_refused_by_name(query: dict[str, str]) -> None:
    body = problem_of(client_of().get(f"{ROOT}availability/", query), 400)
    assert body["errors"][0]["parameter"]


def test_availability_of_too_many_days_is_a_422() -> None:
    query = {"first": "2026-12-01", "last": "2027-12-01"}
    problem_of(client_of().get(f"{ROOT}availability/", query), 422)


@pytest.mark.django_db(transaction=True)
def test_forty_parallel_bookings_of_one_slot_make_one_appointment(live_server: Any) -> None:
    world = make_world()
    headers = {"Authorization": f"Bearer {token_for(factories.UserFactory(role=Role.API))}"}
    body = booking(world, service_bay=world.bay.pk, assigned_technician=str(world.technician.pk))

    def book(_: int) -> requests.Response:
        return requests.post(live_server.url + URL, json=body, headers=headers, timeout=60)

    answers = together(book, 40)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 39
    refused = [answer.json() for answer in answers if answer.status_code == 409]
    assert {problem["code"] for problem in refused} <= {
        "appointments_bay_free",
        "appointments_technician_free",
    }
    assert Appointment.objects.filter(service_type="Front brakes").count() == 1
    assert timezone.now() < Appointment.objects.latest("created_at").scheduled_at
