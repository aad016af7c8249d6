"""Chromium for tests of what only a browser shows: behaviour, contrast, content policy.

def test_home_advisor_is_accessible(open_page):
    page = open_page(Role.ADVISOR)
    page.goto("/")
    assert_accessible(page)
    assert_no_csp_violations(page)
"""

import os
import shutil
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, Literal
from unittest import mock

import pytest
from django.conf import settings as django_settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.signals import request_finished, request_started
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright

from crm.enums import Role
from tests.factories import UserFactory

AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
PATIENCE_MS = 10_000
NAMES = ("chromium", "google-chrome", "chromium-browser")
COLOURS = ["color-contrast", "link-in-text-block"]
LOOKS: tuple[tuple[int, Literal["light", "dark"], list[str] | None], ...] = (
    (1440, "dark", COLOURS),
    (1440, "light", None),
    (390, "light", COLOURS),
    (390, "dark", None),
)
# Asked in each frame, as the policy of the pages forbids what Playwright's own waiting does.
TOO_WIDE = """patience => new Promise(resolve => {
    const {documentElement: root} = document, end = performance.now() + patience;
    const look = () => {
        const excess = root.scrollWidth - root.clientWidth;
        if (excess <= 0 || performance.now() > end) resolve(excess);
        else requestAnimationFrame(look);
    };
    look();
})"""
# Listens before any script of the page runs.
LISTEN = """
window.cspViolations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.cspViolations.push(`${event.effectiveDirective}: ${event.blockedURI} ${event.sample}`));
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


def find_chromium() -> str | None:
    given = os.environ.get("CHROMIUM")
    return given or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session", autouse=True)
def _files_as_they_are() -> Generator[None]:
    """The live server serves static/ itself, not what `collectstatic` has left behind.

    pytest-django does so only for "django.contrib.staticfiles"; INSTALLED_APPS has our own
    configuration of that app.
    """
    with mock.patch("django.test.testcases._StaticFilesHandler", StaticFilesHandler):
        yield


@pytest.fixture(scope="session")
def browser() -> Generator[Browser]:
    path = find_chromium()
    if path is None:
        message = "No Chromium found: install one or set CHROMIUM to its path."
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    # Playwright keeps an event loop in this thread, which makes Django refuse its own queries.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class InFlight:
    """How many requests the server threads of this process are working on."""

    def __init__(self) -> None:
        self.count = 0
        self.changed = threading.Condition()

    def started(self, **_: Any) -> None:
        self._add(1)

    def finished(self, **_: Any) -> None:
        self._add(-1)

    def _add(self, step: int) -> None:
        with self.changed:
            self.count += step
            self.changed.notify_all()

    def wait_until_none(self, seconds: float = 20) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.count <= 0, seconds), "a request hangs"
            self.count = 0


@pytest.fixture
def in_flight(live_server: Any) -> Generator[InFlight]:
    """Requests that are still running when a test ends would meet an emptied database."""
    requests = InFlight()
    request_started.connect(requests.started)
    request_finished.connect(requests.finished)
    yield requests
    request_started.disconnect(requests.started)
    request_finished.disconnect(requests.finished)


@pytest.fixture
def open_page(
    browser: Browser, live_server: Any, in_flight: InFlight
) -> Generator[Callable[..., Page]]:
    """Factory of pages: `open_page(role=None, user=None, theme="light", width=1440)`.

    With a role or user the browser is signed in. Addresses are relative to the live server.
    """
    contexts = []

    def make(
        role: Role | None = None,
        *,
        user: Any = None,
        theme: str = "light",
        width: int = 1440,
        **options: Any,
    ) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            reduced_motion="reduce",
            **options,
        )
        contexts.append(context)
        context.add_init_script(LISTEN)
        if role is not None or user is not None:
            context.add_cookies([session_cookie(user or UserFactory(role=role), live_server.url)])
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.javascript_errors = []
        page.on("pageerror", lambda error: page.javascript_errors.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    in_flight.wait_until_none()


def session_cookie(user: Any, url: str) -> dict[str, Any]:
    """A signed-in session as Playwright takes cookies."""
    client = Client()
    client.force_login(user, backend="crm.adapters.StaffBackend")
    name = django_settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": url}


def assert_accessible(page: Page, *, ignore: tuple[str, ...] = (), rules: Any = None) -> None:
    """axe-core (all of its rules, or some) finds nothing serious or critical as the page is now."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE.read_text())
    options = {"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
    found = page.evaluate("options => axe.run(document, options)", options)
    problems = [
        f"{item['impact']} {item['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for item in found["violations"]
        if item["impact"] in ("serious", "critical") and item["id"] not in ignore
        for node in item["nodes"][:5]
    ]
    assert problems == []


def assert_sound(page: Page, where: str = "") -> None:
    """The page as it is now is accessible, within its width and true to the policy.

    At both widths and in both themes, which it follows without being loaded anew. The theme
    changes colours only, so each width is looked at whole in one of them.
    """
    for width, theme, rules in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme)
        expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
        assert_accessible(page, rules=rules)
        assert_within_width(page, where)
    assert_no_csp_violations(page)


def assert_within_width(page: Page, where: str = "") -> None:
    """Nothing has to be scrolled to from side to side, once charts have drawn themselves anew."""
    too_wide = page.evaluate(TOO_WIDE, PATIENCE_MS)
    width = page.viewport_size and page.viewport_size["width"]
    assert too_wide <= 0, f"{where or page.url} is {too_wide} px too wide at {width}"


def assert_no_csp_violations(page: Page) -> None:
    """Nothing was stopped by the content security policy, and no script has failed."""
    assert page.evaluate("window.cspViolations") == []
    assert page.javascript_errors == []
