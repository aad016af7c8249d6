"""Customers over the API."""

import pytest

from crm.enums import Role
from crm.models import AuditEntry, Customer, CustomerNote
from tests import factories
from tests.crm.api import client_of, problem_of

pytestmark = pytest.mark.django_db

URL = "/api/v1/customers/"
NEW = {"first_name": "Ann", "last_name": "Lee", "phone": "(205) 555-0142", "state": "Alabama"}


def test_customer_created_is_normalised_and_answered_with_version_and_address() -> None:
    response = client_of(Role.ADVISOR).post(URL, NEW)
    assert response.status_code == 201, response.content
    body = response.json()
    assert (body["phone"], body["state"], body["name"]) == ("+12055550142", "AL", "Ann Lee")
    assert response["Location"].endswith(f"{URL}{body['id']}/")
    assert response["ETag"].startswith('"')


def test_write_is_attributed_to_the_user_and_the_token() -> None:
    client = client_of(Role.BDC)
    created = client.post(URL, NEW).json()
    entry = AuditEntry.objects.get(table_name="customers", row_id=created["id"])
    assert (entry.source, entry.actor_id) == ("api", client.user.pk)  # type: ignore[attr-defined]
    assert entry.actor_label == f"{client.user.username} via test"  # type: ignore[attr-defined]
    assert entry.request_id


def test_duplicate_phone_is_a_409_at_the_field() -> None:
    factories.CustomerFactory(phone="+12055550142")
    body = problem_of(client_of().post(URL, NEW), 409)
    assert body["code"] == "customers_phone_once"
    assert body["errors"][0]["pointer"] == "/phone"


def test_unreadable_phone_is_a_422_at_the_field() -> None:
    body = problem_of(client_of().post(URL, NEW | {"phone": "12"}), 422)
    assert body["errors"][0]["pointer"] == "/phone"


def test_missing_field_is_a_400_at_the_field() -> None:
    body = problem_of(client_of().post(URL, {"first_name": "Ann"}), 400)
    assert {item["pointer"] for item in body["errors"]} == {"/last_name", "/phone"}


def test_patch_changes_one_field_and_keeps_the_rest() -> None:
    customer = factories.CustomerFactory(city="Atlanta")
    response = client_of().patch(f"{URL}{customer.pk}/", {"city": "Macon"})
    assert response.status_code == 200, response.content
    assert (response.json()["city"], response.json()["phone"]) == ("Macon", customer.phone)


def test_put_back_of_a_read_record_changes_nothing() -> None:
    customer = factories.CustomerFactory(preferred_service_advisor=factories.UserFactory())
    client = client_of()
    before = client.get(f"{URL}{customer.pk}/")
    after = client.put(f"{URL}{customer.pk}/", before.json())
    assert after.status_code == 200, after.content
    assert after.json() == before.json()


def test_birth_date_is_left_out_for_technicians() -> None:
    customer = factories.CustomerFactory(date_of_birth="1980-02-03")
    shown = client_of(Role.ADVISOR).get(f"{URL}{customer.pk}/").json()
    hidden = client_of(Role.TECHNICIAN).get(f"{URL}{customer.pk}/").json()
    assert shown["date_of_birth"] == "1980-02-03"
    assert "date_of_birth" not in hidden
    listed = client_of(Role.TECHNICIAN).get(URL).json()["results"]
    assert all("date_of_birth" not in row for row in listed)


def test_customer_with_history_cannot_be_deleted_but_erased() -> None:
    appointment = factories.AppointmentFactory()
    client = client_of(Role.MANAGER)
    url = f"{URL}{appointment.customer_id}/"
    assert problem_of(client.delete(url), 409)["code"] == "has_history"
    problem_of(client.post(f"{url}erase/", {}), 400)
    erased = client.post(f"{url}erase/", {"reason": "asked for it"})
    assert erased.status_code == 200
    assert erased.json()["anonymised_at"] is not None


def test_customer_without_history_is_deleted() -> None:
    customer = factories.CustomerFactory()
    assert client_of().delete(f"{URL}{customer.pk}/").status_code == 204
    assert not Customer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_notes_are_added_and_listed_newest_first() -> None:
    customer = factories.CustomerFactory()
    client = client_of(Role.ADVISOR)
    for text in ("first", "second"):
        assert client.post(f"{URL}{customer.pk}/notes/", {"text": text}).status_code == 201
    listed = client.get(f"{URL}{customer.pk}/notes/").json()["results"]
    assert [row["text"] for row in listed] == ["second", "first"]
    assert listed[0]["author_name"] == str(client.user)  # type: ignore[attr-defined]
    assert CustomerNote.objects.count() == 2


def test_vehicles_of_a_customer_are_listed() -> None:
    vehicle = factories.VehicleFactory()
    factories.VehicleFactory()
    listed = client_of().get(f"{URL}{vehicle.customer_id}/vehicles/").json()["results"]
    assert [row["id"] for row in listed] == [str(vehicle.pk)]


def test_timeline_shows_what_the_scopes_allow() -> None:
    record = factories.ServiceRecordFactory()
    url = f"{URL}{record.vehicle.customer_id}/timeline/"
    factories.AppointmentFactory(customer=record.vehicle.customer, vehicle=record.vehicle)
    everything = client_of().get(url).json()["results"]
    assert "appointment" in {entry["kind"] for entry in everything}
    narrow = client_of(scopes=["customers:read"]).get(url).json()["results"]
    assert {entry["kind"] for entry in narrow} <= {"note"}


@pytest.mark.parametrize("query", ["whitf", "+1 (206) 555-0000", "dana"])
def test_search_finds_by_name_phone_and_mail(query: str) -> None:
    factories.CustomerFactory(phone="+12065550000", first_name="Dana", last_name="Whitfield")
    found = client_of().get(URL, {"search": query})
    assert [row["last_name"] for row in found.json()["results"]] == ["Whitfield"]


def test_search_with_a_cursor_is_refused() -> None:
    body = problem_of(client_of().get(URL, {"search": "x", "cursor": "y"}), 400)
    assert body["errors"][0]["parameter"] == "cursor"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"city": "macon"}, ["A"]),
        ({"phone": "205 555 0101"}, ["A"]),
        ({"email": "B@MAIL.example"}, ["B"]),
        ({"anonymised": "true"}, []),
        ({"anonymised": "false"}, ["A", "B"]),
        ({"receive_promotions": "false"}, ["B"]),
        ({"customer_since_from": "2022-01-01"}, ["B"]),
        ({"modified_since": "2999-01-01T00:00:00Z"}, []),
    ],
)
def test_filter_selects(query: dict[str, str], expected: list[str]) -> None:
    factories.CustomerFactory(last_name="A", city="Macon", phone="+12055550101")
    factories.CustomerFactory(
        last_name="B", email="b@mail.example", receive_promotions=False, customer_since="2023-01-01"
    )
    rows = client_of().get(URL, query).json()["results"]
    assert [row["last_name"] for row in rows] == expected
