from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from crm import models
from crm.context import acting
from crm.exceptions import Duplicate, HasHistory, Invalid, StaleWrite
from crm.services import customers, vehicles
from jobs.registry import local_today
from tests import factories

pytestmark = pytest.mark.django_db

DATA = {
    "phone": "(205) 555-0142 x12",
    "first_name": " José ",
    "last_name": "O'Brien",
    "email": "jose@mail.example",
    "state": "Georgia",
    "zip_code": "303091234",
}


def test_create_customer_stores_normalised_values():
    customer = customers.create_customer(data=DATA)
    assert (customer.phone, customer.phone_extension) == ("+12055550142", "12")
    assert (customer.name, customer.state, customer.zip_code) == (
        "José O'Brien",
        "GA",
        "30309-1234",
    )


def test_create_customer_known_phone_is_a_duplicate_at_the_field():
    customers.create_customer(data=DATA)
    with pytest.raises(Duplicate) as refusal:
        customers.create_customer(data=DATA | {"phone": "2055550142", "email": None})
    assert refusal.value.field == "phone"
    assert models.Customer.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("phone", "nope"),
        ("date_of_birth", local_today() + timedelta(days=2)),
        ("customer_since", local_today() + timedelta(days=2)),
        ("anonymised_at", timezone.now()),
        ("id", "x"),
    ],
)
def test_create_customer_bad_or_forbidden_value_is_refused_at_the_field(field, value):
    with pytest.raises(Invalid) as refusal:
        customers.create_customer(data=DATA | {field: value})
    assert refusal.value.field == field
    assert not models.Customer.objects.exists()


def test_update_customer_with_old_version_is_stale_and_writes_nothing():
    customer = customers.create_customer(data=DATA)
    customers.update_customer(customer=customer, data={"city": "Macon"})
    with pytest.raises(StaleWrite):
        customers.update_customer(
            customer=customer, data={"city": "Dalton"}, expected_version=customer.updated_at
        )
    customer.refresh_from_db()
    assert customer.city == "Macon"


def test_customer_written_by_sql_late_in_the_day_can_be_changed(monkeypatch):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers (phone, first_name, last_name)"
            " VALUES ('+12055550142', 'Ada', 'Late') RETURNING id, CURRENT_DATE"
        )
        key, today = cursor.fetchone()
    monkeypatch.setattr(customers, "local_today", lambda: today - timedelta(days=1))
    customer = models.Customer.objects.get(pk=key)
    changed = customers.update_customer(customer=customer, data={"city": "Macon"})
    assert (changed.city, changed.customer_since) == ("Macon", today)


def test_delete_customer_without_history_takes_vehicles():
    vehicle = factories.VehicleFactory()
    customers.delete_customer(customer=vehicle.customer)
    assert not models.Vehicle.objects.exists()


@pytest.mark.parametrize("factory", [factories.AppointmentFactory, factories.ServiceRecordFactory])
def test_delete_customer_with_history_is_refused(factory):
    row = factory()
    with pytest.raises(HasHistory):
        customers.delete_customer(customer=row.customer)


def test_erase_customer_leaves_no_trace_of_the_person_and_keeps_the_history():
    customer = customers.create_customer(
        data=DATA | {"notes": "Zebra", "street_address": "9 Quokka Lane", "city": "Wombat"}
    )
    vehicle = factories.VehicleFactory(customer=customer, license_plate="YAK 1")
    factories.ServiceRecordFactory(vehicle=vehicle, customer=customer)
    factories.AppointmentFactory(
        customer=customer, vehicle=vehicle, customer_concerns="Quokka in the engine"
    )
    customers.add_note(customer=customer, author=None, text="Zebra again")
    customers.update_customer(customer=customer, data={"city": "Numbat"})
    customers.erase_customer(customer=customer, reason="asked by letter")
    everything = _dump()
    for trace in (
        "José", "O'Brien", "2055550142", "jose@mail", "Zebra", "Quokka", "Wombat", "Numbat",
        "YAK 1",
    ):  # fmt: skip
        assert trace not in everything
    assert models.ServiceRecord.objects.get().vehicle.vin == vehicle.vin
    assert "asked by letter" in everything


def test_erased_customer_cannot_be_changed():
    customer = customers.create_customer(data=DATA)
    erased = customers.erase_customer(customer=customer, reason="asked")
    with pytest.raises(Invalid):
        customers.update_customer(customer=erased, data={"city": "Macon"})
    with pytest.raises(Invalid):
        customers.add_note(customer=erased, author=None, text="hello")


def test_add_vehicle_first_is_primary_next_is_not_and_asking_takes_over():
    customer = factories.CustomerFactory()
    first, second, third = (
        vehicles.add_vehicle(
            customer=customer,
            data={"vin": factories.new_vin(0), "year": 2020, "make": "Ford", "model": "F-150"}
            | extra,
        )
        for extra in ({}, {}, {"is_primary_vehicle": True})
    )
    first.refresh_from_db()
    assert [v.is_primary_vehicle for v in (first, second, third)] == [False, False, True]


def test_make_primary_moves_the_mark():
    first = factories.VehicleFactory()
    second = factories.VehicleFactory(customer=first.customer, is_primary_vehicle=False)
    vehicles.make_primary(vehicle=second)
    assert list(
        models.Vehicle.objects.filter(is_primary_vehicle=True).values_list("pk", flat=True)
    ) == [second.pk]


def test_update_vehicle_to_a_new_owner_keeps_one_primary_each():
    theirs, mine = factories.VehicleFactory(), factories.VehicleFactory()
    moved = vehicles.update_vehicle(vehicle=theirs, data={"customer": mine.customer})
    assert moved.is_primary_vehicle is False


def test_update_vehicle_falling_mileage_is_refused_and_correct_mileage_is_audited():
    vehicle = factories.VehicleFactory(current_mileage=41_000)
    with pytest.raises(Invalid) as refusal:
        vehicles.update_vehicle(vehicle=vehicle, data={"current_mileage": 4_100})
    assert refusal.value.field == "current_mileage"
    user = factories.UserFactory()
    with acting(actor=user, source="page"):
        vehicles.correct_mileage(vehicle=vehicle, mileage=4_100, reason="one zero too many")
    entry = models.AuditEntry.objects.filter(table_name="vehicles", action="update").first()
    assert (entry.before, entry.after) == (
        {"current_mileage": 41_000},
        {"current_mileage": 4_100},
    )
    assert (entry.actor_id, entry.source, entry.reason) == (user.pk, "page", "one zero too many")


def test_delete_vehicle_with_history_is_refused():
    record = factories.ServiceRecordFactory()
    with pytest.raises(HasHistory):
        vehicles.delete_vehicle(vehicle=record.vehicle)


def _dump() -> str:
    """Every row of every table of ours as text."""
    from django.apps import apps
    from django.db import connection

    parts = []
    with connection.cursor() as cursor:
        for model in apps.get_app_config("crm").get_models():
            cursor.execute(f"SELECT t::text FROM {model._meta.db_table} AS t")
            parts += [row[0] for row in cursor.fetchall()]
    return "\n".join(parts)
