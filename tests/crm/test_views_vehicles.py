"""Vehicles: the form, the look-up of a VIN, mileage, primary vehicle."""

import pytest
from django.test import Client
from django.urls import reverse

from crm import vin
from crm.enums import Role
from crm.models import AuditEntry, Vehicle
from crm.services import vehicles as service
from tests.crm.pages import HTMX, errors_of, form_data, signed_in
from tests.factories import CustomerFactory, VehicleFactory, new_vin

pytestmark = pytest.mark.django_db
DECODE = "/vehicles/decode"


@pytest.fixture
def client() -> Client:
    return signed_in(Role.ADVISOR)


def typed(**changes: str) -> dict[str, str]:
    """A new F-150 as somebody types it."""
    number = changes.pop("vin", "") or new_vin(0)
    return {
        "vin": number,
        "year": "2020",
        "make": "Ford",
        "model": "F-150",
        "status": "active",
        "current_mileage": "41,200",
    } | changes


def test_new_vehicle_is_added_and_becomes_primary(client: Client) -> None:
    owner = CustomerFactory()
    response = client.post(reverse("vehicle_new", args=[owner.pk]), typed())
    assert response["Location"] == reverse("customer", args=[owner.pk])
    vehicle = Vehicle.objects.get()
    assert (vehicle.customer, vehicle.current_mileage, vehicle.is_primary_vehicle) == (
        owner,
        41_200,
        True,
    )


def test_new_vehicle_goes_back_to_the_booking_it_came_from(client: Client) -> None:
    owner = CustomerFactory()
    back = f"/appointments/new?customer={owner.pk}"
    url = reverse("vehicle_new", args=[owner.pk])
    assert client.post(url, typed(next=back))["Location"] == back
    foreign = typed(next="https://evil.example/")
    assert client.post(url, foreign)["Location"] == reverse("customer", args=[owner.pk])


def test_new_vehicle_wrong_check_digit_is_told_at_the_field(client: Client) -> None:
    owner = CustomerFactory()
    response = client.post(reverse("vehicle_new", args=[owner.pk]), typed(vin="1FTFW1ET5LFA67890"))
    assert response.status_code == 422
    assert "should be 3" in errors_of(response)["vin"][0]
    assert response.context["form"].needs_reason
    assert 'value="1FTFW1ET5LFA67890"' in response.content.decode()


def test_new_vehicle_from_before_1981_stands_with_a_reason(client: Client) -> None:
    owner = CustomerFactory()
    data = typed(vin="5S27C1004", year="1965", vin_exception_reason="Built in 1965")
    assert client.post(reverse("vehicle_new", args=[owner.pk]), data).status_code == 302
    assert Vehicle.objects.get().vin_exception_reason == "Built in 1965"


def test_new_vehicle_vin_in_the_books_is_refused(client: Client) -> None:
    known = VehicleFactory(car=0)
    url = reverse("vehicle_new", args=[CustomerFactory().pk])
    response = client.post(url, typed(vin=known.vin))
    assert response.status_code == 422
    assert errors_of(response)["vin"][0].startswith("This VIN is in the books already.")


def test_new_vehicle_button_fills_in_from_the_vin_and_saves_nothing(client: Client) -> None:
    url = reverse("vehicle_new", args=[CustomerFactory().pk])
    response = client.post(url, {"vin": new_vin(0), "model": "Typed", "decode": "1"})
    form = response.context["form"]
    assert response.status_code == 200
    assert [form[name].value() for name in ("year", "make", "model")] == ["2020", "Ford", "Typed"]
    assert not Vehicle.objects.exists()


def test_edit_stale_vehicle_shows_both_values(client: Client) -> None:
    vehicle = VehicleFactory(color="Blue")
    url = reverse("vehicle_edit", args=[vehicle.pk])
    data = form_data(client.get(url))
    service.update_vehicle(vehicle=vehicle, data={"color": "Red"})
    response = client.post(url, data | {"color": "Green"})
    assert response.status_code == 409
    assert response.context["form"].both_values() == [("Color", "Red", "Green")]
    assert client.post(url, form_data(response)).status_code == 302
    vehicle.refresh_from_db()
    assert vehicle.color == "Green"


def test_edit_mileage_never_falls_without_a_correction(client: Client) -> None:
    vehicle = VehicleFactory(current_mileage=41_200)
    url = reverse("vehicle_edit", args=[vehicle.pk])
    response = client.post(url, form_data(client.get(url)) | {"current_mileage": "41000"})
    assert response.status_code == 422
    assert "below the one on record" in errors_of(response)["current_mileage"][0]


def test_mileage_correction_needs_a_reason_and_is_audited(client: Client) -> None:
    vehicle = VehicleFactory(current_mileage=41_200)
    url = reverse("vehicle_mileage", args=[vehicle.pk])
    assert set(errors_of(client.post(url, {"mileage": "14,200"}))) == {"reason"}
    response = client.post(url, {"mileage": "14,200", "reason": "Digits swapped"})
    assert response.status_code == 302
    vehicle.refresh_from_db()
    assert vehicle.current_mileage == 14_200
    assert AuditEntry.objects.get(reason="Digits swapped").before == {"current_mileage": 41_200}


def test_primary_button_moves_the_mark(client: Client) -> None:
    first = VehicleFactory()
    second = VehicleFactory(customer=first.customer, is_primary_vehicle=False)
    client.post(reverse("vehicle_primary", args=[second.pk]))
    assert Vehicle.objects.get(is_primary_vehicle=True) == second


@pytest.mark.parametrize("notation", ["{}", " {} ", "{0[0]}{0[1]}-{0[2]}"])
def test_vin_look_up_names_the_vehicle(client: Client, notation: str) -> None:
    number = new_vin(0)
    shown = notation.format(number) if "[" not in notation else f"{number[:3]}-{number[3:]}"
    page = client.get(DECODE, {"vin": shown.lower()}, headers=HTMX).content.decode()
    assert 'data-vin-state="decoded"' in page
    assert 'data-year="2020" data-make="Ford" data-model="F-150"' in page


def test_vin_look_up_counts_what_is_missing(client: Client) -> None:
    assert "13 characters to go" in client.get(DECODE, {"vin": "1FTF"}).content.decode()


def test_vin_look_up_explains_the_check_digit(client: Client) -> None:
    page = client.get(DECODE, {"vin": "1FTFW1ET5LFA67890"}).content.decode()
    assert 'data-vin-state="fault"' in page
    assert "should be 3" in page


def test_vin_look_up_names_the_owner_of_a_known_vehicle(client: Client) -> None:
    known = VehicleFactory()
    page = client.get(DECODE, {"vin": known.vin}).content.decode()
    assert reverse("customer", args=[known.customer_id]) in page
    own = client.get(DECODE, {"vin": known.vin, "vehicle": str(known.pk)}).content.decode()
    assert "in the books already" not in own


def test_vin_look_up_valid_but_unknown_says_so(client: Client) -> None:
    number = vin.compose(wmi="ZZZ", descriptor="AAAAA", year=2020, plant="A", serial="000001")
    assert 'data-vin-state="unknown"' in client.get(DECODE, {"vin": number}).content.decode()


@pytest.mark.parametrize("text", ["", "\x00", "ééééééééééééééééé", "<script>", "x" * 400])
def test_vin_look_up_survives_anything(client: Client, text: str) -> None:
    assert client.get(DECODE, {"vin": text}).status_code in (200, 400)
