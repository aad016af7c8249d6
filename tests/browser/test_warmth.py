"""Pages of warmth in a browser: sound at both widths and themes, and the what-if."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from crm.enums import Role
from jobs.registry import local_today
from tests.browser.conftest import assert_sound
from tests.browser.test_pages import LONG
from tests.factories import CustomerFactory
from warmth.models import CustomerWarmth
from warmth.services import reports
from warmth.services.adjustments import set_component
from warmth.services.algorithms import create_draft
from warmth.services.events import record_event

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shopper() -> Any:
    """Somebody with a long name, a year of engagements and a component set by hand."""
    customer: Any = CustomerFactory(last_name=LONG)
    now = timezone.now()
    for kind, days in (("inquiry", 20), ("test_drive", 9), ("quote", 3), ("call", 1)):
        record_event(
            customer_id=customer.pk,
            event_type=kind,
            occurred_at=now - timedelta(days=days),
            subject=LONG,
        )
    for component in ("budget_qualification", "timeline_urgency", "interaction_frequency"):
        set_component(customer_id=customer.pk, component=component, value=Decimal(100), reason=LONG)
    CustomerWarmth.objects.update(created_at=now - timedelta(days=60))
    return customer.pk


def test_pages_of_warmth_are_sound(open_page: Callable[..., Page], shopper: Any) -> None:
    draft = create_draft(version="spring")
    for kind in reports.missing(local_today()):
        reports.keep(kind, local_today())
    page = open_page(Role.MANAGER)
    for name, keys in (
        ("board", []), ("customers", []), ("customer", [shopper]), ("customer_card", [shopper]),
        ("what_if", [shopper]), ("rules", []), ("version", [draft.pk]),
        ("version_preview", [draft.pk]), ("rule_new", [draft.pk]), ("accuracy", []),
        ("reports", []),
    ):  # fmt: skip
        page.goto(reverse(f"warmth:{name}", args=keys))
        assert_sound(page, name)


def test_imagining_shows_the_score_at_once(open_page: Callable[..., Page], shopper: Any) -> None:
    page = open_page(Role.SALES)
    page.goto(reverse("warmth:customer", args=[shopper]))
    before = CustomerWarmth.objects.get(customer=shopper).overall_warmth_score
    slider = page.get_by_label("Past purchases")
    slider.press("End")
    expect(page.locator("output[for=id_past_purchase_behavior]")).to_have_text("100")
    expect(page.locator("#imagined")).to_contain_text("to now")
    assert CustomerWarmth.objects.get(customer=shopper).overall_warmth_score == before
