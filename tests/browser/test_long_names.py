"""Names without a place to break stay inside of a narrow screen."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from crm.enums import Role
from tests.factories import CustomerFactory, VehicleFactory

pytestmark = pytest.mark.django_db(transaction=True)
OVERHANG = """() => [...document.querySelectorAll("main *")]
    .filter((node) => node.getBoundingClientRect().right > innerWidth + 1)
    .filter((node) => !node.closest(".table-responsive, .visually-hidden"))
    .map((node) => node.outerHTML.slice(0, 120))"""


def test_name_of_sixty_letters_fits_a_narrow_screen(open_page: Callable[..., Page]) -> None:
    customer: Any = CustomerFactory(first_name="Wolfeschlegel" * 4, last_name="Steinhausen" * 5)
    VehicleFactory(customer=customer, model="Longwheelbase" * 3)
    page = open_page(Role.MANAGER, width=390)
    for path in (f"/customers/{customer.pk}/", "/customers/", f"/customers/{customer.pk}/edit"):
        page.goto(path)
        assert page.evaluate(OVERHANG) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
