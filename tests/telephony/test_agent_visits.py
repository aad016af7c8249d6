"""The voice agent's tools around the appointment book, over HTTP."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from crm.models import Appointment, Customer, ServiceBay
from telephony.models import (
    AgentAction,
    CallLog,
)
from tests import factories
from tests.crm.api import together
from tests.telephony.agent import (
    STRANGER,
    Line,
    a_booking,
    a_customer,
    a_time,
    a_visit,
)

pytestmark = pytest.mark.django_db


def test_slots_are_offered_in_few_words() -> None:
    factories.shop_with()
    reply = Line(STRANGER)("list_slots", service="oil change", part_of_day="morning")
    assert reply["ok"]
    assert len(reply["data"]["slots"]) >= 3
    assert len(reply["say"]) < 200
    assert all("T0" in slot or "T1" in slot for slot in reply["data"]["slots"])


def test_no_slot_says_so() -> None:
    assert Line(STRANGER)("list_slots")["code"] == "no_slots"


def test_slots_fit_the_operation_that_is_named() -> None:
    factories.shop_with()
    factories.OpCodeFactory(
        description="Front brake pads and rotors", category="repair", hours="1.50"
    )
    line = Line(STRANGER)
    line("book", **a_booking(service="my brakes squeal"))
    visit = Appointment.objects.get()
    assert (visit.duration_minutes, visit.service_category) == (90, "repair")


def test_stranger_books_and_becomes_a_customer() -> None:
    factories.shop_with()
    reply = Line(STRANGER)("book", **a_booking(vehicle="2019 Honda Accord", concerns="Squeals"))
    visit = Appointment.objects.get()
    assert reply["ok"] and reply["data"]["appointment"] == str(visit.pk)
    assert (visit.customer.phone, visit.customer.name) == (STRANGER, "Dana Whitfield")
    assert (visit.booking_method, visit.booked_by) == ("ai_voice", "AI Voice Agent")
    assert visit.customer_concerns == "Squeals"
    assert "not verified" in visit.service_description
    call = CallLog.objects.get()
    assert (call.outcome, call.call_type) == ("appointment_booked", "new_appointment")
    assert (call.appointment, call.customer) == (visit, visit.customer)


def test_customer_books_by_the_number_alone_and_hears_nothing_of_the_record() -> None:
    customer = a_customer()
    known = Line(customer.phone)("book", **a_booking(vehicle="the Ford pickup"))
    unknown = Line(STRANGER)("book", **a_booking(start=a_time(4).isoformat()))
    visit = Appointment.objects.get(customer=customer)
    assert visit.vehicle == customer.vehicles.get()
    assert set(known) == set(unknown) and set(known["data"]) == set(unknown["data"])
    assert known["say"].startswith("You are booked for oil change on ")


def test_booking_for_another_number_is_bound_to_that_number() -> None:
    customer = a_customer(phone="+12055550142")
    Line(STRANGER)("book", **a_booking(phone="205 555 0142"))
    assert Appointment.objects.get().customer == customer


def test_same_request_books_once() -> None:
    factories.shop_with(bays=5, technicians=5)
    line = Line(STRANGER)
    first, again = line("book", **a_booking()), line("book", **a_booking())
    assert first == again
    assert Appointment.objects.count() == 1
    assert line("book", **a_booking(start=a_time(5).isoformat()))["ok"]
    assert Appointment.objects.count() == 2


def test_booking_again_after_cancelling_is_a_new_booking() -> None:
    customer = a_customer()
    line = Line(customer.phone)
    line("book", **a_booking())
    line.verify()
    assert line("cancel", reason="changed my mind")["ok"]
    assert line("book", **a_booking())["ok"]
    assert Appointment.objects.active().count() == 1


def test_taken_time_is_refused_with_others_and_books_nothing() -> None:
    factories.shop_with(bays=1, technicians=1)
    assert Line(STRANGER)("book", **a_booking())["ok"]
    reply = Line("+12055550189")("book", **a_booking())
    assert (reply["ok"], reply["code"], reply["next"]) == (False, "slot_taken", "list_slots")
    assert a_time().isoformat() not in reply["data"]["slots"]
    assert reply["data"]["slots"]
    assert Customer.objects.count() == 1


def test_closed_hours_are_refused_with_others() -> None:
    factories.shop_with()
    reply = Line(STRANGER)("book", **a_booking(start=a_time(hour=3).isoformat()))
    assert (reply["ok"], reply["code"]) == (False, "shop_closed")


def test_fourth_booking_of_a_call_goes_to_a_person() -> None:
    factories.shop_with(bays=5, technicians=5)
    line = Line(STRANGER)
    replies = [line("book", **a_booking(start=a_time(day).isoformat())) for day in range(2, 6)]
    assert [reply["ok"] for reply in replies] == [True, True, True, False]
    assert replies[-1]["next"] == "hand_over"


def test_verified_caller_moves_the_visit() -> None:
    customer = a_customer()
    visit = a_visit(customer)
    line = Line(customer.phone)
    line.verify()
    reply = line("reschedule", start=a_time(5, 14).isoformat())
    visit.refresh_from_db()
    assert visit.scheduled_at == a_time(5, 14)
    assert reply["say"].endswith("2 PM.")
    assert CallLog.objects.get().outcome == "rescheduled"


def test_visit_moves_to_another_bay_and_is_offered_times_that_hold_it() -> None:
    customer = a_customer()
    first, second = ServiceBay.objects.order_by("code")
    visit = a_visit(customer, days=3, service_bay=first, duration_minutes=180)
    factories.AppointmentFactory(scheduled_at=a_time(4), service_bay=first)
    line = Line(customer.phone)
    assert line("list_slots", part_of_day="evening")["ok"]
    line.verify()
    assert line("list_slots", part_of_day="evening")["code"] == "no_slots"
    assert line("reschedule", start=a_time(4).isoformat())["ok"]
    visit.refresh_from_db()
    assert (visit.scheduled_at, visit.service_bay) == (a_time(4), second)


def test_one_of_several_visits_has_to_be_named() -> None:
    customer = a_customer()
    first, second = a_visit(customer), a_visit(customer, days=6)
    line = Line(customer.phone)
    line.verify()
    reply = line("cancel", reason="sold the car")
    assert reply["code"] == "which_appointment"
    assert len(reply["data"]["appointments"]) == 2
    assert line("cancel", reason="sold the car", appointment=str(second.pk))["ok"]
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("scheduled", "cancelled")
    assert second.cancellation_reason == "sold the car"


def test_visit_of_somebody_else_cannot_be_named() -> None:
    customer = a_customer()
    theirs = a_visit(a_customer())
    a_visit(customer)
    line = Line(customer.phone)
    line.verify()
    reply = line("cancel", reason="x", appointment=str(theirs.pk))
    assert reply["code"] == "which_appointment"
    assert str(theirs.pk) not in str(reply)


def test_status_tells_what_is_here_and_what_is_booked() -> None:
    customer = a_customer()
    a_visit(customer)
    factories.AppointmentFactory(
        customer=customer,
        vehicle=customer.vehicles.get(),
        scheduled_at=timezone.now() - timedelta(hours=2),
        status="in_progress",
    )
    line = Line(customer.phone)
    line.verify()
    reply = line("service_status")
    assert "2020 Ford F-150 is being worked on" in reply["say"]
    assert len(reply["data"]["in_shop"]) == len(reply["data"]["upcoming"]) == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_equal_requests_at_once_book_once() -> None:
    factories.shop_with(bays=25, technicians=25)
    line = Line(STRANGER)
    line("lookup")
    booking = a_booking()

    def ask(_number: int) -> Any:
        try:
            return line("book", **booking)["data"]["appointment"]
        finally:
            connection.close()

    assert len(set(together(ask, 20, threads=10))) == 1
    assert Appointment.objects.count() == Customer.objects.count() == 1
    assert AgentAction.objects.count() == 1
