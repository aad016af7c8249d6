"""The calibration pages with outcomes and a challenger: accessible, within their width, drawn."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from crm.enums import Role
from leads.parameters import SEED, LikelihoodRatio
from leads.services import calibration, parameters
from tests.browser.conftest import assert_sound
from tests.leads.factories import LeadFactory, scored
from tests.leads.simulated import observe, store

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def challenger() -> int:
    """A calibrated set on 260 outcomes, beside leads that it would move."""
    store(observe(260), parameters=parameters.champion())
    for age in (1, 2, 3, 4):
        scored(LeadFactory(vehicle_age=age, customer_name="Bartholomew-Maximilian Featherstone"))
    parameters.propose(
        values=replace(
            SEED, likelihood_ratios=SEED.likelihood_ratios | {"short_trips": LikelihoodRatio(1.0)}
        ),
        name="without-short-trips",
        provenance="A judgement",
        is_calibrated=False,
    )
    return calibration.propose(draft=calibration.draft()).pk


@pytest.mark.slow
def test_calibration_pages_are_sound(open_page: Callable[..., Page], challenger: int) -> None:
    page = open_page(Role.MANAGER)
    for address in (
        "/leads/calibration/",
        reverse("leads:calibration_set", args=[challenger]),
        reverse("leads:calibration_preview", args=[challenger]),
        reverse("leads:calibration_set", args=[parameters.champion().pk]),
    ):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert_sound(page, address)


def test_preview_arrives_and_activation_asks_for_a_reason(
    open_page: Callable[..., Page], challenger: int
) -> None:
    page = open_page(Role.MANAGER)
    page.goto(reverse("leads:calibration_set", args=[challenger]))
    page.get_by_text("open leads would change band").wait_for()
    page.get_by_role("button", name="Activate").click()
    page.get_by_text("Fill this in.").wait_for()
    page.get_by_label("Why").fill("Better on 260 tests")
    page.get_by_role("button", name="Activate").click()
    page.get_by_text("is in use. All open leads are being scored with it.").wait_for()
