"""Live events reach the page of the user they are for, and stop when the process goes."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from crm.enums import Role
from jobs import live
from tests.browser.conftest import assert_no_csp_violations
from tests.config.test_live import free_port, wait_until_healthy
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

# Into the page itself, where a locator sees it: the content policy forbids polling by script.
NOTE = """
document.addEventListener("live:call", (event) => {
  document.documentElement.dataset.heard = JSON.stringify(event.detail);
});
document.addEventListener("live:resync", () => {
  document.documentElement.dataset.resync = document.documentElement.dataset.live;
});
"""


@pytest.fixture
def process(settings: Any) -> Iterator[subprocess.Popen[bytes]]:
    settings.LIVE_PORT = free_port()
    environment = os.environ | {"LIVE_PORT": str(settings.LIVE_PORT)}
    process = subprocess.Popen([sys.executable, "-m", "config.live"], env=environment)
    wait_until_healthy(process, settings.LIVE_PORT)
    yield process
    process.kill()
    process.wait()


def test_event_reaches_its_user_and_the_page_asks_by_itself_when_the_process_is_gone(
    open_page: Callable[..., Page], process: subprocess.Popen[bytes]
) -> None:
    user = UserFactory(role=Role.BDC)
    page = open_page(user=user)
    page.add_init_script(NOTE)
    page.goto("/")
    html = page.locator("html")
    expect(html).to_have_attribute("data-live", "on")
    live.tell("call", users=[user.pk + 1], data={"id": "not mine"})
    live.tell("call", users=[user.pk], data={"id": "mine"})
    expect(html).to_have_attribute("data-heard", '{"id":"mine"}')
    assert_no_csp_violations(page)
    process.send_signal(signal.SIGKILL)
    expect(html).to_have_attribute("data-live", "off")
    expect(html).to_have_attribute("data-resync", "off", timeout=10_000)
