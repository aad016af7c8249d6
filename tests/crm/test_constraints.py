"""Each rule of the tables holds in the database itself, and each refusal says what to do."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from crm import constraints, models
from crm.exceptions import Refused
from tests import factories

pytestmark = pytest.mark.django_db

CUSTOMER = [
    ("customers_phone_e164", {"phone": "205-555-0142"}),
    ("customers_email_shape", {"email": "nobody"}),
    ("customers_state_shape", {"state": "ga"}),
    ("customers_zip_shape", {"zip_code": "3030"}),
    ("customers_contact_method_known", {"preferred_contact_method": "fax"}),
    ("customers_type_known", {"customer_type": "vip"}),
    ("customers_appointment_time_known", {"preferred_appointment_time": "noon"}),
    ("customers_named", {"last_name": ""}),
    ("customers_birth_plausible", {"date_of_birth": date(1899, 12, 31)}),
]
VEHICLE = [
    ("vehicles_vin_valid", {"vin": "1FTFW1ET5LFA67890", "year": 2020}),
    ("vehicles_vin_valid", {"vin": "1FTFW1E51LFA67890", "year": 2021}),
    ("vehicles_vin_valid", {"vin": "1FTFW1E51LFO67890", "year": 2020}),
    ("vehicles_year_plausible", {"year": 1850, "vin": "ABC12", "vin_exception_reason": "old"}),
    ("vehicles_described", {"make": ""}),
    ("vehicles_plate_shape", {"license_plate": "ab#1"}),
    ("vehicles_mileage_plausible", {"current_mileage": -1}),
    ("vehicles_last_service_mileage_positive", {"last_service_mileage": -1}),
    ("vehicles_next_due_positive", {"next_service_due_mileage": -1}),
    ("vehicles_purchase_plausible", {"purchase_date": date(2010, 1, 1)}),
    ("vehicles_status_known", {"status": "lost"}),
]
APPOINTMENT = [
    ("appointments_status_known", {"status": "maybe"}),
    ("appointments_category_known", {"service_category": "magic"}),
    ("appointments_booking_method_known", {"booking_method": "fax"}),
    ("appointments_transport_known", {"transport": "horse"}),
    ("appointments_duration_plausible", {"duration_minutes": 4}),
    ("appointments_service_named", {"service_type": ""}),
    ("appointments_cancelled_with_reason", {"status": "cancelled", "cancellation_reason": " "}),
    ("appointments_estimate_positive", {"estimated_cost": -1}),
    ("appointments_cost_positive", {"actual_cost": -1}),
    ("appointments_promise_after_start", {"promised_at": timezone.now() - timedelta(days=9)}),
]
RECORD = [
    ("service_history_mileage_plausible", {"mileage": -5}),
    ("service_history_cost_positive", {"total_cost": -5}),
    ("service_history_next_due_positive", {"next_service_due_mileage": -5}),
]
LINE = [
    ("service_lines_positive", {"price": -5}),
    ("service_lines_refused_with_reason", {"outcome": "declined", "reason": " "}),
    ("service_lines_deferred_until", {"outcome": "deferred", "reason": "later"}),
    ("service_lines_closed_known", {"outcome": "declined", "reason": "x", "closed_as": "lost"}),
    ("service_lines_closed_refused", {"closed_as": "done_elsewhere"}),
    (
        "service_lines_closed_with_reason",
        {"outcome": "declined", "reason": "x", "closed_as": "not_wanted", "closed_reason": " "},
    ),
]
CASES = [
    *((factories.CustomerFactory, *case) for case in CUSTOMER),
    *((factories.VehicleFactory, *case) for case in VEHICLE),
    *((factories.AppointmentFactory, *case) for case in APPOINTMENT),
    *((factories.ServiceRecordFactory, *case) for case in RECORD),
    *((factories.ServiceLineFactory, *case) for case in LINE),
    (factories.CustomerNoteFactory, "customer_notes_said", {"text": " "}),
]


@pytest.mark.parametrize(("factory", "name", "values"), CASES)
def test_constraint_broken_is_refused_and_explained(factory, name, values):
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        factory(**values)
    refusal = constraints.explain(error.value)
    assert refusal.code == name
    assert refusal.field and refusal.remedy


@pytest.mark.parametrize(
    ("factory", "name", "field", "value"),
    [
        (factories.CustomerFactory, "customers_phone_once", "phone", "+12055550100"),
        (factories.VehicleFactory, "vehicles_vin_once", "vin", "1FTFW1E51LFA67890"),
        (factories.ServiceRecordFactory, "service_history_ro_once", "ro_number", "RO1"),
    ],
)
def test_unique_value_twice_is_refused_and_explained(factory, name, field, value):
    extra = {"car": 0} if field == "vin" else {}
    factory(**{field: value}, **extra)
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        factory(**{field: value}, **extra)
    assert constraints.explain(error.value).code == name


def test_email_twice_in_other_case_is_refused():
    factories.CustomerFactory(email="Ada@mail.example")
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        factories.CustomerFactory(email="ada@MAIL.example")
    assert constraints.explain(error.value).field == "email"


def test_second_primary_vehicle_is_refused():
    first = factories.VehicleFactory()
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        factories.VehicleFactory(customer=first.customer)
    assert constraints.explain(error.value).code == "vehicles_one_primary"


def test_mileage_falling_in_raw_sql_is_refused():
    vehicle = factories.VehicleFactory(current_mileage=500)
    for value in ("400", "NULL"):
        with pytest.raises(IntegrityError) as error, transaction.atomic():
            _sql(f"UPDATE vehicles SET current_mileage = {value} WHERE id = '{vehicle.pk}'")
        assert constraints.explain(error.value).code == "vehicles_mileage_never_falls"


def test_pre_1981_number_stands_with_a_reason():
    vehicle = factories.VehicleFactory(
        vin="9111300412", year=1971, vin_exception_reason="Built before 1981"
    )
    assert models.Vehicle.objects.get(pk=vehicle.pk).vin == "9111300412"


@pytest.mark.parametrize("place", ["service_bay", "assigned_technician"])
def test_overlap_on_one_bay_or_technician_is_refused(place):
    maker = {
        "service_bay": factories.ServiceBayFactory,
        "assigned_technician": factories.TechnicianFactory,
    }[place]
    where = {place: maker()}
    first = factories.AppointmentFactory(**where, duration_minutes=60)
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        factories.AppointmentFactory(
            **where, scheduled_at=first.scheduled_at + timedelta(minutes=59)
        )
    assert constraints.explain(error.value).field == place
    factories.AppointmentFactory(**where, scheduled_at=first.scheduled_at + timedelta(minutes=60))
    factories.AppointmentFactory(**where, scheduled_at=first.scheduled_at, status="cancelled")


def test_every_constraint_of_the_records_has_a_sentence():
    spoken = {
        constraint.name
        for model in (
            models.Customer,
            models.Vehicle,
            models.Appointment,
            models.ServiceRecord,
            models.CustomerNote,
        )
        for constraint in model._meta.constraints
    } - {"appointments_completed_when"}  # only code that skips the service can break it
    assert spoken <= set(constraints.RULES)


def test_unknown_violation_is_still_a_refusal():
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        _sql(
            "INSERT INTO op_codes (code, description, category, hours, price)"
            " VALUES ('X', '', '', -1, 0)"
        )
    assert isinstance(constraints.explain(error.value), Refused)


def _sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
