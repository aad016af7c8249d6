"""The import walked in Chromium: upload, match, check, import, take back; and the admin's pages."""

import csv
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from crm.enums import Role
from crm.models import Customer
from jobs.models import Outbox
from jobs.outbox import execute
from tests import factories
from tests.browser.conftest import assert_accessible, assert_no_csp_violations

THEMES = ("light", "dark")
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


def check(page: Page, shot: Callable[[str], None], name: str) -> None:
    assert_accessible(page)
    assert_no_csp_violations(page)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    shot(name)


@pytest.fixture
def shots(request: pytest.FixtureRequest) -> Callable[[Page, str], Callable[[str], None]]:
    """Screenshots go where LANEWISE_SHOTS says, and nowhere otherwise."""
    folder = os.environ.get("LANEWISE_SHOTS")

    def of(page: Page, suffix: str) -> Callable[[str], None]:
        def shoot(name: str) -> None:
            if folder:
                page.screenshot(path=f"{folder}/{name}-{suffix}.png", full_page=True)

        return shoot

    return of


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [1440, 390])
def test_import_is_walked_from_upload_to_taking_back(
    open_page: Callable[..., Page], file: Path, shots: Any, theme: str, width: int
) -> None:
    page = open_page(Role.MANAGER, theme=theme, width=width)
    shot = shots(page, f"{theme}-{width}")
    page.goto("/imports/")
    check(page, shot, "1-upload")
    page.set_input_files("input[type=file]", file)
    page.get_by_role("button", name="Upload and match columns").click()
    expect(page.get_by_label("Cell", exact=True)).to_have_value("phone")
    check(page, shot, "2-columns")
    page.get_by_role("button", name="Check all rows").click()
    expect(page.get_by_text("Every row is being tried out")).to_be_visible()
    check(page, shot, "3-checking")
    work()
    expect(page.get_by_role("heading", name="What the import would do")).to_be_visible()
    check(page, shot, "4-checked")
    assert Customer.objects.count() == 1
    page.get_by_role("button", name="Import without the refused rows").click()
    expect(page.get_by_text("You may leave this page")).to_be_visible()
    work()
    expect(page.get_by_role("heading", name="What the import did")).to_be_visible()
    check(page, shot, "5-imported")
    assert Customer.objects.get(last_name="McDonald").date_of_birth == date(1980, 3, 25)
    page.get_by_role("button", name="Take this import back").click()
    page.get_by_role("dialog").get_by_role("button", name="Yes, do it").click()
    expect(page.get_by_text("The import was taken back")).to_be_visible()
    check(page, shot, "6-reverted")
    assert Customer.objects.count() == 1


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [1440, 390])
def test_admin_pages_are_shown_without_errors(
    open_page: Callable[..., Page], shots: Any, theme: str, width: int
) -> None:
    visit = factories.AppointmentFactory()
    page = open_page(Role.ADMIN, theme=theme, width=width)
    shot = shots(page, f"{theme}-{width}")
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    for name, path in (
        ("index", ""),
        ("customers", "crm/customer/"),
        ("customer", f"crm/customer/{visit.customer_id}/change/"),
        ("appointment", f"crm/appointment/{visit.pk}/change/"),
        ("audit", "crm/auditentry/"),
    ):
        page.goto(f"/admin/{path}")
        expect(page.locator("body")).to_contain_text("Lanewise")
        shot(f"admin-{name}")
    assert faults == []
    assert_no_csp_violations(page)
