"""A call comes in: the advisor's browser says who it is, wherever the advisor is."""

import subprocess
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from crm.enums import Role
from telephony.models import ProviderEvent
from telephony.services import intake
from tests.browser.conftest import assert_sound
from tests.browser.test_live import process  # noqa: F401  (a fixture)
from tests.factories import CustomerFactory, UserFactory, VehicleFactory

pytestmark = pytest.mark.django_db(transaction=True)


def callback(kind: str, **fields: str) -> None:
    """What the webhook and then the task do with a callback."""
    intake.receive(provider="twilio", kind=kind, fields={"CallSid": "CA1", **fields})
    for event in ProviderEvent.objects.filter(processed_at=None):
        intake.work_event(event=event)


def test_ring_shows_who_calls_and_hanging_up_takes_the_card_away(
    open_page: Callable[..., Page],
    process: subprocess.Popen[bytes],  # noqa: F811
) -> None:
    advisor = UserFactory(role=Role.ADVISOR)
    customer = CustomerFactory(
        first_name="Rosa", last_name="Diaz", preferred_service_advisor=advisor
    )
    VehicleFactory(customer=customer)
    page = open_page(user=advisor)
    page.goto("/appointments/")
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    parties = {"From": customer.phone, "To": "+14045550100", "Direction": "inbound"}
    callback("voice", **parties)
    card = page.get_by_role("region", name="Incoming call")
    expect(card.get_by_role("link", name="Rosa Diaz")).to_be_visible(timeout=3000)
    assert_sound(page)
    callback(
        "status",
        From=customer.phone,
        To="+14045550100",
        Direction="inbound",
        CallStatus="completed",
    )
    expect(card).to_have_count(0)
