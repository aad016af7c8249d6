"""The main paths through the pages, as people walk them."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Page, expect

from crm.enums import AppointmentStatus, LineOutcome, Role
from crm.models import Appointment, Customer, ServiceLine, ServiceRecord, Vehicle
from crm.querysets import shop_day
from crm.services import customers as service
from jobs.registry import shop_zone
from tests.browser.conftest import assert_no_csp_violations
from tests.factories import (
    PASSWORD,
    AppointmentFactory,
    CustomerFactory,
    OpCodeFactory,
    UserFactory,
    VehicleFactory,
    new_vin,
    shop_with,
)

pytestmark = pytest.mark.django_db(transaction=True)
Open = Callable[..., Page]


def today_about(*, minutes: int) -> datetime:
    """So many minutes from now, but within today at the shop, also around midnight."""
    start, end = shop_day(timezone.now().astimezone(shop_zone()).date())
    wanted = timezone.now() + timedelta(minutes=minutes)
    return min(max(wanted, start), end - timedelta(seconds=1))


def test_find_customer_book_check_in_start_and_complete(open_page: Open) -> None:
    shop_with()
    OpCodeFactory(code="LOF", description="Oil and filter change", price="79.95")
    vehicle = VehicleFactory(customer__first_name="Dana", customer__last_name="Reedman")
    page = open_page(Role.ADVISOR)
    page.goto("/")

    # Find: one box, arrow down, Enter.
    page.keyboard.press("/")
    page.keyboard.type("reedm")
    expect(page.locator("#search-results")).to_contain_text("Dana Reedman")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Dana Reedman")
    page.wait_for_load_state()

    # Book: an operation and the first free time of tomorrow.
    page.keyboard.press("b")
    page.wait_for_url("**/appointments/new?*")
    page.get_by_text("Maintenance").first.click()
    page.get_by_role("checkbox", name=re.compile("Oil and filter")).check()
    expect(page.locator("#slots")).to_contain_text("30 min")
    first = page.locator("[name=slots_first]")
    shown = first.input_value()
    page.get_by_role("button", name="Later").click()
    expect(first).not_to_have_value(shown)  # a time chosen before would go with the old ones
    page.locator(".lw-slot").first.click()
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Scheduled")

    # The visit: confirm, check in with a mileage, start.
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("link", name="Check in").click()
    page.get_by_label("Mileage").fill("41,900")
    page.get_by_role("button", name="Check in").click()
    page.get_by_role("button", name="Start work").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("In progress")

    # Complete with one declined line.
    page.get_by_role("link", name="Complete").click()
    page.wait_for_url("**/complete")
    assert page.locator("#id_lines-0-op_code").input_value() == "LOF"
    # An operation brings its figures along; what was typed stays when another one is chosen.
    page.locator("#id_lines-1-hours").fill("9")
    page.locator("#id_lines-1-op_code").select_option("LOF")
    expect(page.locator("#id_lines-1-price")).to_have_value("79.95")
    expect(page.locator("#id_lines-1-hours")).to_have_value("9")
    page.locator("#id_lines-1-op_code").select_option("")
    expect(page.locator("#id_lines-1-price")).to_have_value("")
    page.locator("#id_lines-1-hours").fill("")
    page.locator("#id_lines-1-description").fill("Front brake pads")
    page.locator("#id_lines-1-price").fill("289")
    expect(page.locator("#id_lines-1-reason")).to_be_hidden()
    page.locator("#id_lines-1-outcome").select_option("declined")
    page.get_by_role("button", name="Complete the visit").click()
    expect(page.locator("#id_lines-1-reason")).to_have_class(re.compile("is-invalid"))
    page.locator("#id_lines-1-reason").fill("Too expensive right now")
    page.get_by_label("Mileage", exact=False).first.fill("41900")
    page.get_by_role("button", name="Complete the visit").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Completed")

    record = ServiceRecord.objects.get()
    assert (record.mileage, record.vehicle) == (41_900, vehicle)
    refused = ServiceLine.objects.get(outcome=LineOutcome.DECLINED)
    assert (refused.description, refused.reason) == ("Front brake pads", "Too expensive right now")
    assert_no_csp_violations(page)


def test_new_customer_with_a_vehicle_by_its_vin(open_page: Open) -> None:
    page = open_page(Role.BDC)
    page.goto("/customers/")
    page.locator("#id_q").fill("Maria Delgado")
    page.get_by_role("link", name=re.compile("New customer “")).click()
    expect(page.get_by_label("First name")).to_have_value("Maria")
    page.locator("#id_phone").fill("205 555 0142")
    page.get_by_role("button", name="Save customer").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Maria Delgado")

    page.get_by_role("link", name="Add vehicle").click()
    page.wait_for_url("**/vehicles/new")
    expect(page.get_by_label("Why this VIN stands")).to_be_hidden()
    wrong = "1FTFW1ET5LFA67890"
    page.get_by_label("VIN", exact=True).fill(wrong)
    expect(page.locator("#vin-says")).to_contain_text("should be 3")
    expect(page.get_by_label("Why this VIN stands")).to_be_visible()
    page.get_by_label("VIN", exact=True).fill(new_vin(0))
    expect(page.locator("#vin-says")).to_contain_text("2020 Ford F-150")
    expect(page.get_by_label("Model year")).to_have_value("2020")
    expect(page.get_by_label("Make")).to_have_value("Ford")
    expect(page.get_by_label("Model", exact=True)).to_have_value("F-150")
    page.get_by_role("button", name="Save vehicle").click()
    expect(page.get_by_role("heading", name="2020 Ford F-150")).to_be_visible()
    assert Vehicle.objects.get().customer == Customer.objects.get()
    assert_no_csp_violations(page)


def test_what_was_typed_survives_the_end_of_the_session(open_page: Open) -> None:
    customer = CustomerFactory(first_name="Dana")
    user = UserFactory(role=Role.ADVISOR)
    page = open_page(user=user)
    page.goto(f"/customers/{customer.pk}/edit")
    page.get_by_label("First name").fill("Danielle")
    Session.objects.all().delete()
    page.get_by_role("button", name="Save").click()

    page.get_by_label("Username or e-mail").fill(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("still here")
    expect(page.get_by_text("Danielle")).to_be_visible()
    customer.refresh_from_db()
    assert customer.first_name == "Dana"  # nothing is sent without a click

    page.get_by_role("button", name="Send it now").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Danielle")
    assert_no_csp_violations(page)


def test_what_was_typed_stands_against_the_vin(open_page: Open) -> None:
    owner = CustomerFactory()
    page = open_page(Role.ADVISOR)
    page.goto(f"/customers/{owner.pk}/vehicles/new")
    page.get_by_label("Trim").fill("Lariat")
    page.get_by_label("VIN", exact=True).fill(new_vin(1))
    expect(page.get_by_label("Make")).to_have_value("Honda")
    page.get_by_label("VIN", exact=True).fill(new_vin(0))
    expect(page.get_by_label("Make")).to_have_value("Ford")
    expect(page.get_by_label("Trim")).to_have_value("Lariat")


def test_stale_edit_shows_both_values_and_keeps_what_was_typed(open_page: Open) -> None:
    customer = CustomerFactory(city="Atlanta")
    page = open_page(Role.ADVISOR)
    page.goto(f"/customers/{customer.pk}/edit")
    page.get_by_label("City").fill("Macon")
    page.get_by_label("Referred by").fill("A neighbour")
    service.update_customer(customer=customer, data={"city": "Savannah"})
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#stale")).to_contain_text("Savannah")
    expect(page.locator("#stale")).to_contain_text("Macon")
    expect(page.get_by_label("Referred by")).to_have_value("A neighbour")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Dana")
    customer.refresh_from_db()
    assert (customer.city, customer.referral_source) == ("Macon", "A neighbour")


def home_of(visit: Appointment) -> str:
    """The home page of the visit's day, which midnight may have ended meanwhile."""
    return f"/?day={visit.scheduled_at.astimezone(shop_zone()):%Y-%m-%d}"


def test_home_one_click_moves_the_visit_on(open_page: Open) -> None:
    shop_with()
    visit = AppointmentFactory(scheduled_at=today_about(minutes=5))
    page = open_page(Role.ADVISOR)
    page.goto(home_of(visit))
    row = page.locator(f"#visit-{visit.pk}")
    row.get_by_role("button", name="Check in").click()
    expect(page.locator("#messages")).to_contain_text("is checked in.")
    expect(row).to_contain_text("Arrived")
    row.get_by_role("button", name="Start").click()
    expect(row).to_contain_text("In progress")
    assert Appointment.objects.get().status == AppointmentStatus.IN_PROGRESS
    assert_no_csp_violations(page)


def test_home_no_show_asks_first(open_page: Open) -> None:
    shop_with()
    visit = AppointmentFactory(scheduled_at=today_about(minutes=-2))
    page = open_page(Role.ADVISOR)
    page.goto(home_of(visit))
    row = page.locator(f"#visit-{visit.pk}")
    row.get_by_role("button", name="No-show").click()
    page.get_by_role("button", name="Go back").click()
    assert Appointment.objects.get().status == AppointmentStatus.SCHEDULED
    row.get_by_role("button", name="No-show").click()
    page.get_by_role("button", name="Yes, do it").click()
    expect(row.get_by_role("button", name="No-show")).to_have_count(0)
    assert Appointment.objects.get().status == AppointmentStatus.NO_SHOW


def test_customer_list_searches_as_one_types_and_keeps_the_address(open_page: Open) -> None:
    CustomerFactory(first_name="Ann", last_name="Reedman")
    CustomerFactory(first_name="Bob", last_name="Stone", customer_type="fleet")
    page = open_page(Role.SALES)
    page.goto("/customers/")
    page.locator("#id_q").press_sequentially("reedm", delay=20)
    expect(page.locator("#results tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"/customers/\?q=reedm$"))
    page.reload()
    expect(page.locator("#id_q")).to_have_value("reedm")
    page.locator("#id_q").fill("")
    page.get_by_label("Type").select_option("fleet")
    expect(page.locator("#results tbody tr")).to_have_count(1)
    expect(page.locator("#results")).to_contain_text("Bob Stone")
    expect(page).to_have_url(re.compile(r"/customers/\?type=fleet$"))
    page.locator("#results tbody tr").click(position={"x": 700, "y": 10})
    expect(page.get_by_role("heading", level=1)).to_contain_text("Bob Stone")
    page.go_back()
    expect(page.locator("#results")).to_contain_text("Bob Stone")
    assert_no_customer_data_is_kept(page)


def test_note_is_added_in_place(open_page: Open) -> None:
    customer = CustomerFactory()
    page = open_page(Role.BDC)
    page.goto(f"/customers/{customer.pk}/")
    page.get_by_label("New note").fill("Asked for a loaner")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator("#notes blockquote")).to_contain_text("Asked for a loaner")
    expect(page.locator("#timeline")).to_contain_text("Asked for a loaner")
    page.get_by_role("navigation", name="Kinds of entries").get_by_text("Notes").click()
    expect(page.locator("#timeline .lw-entry")).to_have_count(1)
    assert_no_csp_violations(page)
    assert_no_customer_data_is_kept(page)


def test_pages_work_without_javascript(open_page: Open) -> None:
    shop_with()
    vehicle = VehicleFactory(customer__last_name="Reedman")
    page = open_page(Role.ADVISOR, java_script_enabled=False)
    page.goto("/appointments/new")
    page.locator("#id_q").fill("reedman")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name=re.compile("Reedman")).click()
    page.get_by_label("In words").fill("Noise in front")
    page.get_by_role("button", name="Later").click()
    page.locator(".lw-slot input").first.check(force=True)
    page.get_by_role("button", name="Book", exact=True).click()
    visit = Appointment.objects.get()
    assert (visit.vehicle, visit.service_type) == (vehicle, "Noise in front")


def assert_no_customer_data_is_kept(page: Page) -> None:
    """Nothing of a customer lies in the browser's storage."""
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, history.state])")
    kept = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "", kept)  # keys hold any digits
    for word in ("Reedman", "Stone", "555", "loaner", "Whitfield"):
        assert word not in kept
