"""The leads of the demonstration: scored and worked by the real services, and gone with it."""

import random
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from crm.enums import AppointmentStatus, BatchKind
from crm.models import Customer, DataBatch, Vehicle
from jobs.registry import local_today
from leads import demo
from leads.models import BatteryTest, Lead
from tests.factories import CARS, AppointmentFactory, CustomerFactory, VehicleFactory, shop_with

pytestmark = pytest.mark.django_db
VEHICLES = 40


@pytest.fixture
def batch() -> DataBatch:
    """Vehicles of a demonstration; one of them is booked for tomorrow."""
    shop_with()
    batch = DataBatch.objects.create(kind=BatchKind.DEMO, label="Demonstration")
    town = {"city": "Atlanta", "state": "GA", "zip_code": "30309", "batch": batch}
    for _ in range(VEHICLES):
        VehicleFactory(customer=CustomerFactory(**town), batch=batch)
    AppointmentFactory(
        customer=Customer.objects.filter(batch=batch)[0],
        vehicle=Vehicle.objects.filter(customer=Customer.objects.filter(batch=batch)[0])[0],
        scheduled_at=timezone.now() + timedelta(days=1),
        status=AppointmentStatus.CONFIRMED,
    )
    return batch


def test_demo_scores_every_vehicle_tests_some_and_works_some(batch: DataBatch) -> None:
    written = demo._build(batch)
    mine = Lead.objects.filter(vehicle__batch=batch)
    assert written["leads"] == mine.count() == VEHICLES
    assert not mine.filter(score=None).exists()
    assert BatteryTest.objects.count() == written["battery tests"] == VEHICLES // 4
    assert not BatteryTest.objects.filter(tested_at__gt=timezone.now()).exists()
    assert mine.filter(start_cycles_annual__isnull=False).exists()
    assert mine.filter(status="booked").exists() or mine.filter(status__in=["lost", "won"]).exists()


def test_demo_is_taken_away_and_nothing_else(batch: DataBatch) -> None:
    demo._build(batch)
    real = VehicleFactory(customer=CustomerFactory())
    kept = Lead.objects.create(
        vin=real.vin, year=real.year, make=real.make, model=real.model,
        vehicle_type="light_truck", vehicle=real, customer=real.customer,
        customer_name="Dana", as_of=local_today(),
    )  # fmt: skip
    customers = Customer.objects.filter(batch=batch)
    removed: Any = demo._remove(customers, Vehicle.objects.filter(batch=batch))
    assert removed["leads"] == VEHICLES
    assert list(Lead.objects.all()) == [kept]
    assert not BatteryTest.objects.exists()


def test_demo_telematics_are_plausible_and_the_same_each_time() -> None:
    vehicle, today = VehicleFactory.build(model=CARS[0][1]), local_today()

    def told() -> list[Any]:
        rng = random.Random(3)
        return [demo._telematics(vehicle, rng, today).evidence for _ in range(50)]

    assert told() == told()
    assert all(200 <= one.start_cycles_annual <= 5_000 for one in told())
    assert all(0 <= one.short_trip_percentage <= 1 for one in told())
