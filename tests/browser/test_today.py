"""A morning with the Today list in a browser: take, say how it went, next; at both widths."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from crm.enums import Role
from crm.models import WorkItem
from crm.services import permission
from tests.browser.conftest import assert_sound
from tests.factories import ConsentFactory, ContactAttemptFactory, CustomerFactory, WorkItemFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = "Bartholomew-Maximilian Featherstonehaugh"


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[WorkItem]:
    """Three items to work on and one that is barred; anybody may be called at any hour."""
    rules = permission.contact_rules()
    always = replace(rules.country, opens=time.min, closes=time.max)
    monkeypatch.setattr(permission, "contact_rules", lambda: replace(rules, country=always))
    due = {"due_at": datetime(2026, 1, 1, tzinfo=UTC)}
    customers = [CustomerFactory(first_name=LONG, state="GU", zip_code="96910") for _ in range(3)]
    ContactAttemptFactory(customer=customers[0], text=LONG * 4)
    ConsentFactory(customer=customers[0], note=LONG)
    WorkItemFactory(barred="opted_out", **due)
    return [
        WorkItemFactory(customer=customer, value=900 - n, title=f"{LONG} {n}", reason=LONG, **due)
        for n, customer in enumerate(customers)
    ]


def test_items_are_taken_disposed_and_followed_by_the_next(
    open_page: Callable[..., Page], work: list[WorkItem]
) -> None:
    page = open_page(Role.BDC)
    page.goto(reverse("today"))
    assert_sound(page)
    page.keyboard.press("n")
    page.get_by_role("heading", name="How did it go?").wait_for()
    assert_sound(page)
    page.get_by_role("button", name="Save and next").click()
    page.locator("#content [role=alert]").first.wait_for()
    assert_sound(page)
    page.get_by_label("Outcome").select_option("no_answer")
    page.get_by_role("button", name="Save and next").click()
    page.get_by_text(work[1].title).first.wait_for()
    page.goto(reverse("customer_permissions", args=[work[0].customer_id]))
    assert_sound(page)
    page.goto(reverse("customer", args=[work[0].customer_id]))
    page.get_by_role("button", name="Opts out of everything").wait_for()
    assert_sound(page)
