"""Rows for tests: valid by themselves, unlike each other, overridable by keyword.

Phones are of the 555-01xx kind that no one has (with many area codes, so that they never run
out), VINs have the right check digit and decode to the very make, model and year.
"""

import itertools
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from crm import models, vin
from crm.enums import AppointmentStatus, BatchKind, LineOutcome, Role, ServiceCategory

PASSWORD = "a-long-test-password"

# make, model, year, trim, engine, first three characters, places 4 to 8, plant
CARS = (
    ("Ford", "F-150", 2020, "XLT", "5.0L V8", "1FT", "FW1C5", "F"),
    ("Honda", "Accord", 2019, "LX", "1.5L L4", "1HG", "CV1F3", "A"),
    ("Toyota", "Camry", 2021, "LE", "2.5L L4", "4T1", "C11AK", "U"),
    ("Chevrolet", "Silverado", 2018, "Custom", "5.3L V8", "2GC", "PKPCC", "1"),
)
_serial = itertools.count(100_001)


def new_vin(car: int = 0) -> str:
    """A valid VIN that no other call has given, of the `car`-th of `CARS`."""
    _, _, year, _, _, wmi, descriptor, plant = CARS[car % len(CARS)]
    return vin.compose(
        wmi=wmi, descriptor=descriptor, year=year, plant=plant, serial=f"{next(_serial):06d}"
    )


def phone_number(n: int) -> str:
    return f"+1{206 + n // 10_000:03d}555{n % 10_000:04d}"


class UserFactory(DjangoModelFactory):
    """A person who signs in with `PASSWORD`; `role` decides what they may do."""

    class Meta:
        model = models.User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    first_name = "Alex"
    last_name = factory.Sequence(lambda n: f"Staff{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@dealer.example")
    role = Role.ADVISOR

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> models.User:
        return model_class.objects.create_user(
            *args, password=kwargs.pop("password", PASSWORD), **kwargs
        )


class CustomerFactory(DjangoModelFactory):
    class Meta:
        model = models.Customer

    first_name = "Dana"
    last_name = factory.Sequence(lambda n: f"Whitfield{n}")
    phone = factory.Sequence(phone_number)
    email = factory.Sequence(lambda n: f"dana{n}@mail.example")
    street_address = "12 Peachtree St"
    city = "Atlanta"
    state = "GA"
    zip_code = "30309"
    customer_since = date(2021, 3, 1)


class VehicleFactory(DjangoModelFactory):
    """The customer's only vehicle unless `is_primary_vehicle=False` is given."""

    class Meta:
        model = models.Vehicle

    class Params:
        car = factory.Sequence(lambda n: n % len(CARS))

    customer = factory.SubFactory(CustomerFactory)
    vin = factory.LazyAttribute(lambda vehicle: new_vin(vehicle.car))
    make = factory.LazyAttribute(lambda vehicle: CARS[vehicle.car][0])
    model = factory.LazyAttribute(lambda vehicle: CARS[vehicle.car][1])
    year = factory.LazyAttribute(lambda vehicle: CARS[vehicle.car][2])
    trim = factory.LazyAttribute(lambda vehicle: CARS[vehicle.car][3])
    engine = factory.LazyAttribute(lambda vehicle: CARS[vehicle.car][4])
    license_plate = factory.Sequence(lambda n: f"TST {n:04d}")
    color = "Blue"
    current_mileage = 41_200
    is_primary_vehicle = True


class TechnicianFactory(DjangoModelFactory):
    class Meta:
        model = models.Technician

    name = factory.Sequence(lambda n: f"Technician {n}")


class ServiceBayFactory(DjangoModelFactory):
    class Meta:
        model = models.ServiceBay
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"T{n}")
    name = factory.LazyAttribute(lambda bay: f"Bay {bay.code}")


class OpeningHoursFactory(DjangoModelFactory):
    class Meta:
        model = models.OpeningHours
        django_get_or_create = ("weekday",)

    weekday = 0
    opens = time(7, 30)
    closes = time(18, 0)


class SpecialDayFactory(DjangoModelFactory):
    """A closed day unless hours are given."""

    class Meta:
        model = models.SpecialDay
        django_get_or_create = ("date",)

    date = date(2026, 12, 25)
    reason = "Christmas Day"


class OpCodeFactory(DjangoModelFactory):
    class Meta:
        model = models.OpCode
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"OP{n:03d}")
    description = "Oil and filter change"
    category = ServiceCategory.MAINTENANCE
    hours = Decimal("0.50")
    price = Decimal("79.95")


class AppointmentFactory(DjangoModelFactory):
    """A visit without bay and technician, so that any number fits at the same time."""

    class Meta:
        model = models.Appointment

    customer = factory.SubFactory(CustomerFactory)
    vehicle = factory.SubFactory(VehicleFactory, customer=factory.SelfAttribute("..customer"))
    scheduled_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=1))
    service_type = "Oil and filter change"
    service_category = ServiceCategory.MAINTENANCE
    booking_method = "phone"
    completed_at = factory.LazyAttribute(
        lambda visit: (
            visit.scheduled_at + timedelta(hours=1)
            if visit.status == AppointmentStatus.COMPLETED
            else None
        )
    )
    cancellation_reason = factory.LazyAttribute(
        lambda visit: "Sick" if visit.status == AppointmentStatus.CANCELLED else None
    )
    status = AppointmentStatus.SCHEDULED


class ServiceRecordFactory(DjangoModelFactory):
    class Meta:
        model = models.ServiceRecord

    vehicle = factory.SubFactory(VehicleFactory)
    customer = factory.SelfAttribute("vehicle.customer")
    ro_number = factory.Sequence(lambda n: f"RO{600_000 + n}")
    service_date = date(2026, 5, 4)
    mileage = 38_000
    services_performed = factory.LazyFunction(lambda: ["Oil and filter change"])
    total_cost = Decimal("79.95")


class ServiceLineFactory(DjangoModelFactory):
    """A performed line; give `outcome`, `reason` (and `deferred_until`) for refused work."""

    class Meta:
        model = models.ServiceLine

    service_record = factory.SubFactory(ServiceRecordFactory)
    vehicle = factory.SelfAttribute("service_record.vehicle")
    description = "Front brake pads"
    hours = Decimal("1.20")
    price = Decimal("289.00")
    outcome = LineOutcome.PERFORMED


class DataBatchFactory(DjangoModelFactory):
    class Meta:
        model = models.DataBatch

    kind = BatchKind.DEMO
    label = "Demonstration data"


class CustomerNoteFactory(DjangoModelFactory):
    class Meta:
        model = models.CustomerNote

    customer = factory.SubFactory(CustomerFactory)
    author = factory.SubFactory(UserFactory)
    text = "Prefers to be called after five."


class ApiTokenFactory(DjangoModelFactory):
    """A row only: nobody knows its secret. Services make tokens that work."""

    class Meta:
        model = models.ApiToken

    user = factory.SubFactory(UserFactory, role=Role.API)
    name = "Test client"
    prefix = "lw_test"
    digest = factory.LazyFunction(lambda: uuid4().hex * 2)
    scopes = factory.LazyFunction(lambda: ["customers:read"])


class WebhookEndpointFactory(DjangoModelFactory):
    """A receiver whose secret cannot be read. Services make those that work."""

    class Meta:
        model = models.WebhookEndpoint

    url = factory.Sequence(lambda n: f"https://receiver{n}.example/hook")
    event_types = factory.LazyFunction(lambda: ["*"])


class WebhookMessageFactory(DjangoModelFactory):
    class Meta:
        model = models.WebhookMessage

    key = factory.Sequence(lambda n: f"test:{n}")
    event = "webhook.test"
    body = "{}"


class WebhookDeliveryFactory(DjangoModelFactory):
    """Waits to be sent."""

    class Meta:
        model = models.WebhookDelivery

    message = factory.SubFactory(WebhookMessageFactory)
    endpoint = factory.SubFactory(WebhookEndpointFactory)
    due_at = factory.LazyFunction(timezone.now)


def open_all_week(opens: time = time(7, 30), closes: time = time(18, 0)) -> None:
    """Opening hours on every weekday."""
    for weekday in range(7):
        OpeningHoursFactory(weekday=weekday, opens=opens, closes=closes)


def shop_with(bays: int = 2, technicians: int = 2) -> None:
    """Open all week, with so many bays and technicians that can do everything."""
    open_all_week()
    ServiceBayFactory.create_batch(bays)
    TechnicianFactory.create_batch(technicians)


def shop_time(day: date, hour: int, minute: int = 0) -> datetime:
    """That time of the shop's clock, in UTC."""
    from jobs.registry import shop_zone

    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=shop_zone()).astimezone(UTC)


class ConsentFactory(DjangoModelFactory):
    """An agreement to offers by call; give `revoked_at` and `basis` for a withdrawal."""

    class Meta:
        model = models.Consent

    customer = factory.SubFactory(CustomerFactory)
    phone = factory.SelfAttribute("customer.phone")
    email = factory.SelfAttribute("customer.email")
    channel = "call"
    purpose = "marketing"
    basis = "written"
    source = "page"
    granted_at = factory.LazyFunction(timezone.now)


class ContactAttemptFactory(DjangoModelFactory):
    class Meta:
        model = models.ContactAttempt

    customer = factory.SubFactory(CustomerFactory)
    channel = "call"
    direction = "outbound"
    purpose = "service"


class WorkItemFactory(DjangoModelFactory):
    class Meta:
        model = models.WorkItem

    key = factory.Sequence(lambda n: f"test:{n}")
    kind = "callback"
    customer = factory.SubFactory(CustomerFactory)
    title = "Call back"
    value = Decimal("200.00")
    reach = Decimal("0.500")


class OutboundMessageFactory(DjangoModelFactory):
    class Meta:
        model = models.OutboundMessage

    appointment = factory.SubFactory(AppointmentFactory)
    kind = "reminder"
    slot = factory.SelfAttribute("appointment.scheduled_at")
    due_at = factory.LazyFunction(timezone.now)


class SavedFilterFactory(DjangoModelFactory):
    class Meta:
        model = models.SavedFilter

    user = factory.SubFactory(UserFactory)
    page = "work"
    name = factory.Sequence(lambda n: f"Filter {n}")
    query = "due=on"
