"""The import walked in Chromium: upload, match, check, import, take back; admin forms."""

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from crm.enums import Role
from crm.models import Customer
from jobs.models import Outbox
from jobs.outbox import execute
from tests import factories
from tests.browser.conftest import assert_no_csp_violations, assert_sound

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A list as a dealer's old system writes it, with something wrong in two rows."""
    known = factories.VehicleFactory(current_mileage=50_000)
    owner = known.customer
    path = tmp_path / "old-system customers.csv"
    name = [owner.first_name, owner.last_name]
    rows = [
        ["CustFirstName", "CustLastName", "Cell", "EmailAddr", "ST", "VehVIN", "Odometer", "DOB",
         "Fax"],
        ["ANN", "MCDONALD", "(205) 555-0142", "ann@x.com", "Georgia", factories.new_vin(),
         "45,120", "3/25/1980", ""],
        ["Bob", "Ray", "12", "", "GA", "", "", "", "1"],
        [*name, owner.phone, "", "TN", known.vin, "40000", "", ""],
        ["Cy", "Young", "2055550199", "", "GA", known.vin, "", "", ""],
    ]  # fmt: skip
    with path.open("w", newline="") as out:
        csv.writer(out).writerows(rows)
    return path


def work() -> None:
    while row := Outbox.objects.waiting().order_by("id").first():
        assert execute(row.pk), row.last_error


def test_import_is_walked_from_upload_to_taking_back(
    open_page: Callable[..., Page], file: Path
) -> None:
    page = open_page(Role.MANAGER)
    page.goto("/imports/")
    assert_sound(page, "1-upload")
    page.set_input_files("input[type=file]", file)
    page.get_by_role("button", name="Upload and match columns").click()
    expect(page.get_by_label("Cell", exact=True)).to_have_value("phone")
    assert_sound(page, "2-columns")
    page.get_by_role("button", name="Check all rows").click()
    expect(page.get_by_text("Every row is being tried out")).to_be_visible()
    assert_sound(page, "3-checking")
    work()
    expect(page.get_by_role("heading", name="What the import would do")).to_be_visible()
    assert_sound(page, "4-checked")
    assert Customer.objects.count() == 1
    page.get_by_role("button", name="Import without the refused rows").click()
    expect(page.get_by_text("You may leave this page")).to_be_visible()
    work()
    expect(page.get_by_role("heading", name="What the import did")).to_be_visible()
    assert_sound(page, "5-imported")
    assert Customer.objects.get(last_name="McDonald").date_of_birth == date(1980, 3, 25)
    page.get_by_role("button", name="Take this import back").click()
    page.get_by_role("dialog").get_by_role("button", name="Yes, do it").click()
    expect(page.get_by_text("The import was taken back")).to_be_visible()
    assert_sound(page, "6-reverted")
    assert Customer.objects.count() == 1


def test_admin_forms_are_shown_without_errors(open_page: Callable[..., Page]) -> None:
    visit = factories.AppointmentFactory()
    page = open_page(Role.ADMIN)
    for path in (
        f"crm/customer/{visit.customer_id}/change/",
        f"crm/appointment/{visit.pk}/change/",
    ):
        page.goto(f"/admin/{path}")
        expect(page.locator("body")).to_contain_text("Lanewise")
        assert_no_csp_violations(page)
