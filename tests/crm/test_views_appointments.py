"""The appointment book: list, page, booking, moving, the steps of a visit."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.enums import AppointmentStatus, LineOutcome, Role
from crm.models import Appointment, ServiceBay, ServiceLine, ServiceRecord, Technician
from crm.services import appointments as service
from tests.crm.pages import HTMX, count_queries, errors_of, form_data, signed_in
from tests.factories import (
    AppointmentFactory,
    CustomerFactory,
    OpCodeFactory,
    ServiceLineFactory,
    ServiceRecordFactory,
    VehicleFactory,
    shop_time,
    shop_with,
)

pytestmark = pytest.mark.django_db
LIST = "/appointments/"
TUESDAY = date(2026, 11, 24)


@pytest.fixture(autouse=True)
def _monday_morning() -> Any:
    """The shop's clock stands at 8:00 on Monday, November 23."""
    with time_machine.travel(shop_time(date(2026, 11, 23), 8), tick=False):
        yield


@pytest.fixture
def client() -> Client:
    shop_with(bays=1, technicians=1)
    return signed_in(Role.ADVISOR)


def at(hour: int, minute: int = 0, day: date = TUESDAY) -> datetime:
    return shop_time(day, hour, minute)


def url(name: str, visit: Appointment) -> str:
    return reverse(name, args=[visit.pk])


def services(response: Any) -> list[str]:
    return [row["service_type"] for row in response.context["page"].rows]


# List and book


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["late", "waits", "coming"]),
        ("when=any", ["past", "late", "waits", "coming"]),
        ("when=upcoming", ["coming"]),
        ("when=today", ["late", "waits"]),
        ("when=tomorrow", ["coming"]),
        ("when=past", ["waits", "late", "past"]),
        ("day=2026-11-24", ["coming"]),
        ("when=any&status=arrived&status=completed", ["past", "waits"]),
        ("transport=waiter", ["waits"]),
        ("late=on", ["late"]),
        ("status=nonsense&day=nonsense", ["late", "waits", "coming"]),
    ],
)
def test_list_filters(client: Client, query: str, expected: list[str]) -> None:
    today = date(2026, 11, 23)
    AppointmentFactory(
        service_type="past", scheduled_at=at(9, day=date(2026, 11, 20)), status="completed"
    )
    AppointmentFactory(service_type="late", scheduled_at=at(7, 30, day=today))
    AppointmentFactory(
        service_type="waits",
        scheduled_at=at(7, 45, day=today),
        status="arrived",
        transport="waiter",
    )
    AppointmentFactory(service_type="coming", scheduled_at=at(9))
    assert services(client.get(f"{LIST}?{query}")) == expected


def test_list_htmx_gets_the_rows_only(client: Client) -> None:
    response = client.get(f"{LIST}?when=today", headers=HTMX)
    assert b"<html" not in response.content
    assert response["HX-Replace-Url"] == f"{LIST}?when=today"


def test_list_export_streams_the_filtered_rows(client: Client) -> None:
    AppointmentFactory(service_type="Tire rotation")
    response = client.get(f"{LIST}?export=csv")
    assert "Tire rotation" in b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", [LIST, "/appointments/day?day=2026-11-24", "/appointments/week"])
def test_lists_queries_do_not_grow_with_rows(client: Client, page: str) -> None:
    AppointmentFactory(scheduled_at=at(9))
    client.get(page)
    one = count_queries(lambda: client.get(page))
    AppointmentFactory.create_batch(2, scheduled_at=at(10))
    assert count_queries(lambda: client.get(page)) == one <= 8


def test_book_day_shows_bays_and_visits(client: Client) -> None:
    bay = ServiceBay.objects.get()
    visit = AppointmentFactory(scheduled_at=at(9), service_bay=bay, duration_minutes=90)
    response = client.get("/appointments/day?day=2026-11-24")
    taken = [cell for cell in response.context["grid"].lanes[0].cells if cell.visit]
    assert [(cell.visit["id"], cell.span) for cell in taken] == [(visit.pk, 6)]


def test_book_week_says_how_full_each_day_is(client: Client) -> None:
    AppointmentFactory(
        scheduled_at=at(9), service_bay=ServiceBay.objects.get(), duration_minutes=315
    )
    days = client.get("/appointments/week?day=2026-11-24").context["days"]
    # 315 of the 630 minutes from 7:30 to 18:00 in the one bay.
    assert [day["load"] for day in days] == [0, 50, 0, 0, 0, 0, 0]


# Booking


def test_booking_first_asks_for_whom(client: Client) -> None:
    CustomerFactory(first_name="Dana", last_name="Reed")
    assert b"for whom?" in client.get("/appointments/new").content
    page = client.get("/appointments/new?q=reed", headers=HTMX).content.decode()
    assert "Dana Reed" in page
    assert "<html" not in page


def test_booking_shows_free_times_of_the_next_days(client: Client) -> None:
    AppointmentFactory(
        scheduled_at=at(8), service_bay=ServiceBay.objects.get(), duration_minutes=60
    )
    vehicle = VehicleFactory()
    page = client.get(
        f"/appointments/new?customer={vehicle.customer_id}&date=2026-11-24"
    ).content.decode()
    assert "2026-11-24T09:00:00-05:00" in page
    assert "2026-11-24T08:00:00-05:00" not in page
    assert "2026-11-26T09:00:00-05:00" in page


def test_slots_follow_the_duration_of_the_operations(client: Client) -> None:
    OpCodeFactory(code="BIG", hours=Decimal("9.00"))
    response = client.get("/appointments/slots?date=2026-11-24&op_codes=BIG", headers=HTMX)
    assert response.context["minutes"] == 540
    assert "3:00 PM" not in response.content.decode()


def test_slots_turn_to_later_days_and_never_to_past_ones(client: Client) -> None:
    later = client.get("/appointments/slots?slots_first=2026-11-24&times=later")
    assert later.context["slots_first"] == date(2026, 11, 27)
    earlier = client.get("/appointments/slots?slots_first=2026-11-24&times=earlier")
    assert earlier.context["slots_first"] == date(2026, 11, 23)
    assert client.get("/appointments/slots?date=1999-01-01").context["slots_first"] == date(
        2026, 11, 23
    )


@pytest.mark.parametrize(
    "query", ["duration_minutes=9999999", "date=x", "technician=x", "bay=%00", "op_codes=%00"]
)
def test_slots_survive_hostile_input(client: Client, query: str) -> None:
    assert client.get(f"/appointments/slots?{query}").status_code in (200, 400)


def test_booking_plans_the_operations_and_picks_bay_and_technician(client: Client) -> None:
    vehicle = VehicleFactory()
    OpCodeFactory(code="LOF", description="Oil change", hours=Decimal("0.50"), price=79)
    OpCodeFactory(code="ROT", description="Tire rotation", hours=Decimal("0.40"), price=40)
    response = client.post(
        "/appointments/new",
        {
            "customer": str(vehicle.customer_id),
            "vehicle": str(vehicle.pk),
            "op_codes": ["LOF", "ROT"],
            "scheduled_at": at(9).isoformat(),
            "customer_concerns": "Squeals",
            "transport": "waiter",
            "booking_method": "phone",
        },
    )
    visit = Appointment.objects.get()
    assert response["Location"] == url("appointment", visit)
    assert (visit.service_type, visit.duration_minutes) == ("Oil change, Tire rotation", 60)
    assert (visit.service_bay, visit.assigned_technician) == (
        ServiceBay.objects.get(),
        Technician.objects.get(),
    )
    assert visit.estimated_cost == 119
    assert sorted(visit.lines.values_list("op_code", "outcome")) == [
        ("LOF", LineOutcome.PLANNED),
        ("ROT", LineOutcome.PLANNED),
    ]


def booking(vehicle: Any, /, **changes: str) -> dict[str, str]:
    return {
        "customer": str(vehicle.customer_id),
        "vehicle": str(vehicle.pk),
        "service_type": "Noise in front",
        "scheduled_at": at(9).isoformat(),
        "booking_method": "phone",
    } | changes


def test_booking_taken_slot_is_refused_and_nothing_is_lost(client: Client) -> None:
    AppointmentFactory(scheduled_at=at(9), service_bay=ServiceBay.objects.get())
    response = client.post(
        "/appointments/new", booking(VehicleFactory(), customer_concerns="Squeals")
    )
    assert response.status_code == 422
    assert "No bay is free at that time." in response.content.decode()
    assert "Squeals" in response.content.decode()
    assert Appointment.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"scheduled_at": ""}, "scheduled_at"),
        ({"scheduled_at": "2026-11-24T09:00"}, "scheduled_at"),
        ({"scheduled_at": "tomorrow"}, "scheduled_at"),
        ({"scheduled_at": "2026-11-24T23:00:00-05:00"}, "scheduled_at"),
        ({"service_type": ""}, "service_type"),
        ({"promised_at": "2026-11-24T08:00"}, "promised_at"),
        ({"transport": "helicopter"}, "transport"),
    ],
)
def test_booking_bad_input_is_told_at_the_field(
    client: Client, changes: dict[str, str], field: str
) -> None:
    response = client.post("/appointments/new", booking(VehicleFactory(), **changes))
    assert response.status_code == 422
    assert set(errors_of(response)) == {field}
    assert not Appointment.objects.exists()


def test_booking_vehicle_of_somebody_else_is_refused(client: Client) -> None:
    other = VehicleFactory()
    response = client.post("/appointments/new", booking(VehicleFactory(), vehicle=str(other.pk)))
    assert set(errors_of(response)) == {"vehicle"}


def test_booking_without_javascript_shows_times_and_keeps_what_was_typed(client: Client) -> None:
    data = booking(VehicleFactory(), scheduled_at="", times="1", date="2026-11-25")
    response = client.post("/appointments/new", data)
    assert response.status_code == 200
    assert "2026-11-25T09:00:00-05:00" in response.content.decode()
    assert response.context["form"]["service_type"].value() == "Noise in front"
    assert not Appointment.objects.exists()


# Moving


def test_move_changes_the_time_and_frees_the_old_slot(client: Client) -> None:
    visit = AppointmentFactory(scheduled_at=at(9), status="confirmed")
    data = form_data(client.get(url("appointment_move", visit)))
    response = client.post(
        url("appointment_move", visit), data | {"scheduled_at": at(14).isoformat()}
    )
    assert response["Location"] == url("appointment", visit)
    visit.refresh_from_db()
    assert (visit.scheduled_at, visit.status) == (at(14), AppointmentStatus.SCHEDULED)


def test_move_stale_is_told_and_can_be_sent_again(client: Client) -> None:
    visit = AppointmentFactory(scheduled_at=at(9))
    data = form_data(client.get(url("appointment_move", visit)))
    service.update_appointment(appointment=visit, data={"customer_concerns": "Squeals"})
    data |= {"scheduled_at": at(14).isoformat()}
    response = client.post(url("appointment_move", visit), data)
    assert response.status_code == 422
    assert "changed this record" in response.content.decode()
    again = client.post(url("appointment_move", visit), form_data(response))
    assert again.status_code == 302


def test_move_of_a_started_visit_is_refused(client: Client) -> None:
    visit = AppointmentFactory(scheduled_at=at(9), status="in_progress")
    data = form_data(client.get(url("appointment_move", visit)))
    response = client.post(
        url("appointment_move", visit), data | {"scheduled_at": at(14).isoformat()}
    )
    assert response.status_code == 422
    assert "cannot be moved" in response.content.decode()


# Steps


def test_page_offers_exactly_the_moves_that_the_role_may_take(client: Client) -> None:
    visit = AppointmentFactory(scheduled_at=at(7, 30, day=date(2026, 11, 23)))
    moves = client.get(url("appointment", visit)).context["moves"]
    assert moves == ["confirmed", "arrived", "cancelled", "no_show"]
    technician = signed_in(Role.TECHNICIAN).get(url("appointment", visit)).context["moves"]
    assert technician == ["arrived", "no_show"]


@pytest.mark.parametrize(
    ("before", "to"),
    [("scheduled", "confirmed"), ("scheduled", "arrived"), ("arrived", "in_progress")],
)
def test_one_click_step_moves_on(client: Client, before: str, to: str) -> None:
    visit = AppointmentFactory(scheduled_at=at(9), status=before)
    response = client.post(url("appointment_status", visit), {"to": to, "next": "/"})
    assert response["Location"] == "/"
    visit.refresh_from_db()
    assert visit.status == to


@pytest.mark.parametrize("to", ["completed", "in_progress", "nonsense", ""])
def test_one_click_step_that_may_not_be_is_refused(client: Client, to: str) -> None:
    visit = AppointmentFactory(scheduled_at=at(9))
    response = client.post(url("appointment_status", visit), {"to": to}, follow=True)
    assert "lw-alert-error" in response.content.decode()
    visit.refresh_from_db()
    assert visit.status == "scheduled"


def test_one_click_step_of_another_role_is_403() -> None:
    visit = AppointmentFactory()
    response = signed_in(Role.BDC).post(url("appointment_status", visit), {"to": "arrived"})
    assert response.status_code == 403


def test_check_in_takes_the_mileage(client: Client) -> None:
    visit = AppointmentFactory(scheduled_at=at(9))
    assert client.post(url("appointment_check_in", visit), {"mileage": "41,900"}).status_code == 302
    visit.vehicle.refresh_from_db()
    assert visit.vehicle.current_mileage == 41_900


def test_check_in_mileage_below_the_record_is_told_at_the_field(client: Client) -> None:
    visit = AppointmentFactory(scheduled_at=at(9))
    response = client.post(url("appointment_check_in", visit), {"mileage": "1"})
    assert response.status_code == 422
    assert "41,200 miles already" in errors_of(response)["mileage"][0]
    visit.refresh_from_db()
    assert visit.status == "scheduled"


def test_cancel_needs_a_reason(client: Client) -> None:
    visit = AppointmentFactory(scheduled_at=at(9))
    response = client.post(url("appointment_cancel", visit), {"reason": " "})
    assert errors_of(response) == {"reason": ["Cancelling needs a reason. Say why."]}
    assert client.post(url("appointment_cancel", visit), {"reason": "Sold it"}).status_code == 302
    visit.refresh_from_db()
    assert (visit.status, visit.cancellation_reason) == ("cancelled", "Sold it")


def lines(*rows: dict[str, str]) -> dict[str, str]:
    """The line form set as a browser sends it."""
    data = {"lines-TOTAL_FORMS": str(len(rows)), "lines-INITIAL_FORMS": "0"}
    for number, row in enumerate(rows):
        data |= {f"lines-{number}-{name}": value for name, value in row.items()}
    return data


def test_complete_writes_performed_declined_and_deferred_lines(client: Client) -> None:
    visit = AppointmentFactory(scheduled_at=at(7), status="in_progress")
    OpCodeFactory(code="LOF", description="Oil change", price=Decimal("79.95"))
    data = lines(
        {"op_code": "LOF", "outcome": "performed"},
        {"description": "Brake pads", "price": "310", "outcome": "declined", "reason": "Too dear"},
        {
            "description": "Battery",
            "outcome": "deferred",
            "reason": "Payday",
            "deferred_until": "2027-01-15",
        },
        {"outcome": "performed"},
    ) | {
        "mileage": "42,000",
        "ro_number": "7001",
        "parts_replaced": "Filter\n\nDrain plug",
        "next_service_type": "Rotation",
        "next_service_due_mileage": "47000",
    }
    response = client.post(url("appointment_complete", visit), data)
    assert response["Location"] == url("appointment", visit)
    record = ServiceRecord.objects.get()
    assert (record.ro_number, record.mileage, record.total_cost) == (
        "7001",
        42_000,
        Decimal("79.95"),
    )
    assert record.parts_replaced == ["Filter", "Drain plug"]
    assert record.next_service_due_mileage == 47_000
    assert set(record.lines.values_list("description", "outcome", "reason")) == {
        ("Oil change", "performed", ""),
        ("Brake pads", "declined", "Too dear"),
        ("Battery", "deferred", "Payday"),
    }
    page = client.get(reverse("customer", args=[visit.customer_id])).content.decode()
    assert "Brake pads" in page


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"description": "Pads", "outcome": "declined"}, "reason"),
        ({"description": "Pads", "outcome": "deferred", "reason": "Payday"}, "deferred_until"),
        ({"price": "12"}, "description"),
        ({"description": "Pads", "price": "-1"}, "price"),
        ({"description": "Pads", "hours": "many"}, "hours"),
    ],
)
def test_complete_bad_line_is_told_at_the_field(
    client: Client, row: dict[str, str], field: str
) -> None:
    visit = AppointmentFactory(scheduled_at=at(7), status="in_progress")
    response = client.post(url("appointment_complete", visit), lines(row) | {"mileage": "42000"})
    assert response.status_code == 422
    assert set(response.context["lines"].errors[0]) == {field}
    assert not ServiceRecord.objects.exists()


def test_complete_without_any_line_is_refused(client: Client) -> None:
    visit = AppointmentFactory(scheduled_at=at(7), status="in_progress")
    response = client.post(url("appointment_complete", visit), lines({}) | {"mileage": "42000"})
    assert response.status_code == 422
    assert "No line says what was done" in response.content.decode()


def test_complete_twice_says_that_it_is_closed(client: Client) -> None:
    visit = AppointmentFactory(scheduled_at=at(7), status="completed")
    data = lines({"description": "Oil change"}) | {"mileage": "42000"}
    response = client.post(url("appointment_complete", visit), data)
    assert response.status_code == 422
    assert "It is closed." in response.content.decode()


def test_complete_forged_line_count_is_no_server_error(client: Client) -> None:
    visit = AppointmentFactory(scheduled_at=at(7), status="in_progress")
    for count in ("99999999", "-1", "x", ""):
        data = lines({"description": "Oil"}) | {"mileage": "1", "lines-TOTAL_FORMS": count}
        assert client.post(url("appointment_complete", visit), data).status_code == 422


# Home


def test_home_tells_who_is_late_and_who_waits(client: Client) -> None:
    today = date(2026, 11, 23)
    AppointmentFactory(scheduled_at=at(7, 30, day=today))
    AppointmentFactory(
        scheduled_at=at(7, 45, day=today),
        status="arrived",
        transport="waiter",
        arrived_at=at(7, 40, day=today),
    )
    response = client.get("/")
    assert response.context["drive"].counts == {
        "all": 2,
        "expected": 1,
        "late": 1,
        "waiting": 1,
        "in_work": 0,
        "arrived": 1,
        "done": 0,
        "no_show": 0,
    }
    page = response.content.decode()
    assert "30 min late" in page
    assert "waits 20 min" in page


def test_home_every_count_opens_as_many_rows(client: Client) -> None:
    today = date(2026, 11, 23)
    for status in AppointmentStatus.values:
        AppointmentFactory(scheduled_at=at(7, 30, day=today), status=status, transport="waiter")
    page = client.get("/").content.decode()
    links = {
        "late": "?late=on",
        "waiting": "?when=any&amp;transport=waiter&amp;status=arrived&amp;status=in_progress",
        "in_work": "?when=any&amp;status=in_progress",
        "arrived": "?when=any&amp;status=arrived",
        "done": "?day=2026-11-23&amp;status=completed",
        "no_show": "?day=2026-11-23&amp;status=no_show",
        "expected": "?day=2026-11-23&amp;status=scheduled&amp;status=confirmed",
    }
    counts = client.get("/").context["drive"].counts
    for name, link in links.items():
        assert link in page
        assert client.get(LIST + link.replace("&amp;", "&")).context["total"] == counts[name], name


def test_home_shows_free_and_taken_bays(client: Client) -> None:
    visit = AppointmentFactory(
        scheduled_at=at(7, 30, day=date(2026, 11, 23)),
        status="in_progress",
        service_bay=ServiceBay.objects.get(),
        started_at=at(7, 40, day=date(2026, 11, 23)),
        duration_minutes=10,
    )
    bay = client.get("/").context["bays"][0]
    assert (bay.visit["id"], bay.is_overdue) == (visit.pk, True)


def test_home_keeps_cars_from_yesterday_in_sight(client: Client) -> None:
    visit = AppointmentFactory(scheduled_at=at(15, day=date(2026, 11, 22)), status="in_progress")
    assert [row["id"] for row in client.get("/").context["drive"].visits] == [visit.pk]


def test_home_step_by_htmx_gives_the_drive_back(client: Client) -> None:
    visit = AppointmentFactory(scheduled_at=at(9, day=date(2026, 11, 23)))
    response = client.post(
        url("appointment_status", visit), {"to": "arrived", "next": "/"}, headers=HTMX, follow=True
    )
    page = response.content.decode()
    assert "<html" not in page
    assert "Arrived" in page
    assert "is checked in." in page


def test_home_closed_day_says_so(client: Client) -> None:
    from tests.factories import SpecialDayFactory

    SpecialDayFactory(date=date(2026, 12, 25), reason="Christmas Day")
    page = client.get("/?day=2026-12-25").content.decode()
    assert "Closed" in page
    assert "Christmas Day" in page


@pytest.mark.parametrize("day", ["x", "0000-00-00", "9999-12-31", "2026-11-31"])
def test_home_survives_any_day(client: Client, day: str) -> None:
    assert client.get(f"/?day={day}").context["day"] == date(2026, 11, 23)


def test_home_due_work_leads_to_its_rows(client: Client) -> None:
    record = ServiceRecordFactory()
    ServiceLineFactory(service_record=record, outcome=LineOutcome.DECLINED, reason="no")
    ServiceLineFactory(
        service_record=record,
        outcome=LineOutcome.DEFERRED,
        reason="later",
        deferred_until=date(2027, 1, 1),
    )
    home = client.get("/")
    assert home.context["due_total"] == 1
    assert client.get("/work/?due=on").context["total"] == 1
    assert client.get("/work/").context["total"] == 2


@pytest.mark.parametrize("page", ["/", "/work/"])
def test_home_and_work_queries_do_not_grow_with_rows(client: Client, page: str) -> None:
    def row() -> None:
        visit = AppointmentFactory(scheduled_at=timezone.now() + timedelta(hours=1))
        record = ServiceRecordFactory(vehicle=visit.vehicle)
        ServiceLineFactory(service_record=record, outcome=LineOutcome.DECLINED, reason="no")

    row()
    client.get(page)
    one = count_queries(lambda: client.get(page))
    row()
    row()
    assert count_queries(lambda: client.get(page)) == one <= 12
    assert ServiceLine.objects.count() == 3
