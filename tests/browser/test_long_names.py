"""Names without a place to break stay inside of a narrow screen."""

from collections.abc import Callable
from datetime import datetime, time
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from playwright.sync_api import Page

from crm.enums import Role
from jobs.registry import local_today, shop_zone
from tests.browser.conftest import assert_within_width
from tests.factories import CustomerFactory, ServiceRecordFactory, VehicleFactory
from tests.leads.factories import LeadFactory, scored

pytestmark = pytest.mark.django_db(transaction=True)
OVERHANG = """() => [...document.querySelectorAll("main *")]
    .filter((node) => node.getBoundingClientRect().right > innerWidth + 1)
    .filter((node) => !node.closest(".table-responsive, .visually-hidden"))
    .map((node) => node.outerHTML.slice(0, 120))"""


def test_name_of_sixty_letters_fits_a_narrow_screen(open_page: Callable[..., Page]) -> None:
    """Also in the night, when it stands beside until when the customer must not be called."""
    customer: Any = CustomerFactory(first_name="Wolfeschlegel" * 4, last_name="Steinhausen" * 5)
    vehicle: Any = VehicleFactory(customer=customer, model="Longwheelbase" * 3)
    lead = scored(LeadFactory(vehicle=vehicle, customer=customer, customer_name=customer.name))
    ServiceRecordFactory(customer=customer, vehicle=vehicle, service_date=local_today())
    night = datetime.combine(local_today(), time(23, 30), tzinfo=shop_zone())
    with time_machine.travel(night):
        page = open_page(Role.MANAGER, width=390)
        for path in (
            f"/customers/{customer.pk}/",
            "/customers/",
            f"/customers/{customer.pk}/edit",
            reverse("leads:lead", args=[lead.pk]),
        ):
            page.goto(path)
            assert page.evaluate(OVERHANG) == [], path
            assert_within_width(page, path)
        assert "blocked until" in page.inner_text("main")
