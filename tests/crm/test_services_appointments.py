"""Booking, moving and the state machine, races included."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest
from django.db import connection, connections
from django.utils import timezone

from crm import models
from crm.enums import AppointmentStatus as Status
from crm.exceptions import (
    IllegalTransition,
    Invalid,
    Refused,
    ShopClosed,
    SlotTaken,
    StaleWrite,
)
from crm.services import appointments as book
from crm.services.records import LineData, record_service
from tests import factories

pytestmark = pytest.mark.django_db

# A Tuesday, far enough ahead to stay in the future for years of test runs.
DAY = date(2035, 6, 5)
TEN = factories.shop_time(DAY, 10)

EXPECTED_MOVES = {
    ("scheduled", "confirmed"), ("scheduled", "arrived"), ("scheduled", "cancelled"),
    ("scheduled", "no_show"), ("confirmed", "arrived"), ("confirmed", "cancelled"),
    ("confirmed", "no_show"), ("arrived", "in_progress"), ("arrived", "cancelled"),
    ("in_progress", "completed"), ("in_progress", "cancelled"), ("no_show", "arrived"),
}  # fmt: skip


def book_at(when=TEN, **kwargs):
    customer = kwargs.pop("customer", None) or factories.CustomerFactory()
    return book.book_appointment(
        customer=customer, scheduled_at=when, service_type="Oil change", **kwargs
    )


def test_book_appointment_picks_free_bay_and_technician_until_none_is_left():
    factories.shop_with(bays=2, technicians=2)
    first, second = book_at(), book_at()
    assert first.service_bay_id != second.service_bay_id
    assert first.assigned_technician_id != second.assigned_technician_id
    with pytest.raises(SlotTaken):
        book_at(TEN + timedelta(minutes=59))
    assert book_at(TEN + timedelta(minutes=60)).status == Status.SCHEDULED


def test_book_appointment_uses_only_bays_and_technicians_for_the_category():
    factories.open_all_week()
    factories.ServiceBayFactory(code="A1", categories=["inspection"])
    factories.ServiceBayFactory(code="B1", categories=["repair"])
    factories.TechnicianFactory(skills=["inspection"])
    able = factories.TechnicianFactory(skills=["repair"])
    booked = book_at(data={"service_category": "repair"})
    assert (booked.service_bay_id, booked.assigned_technician) == ("B1", able)


def test_book_appointment_names_kept_advisor_and_booker():
    factories.shop_with()
    advisor = factories.UserFactory()
    customer = factories.CustomerFactory(preferred_service_advisor=advisor)
    booked = book_at(customer=customer, booked_by="AI Voice Agent", booking_method="ai_voice")
    assert (booked.advisor, booked.booked_by) == (advisor, "AI Voice Agent")


@pytest.mark.parametrize(
    "when",
    [
        factories.shop_time(DAY, 7, 29),
        factories.shop_time(DAY, 17, 1),
        factories.shop_time(DAY + timedelta(days=5), 10),
        factories.shop_time(date(2035, 12, 25), 10),
    ],
)
def test_book_appointment_outside_opening_hours_is_refused(when):
    factories.shop_with()
    models.OpeningHours.objects.filter(weekday=6).delete()
    factories.SpecialDayFactory(date=date(2035, 12, 25))
    with pytest.raises(ShopClosed) as refusal:
        book_at(when)
    assert refusal.value.field == "scheduled_at"


def test_book_appointment_for_somebody_elses_vehicle_is_refused():
    factories.shop_with()
    with pytest.raises(Invalid) as refusal:
        book_at(vehicle=factories.VehicleFactory())
    assert refusal.value.field == "vehicle"


def test_move_appointment_frees_the_old_slot_and_asks_for_confirmation_anew():
    factories.shop_with(bays=1, technicians=1)
    booked = book.confirm(appointment=book_at())
    moved = book.move_appointment(appointment=booked, scheduled_at=TEN + timedelta(hours=3))
    assert moved.status == Status.SCHEDULED
    assert book_at().scheduled_at == TEN


def test_move_appointment_onto_a_taken_bay_is_refused_and_changes_nothing():
    factories.shop_with(bays=1, technicians=2)
    book_at(TEN)
    other = book_at(TEN + timedelta(hours=2))
    with pytest.raises(SlotTaken):
        book.move_appointment(appointment=other, scheduled_at=TEN)
    other.refresh_from_db()
    assert other.scheduled_at == TEN + timedelta(hours=2)


def test_move_appointment_overlapping_itself_is_allowed():
    factories.shop_with(bays=1, technicians=1)
    moved = book.move_appointment(appointment=book_at(), scheduled_at=TEN + timedelta(minutes=30))
    assert moved.scheduled_at == TEN + timedelta(minutes=30)


def test_move_appointment_with_an_old_version_is_stale():
    factories.shop_with()
    booked = book_at()
    book.confirm(appointment=booked)
    with pytest.raises(StaleWrite):
        book.move_appointment(
            appointment=booked, scheduled_at=TEN, expected_version=booked.updated_at
        )


@pytest.mark.parametrize(("start", "to"), list(product(Status.values, Status.values)))
def test_change_status_allows_exactly_the_listed_moves(start, to):
    appointment = factories.AppointmentFactory(
        status=start, scheduled_at=timezone.now() - timedelta(hours=1)
    )
    details = {"cancelled": {"reason": "sold the car"}}.get(to, {})
    if (start, to) in EXPECTED_MOVES:
        assert book.change_status(appointment=appointment, to=to, **details).status == to
    else:
        with pytest.raises(IllegalTransition):
            book.change_status(appointment=appointment, to=to, **details)
        appointment.refresh_from_db()
        assert appointment.status == start


def test_cancel_appointment_without_reason_is_refused_at_the_field():
    with pytest.raises(Invalid) as refusal:
        book.cancel_appointment(appointment=factories.AppointmentFactory(), reason="  ")
    assert refusal.value.field == "cancellation_reason"


def test_mark_no_show_before_the_time_is_refused():
    with pytest.raises(IllegalTransition):
        book.mark_no_show(appointment=factories.AppointmentFactory())


def test_check_in_with_a_lower_mileage_is_refused_and_nothing_is_written():
    appointment = factories.AppointmentFactory(vehicle__current_mileage=41_000)
    with pytest.raises(Invalid) as refusal:
        book.check_in(appointment=appointment, mileage=4_100)
    assert refusal.value.field == "mileage"
    appointment.refresh_from_db()
    assert appointment.status == Status.SCHEDULED


def test_complete_appointment_writes_record_lines_and_mileage_together():
    appointment = factories.AppointmentFactory(
        status="in_progress", vehicle__current_mileage=41_000
    )
    brakes = factories.OpCodeFactory(code="BRK", description="Front brakes", price=280)
    record = book.complete_appointment(
        appointment=appointment,
        mileage=41_500,
        lines=[
            LineData(description="Oil change", price=Decimal("79.95")),
            LineData(description="Recall 24S05", pay_type="warranty", price=Decimal(120)),
            LineData(op_code=brakes, outcome="declined", reason="too dear today"),
        ],
        next_service_due_mileage=46_500,
    )
    appointment.refresh_from_db()
    appointment.vehicle.refresh_from_db()
    assert (appointment.status, appointment.actual_cost) == ("completed", Decimal("79.95"))
    assert record.services_performed == ["Oil change", "Recall 24S05"]
    assert (
        appointment.vehicle.current_mileage,
        appointment.vehicle.last_service_mileage,
        appointment.vehicle.next_service_due_mileage,
        appointment.vehicle.last_service_date,
    ) == (41_500, 41_500, 46_500, record.service_date)
    assert [line.description for line in models.ServiceLine.objects.refused()] == ["Front brakes"]


def test_complete_appointment_with_a_lower_mileage_is_refused():
    appointment = factories.AppointmentFactory(
        status="in_progress", vehicle__current_mileage=41_000
    )
    with pytest.raises(Invalid) as refusal:
        book.complete_appointment(appointment=appointment, mileage=4_100)
    assert refusal.value.field == "mileage"
    appointment.refresh_from_db()
    assert appointment.status == "in_progress"


def test_complete_appointment_with_a_bad_line_writes_nothing():
    appointment = factories.AppointmentFactory(
        status="in_progress", vehicle__current_mileage=41_000
    )
    with pytest.raises(Refused):
        book.complete_appointment(
            appointment=appointment,
            mileage=42_000,
            lines=[LineData(description="Oil"), LineData(description="Belt", outcome="declined")],
        )
    appointment.refresh_from_db()
    appointment.vehicle.refresh_from_db()
    assert appointment.status == "in_progress"
    assert appointment.vehicle.current_mileage == 41_000
    assert not models.ServiceRecord.objects.exists()


def test_record_service_of_declined_op_code_closes_the_refusal():
    brakes = factories.OpCodeFactory(code="BRK")
    vehicle = factories.VehicleFactory()
    refused = LineData(op_code=brakes, outcome="declined", reason="later")
    record_service(vehicle=vehicle, data={"service_date": date(2026, 5, 1)}, lines=[refused])
    assert models.ServiceLine.objects.refused().count() == 1
    record_service(
        vehicle=vehicle, data={"service_date": date(2026, 6, 1)}, lines=[LineData(op_code=brakes)]
    )
    assert models.ServiceLine.objects.refused().count() == 0


def test_record_service_entered_late_leaves_the_latest_visit_on_the_vehicle():
    vehicle = factories.VehicleFactory(current_mileage=41_000)
    for day, mileage in ((date(2026, 6, 1), 42_000), (date(2026, 1, 1), 39_000)):
        record_service(vehicle=vehicle, data={"service_date": day, "mileage": mileage})
    vehicle.refresh_from_db()
    assert (vehicle.current_mileage, vehicle.last_service_mileage, vehicle.last_service_date) == (
        42_000, 42_000, date(2026, 6, 1),
    )  # fmt: skip


def test_ro_numbers_pass_over_imported_ones():
    vehicle = factories.VehicleFactory()
    first = record_service(vehicle=vehicle, data={"service_date": DAY})
    factories.ServiceRecordFactory(ro_number=str(int(first.ro_number) + 1))
    later = record_service(vehicle=vehicle, data={"service_date": DAY})
    assert int(later.ro_number) == int(first.ro_number) + 2


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_hundred_bookings_of_one_slot_give_one_appointment():
    won, refused, broken = _race(200)
    assert (won, refused, broken) == (1, 199, [])
    assert models.Appointment.objects.count() == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_control_without_the_constraints_the_race_books_twice():
    kept = [
        (name, _definition(name))
        for name in ("appointments_bay_free", "appointments_technician_free")
    ]
    with connection.cursor() as cursor:
        for name, _ in kept:
            cursor.execute(f"ALTER TABLE appointments DROP CONSTRAINT {name}")
    try:
        won, _, broken = _race(20)
        assert won > 1 and broken == []
    finally:
        models.Appointment.objects.all().delete()
        with connection.cursor() as cursor:
            for name, definition in kept:
                cursor.execute(f"ALTER TABLE appointments ADD CONSTRAINT {name} {definition}")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_bookings_that_let_us_pick_fill_every_bay_and_no_more():
    factories.shop_with(bays=3, technicians=3)
    people = factories.CustomerFactory.create_batch(24)
    outcomes = _together([lambda c=c: book_at(customer=c) for c in people])
    assert outcomes.count("won") == 3
    assert outcomes.count("SlotTaken") == 21


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_mixed_moves_and_cancellations_never_overlap():
    factories.shop_with(bays=2, technicians=2)
    booked = [book_at(TEN + timedelta(hours=h)) for h in range(4)]
    work = []
    for turn, appointment in enumerate(booked * 4):
        when = TEN + timedelta(minutes=30 * (turn % 7))
        work += [
            lambda a=appointment, w=when: book.move_appointment(appointment=a, scheduled_at=w),
            lambda a=appointment: book.confirm(appointment=a),
            lambda w=when: book_at(w),
        ]
    work.append(lambda: book.cancel_appointment(appointment=booked[0], reason="sold"))
    outcomes = _together(work)
    assert set(outcomes) <= {"won", "SlotTaken", "IllegalTransition"}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM appointments a JOIN appointments b ON a.id < b.id"
            " AND (a.service_bay = b.service_bay OR a.assigned_technician = b.assigned_technician)"
            " AND appointment_period(a.scheduled_at, a.duration_minutes)"
            "  && appointment_period(b.scheduled_at, b.duration_minutes)"
            " WHERE a.status <> 'cancelled' AND b.status <> 'cancelled'"
        )
        assert cursor.fetchone() == (0,)


def _race(size: int) -> tuple[int, int, list[str]]:
    """Book one bay and technician at one time `size` times at once: (won, refused, other)."""
    factories.shop_with(bays=1, technicians=1)
    bay, technician = models.ServiceBay.objects.get(), models.Technician.objects.get()
    people = factories.CustomerFactory.create_batch(size)
    outcomes = _together(
        [lambda c=c: book_at(customer=c, bay=bay, technician=technician) for c in people]
    )
    rest = [outcome for outcome in outcomes if outcome not in ("won", "SlotTaken")]
    return outcomes.count("won"), outcomes.count("SlotTaken"), rest


def _together(calls) -> list[str]:
    """Run the calls on 32 connections at once; "won" or the name of what was raised, each."""

    def run(call):
        try:
            call()
        except Exception as error:  # every outcome is counted, the unexpected ones by name
            return type(error).__name__
        finally:
            connections.close_all()
        return "won"

    with ThreadPoolExecutor(32) as pool:
        return list(pool.map(run, calls))


def _definition(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name]
        )
        return cursor.fetchone()[0]
