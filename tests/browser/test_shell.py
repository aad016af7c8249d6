"""The shell that every page shares: themes, keyboard, dialogs, policy, small screens."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from crm.enums import Role
from tests.browser.conftest import (
    assert_accessible,
    assert_no_csp_violations,
    assert_sound,
    session_cookie,
)
from tests.browser.urls import DAYS
from tests.factories import PASSWORD, UserFactory


@pytest.fixture(autouse=True)
def _gallery(settings: Any) -> None:
    """Adds a page that shows every component once."""
    settings.ROOT_URLCONF = "tests.browser.urls"
    templates = copy.deepcopy(settings.TEMPLATES)
    templates[0]["DIRS"].append(Path(__file__).parent / "templates")
    settings.TEMPLATES = templates


def test_gallery_is_sound(open_page: Callable[..., Page]) -> None:
    page = open_page(Role.MANAGER)
    page.goto("/gallery/")
    assert_sound(page)


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/login/",
        "/no-such-page",
        "/accounts/password/reset/",
        "/accounts/password/reset/done/",
        "/accounts/password/reset/key/1-abc-def/",
        "/accounts/inactive/",
    ],
)
def test_entrance_is_sound(open_page: Callable[..., Page], path: str) -> None:
    page = open_page()
    page.goto(path)
    assert_sound(page)


def test_sign_in_by_form_reaches_home(open_page: Callable[..., Page]) -> None:
    user = UserFactory(role=Role.ADVISOR)
    page = open_page()
    page.goto("/accounts/login/")
    page.get_by_label("Username or e-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    assert_no_csp_violations(page)


def test_second_factor_is_set_up_under_the_policy(
    open_page: Callable[..., Page], settings: Any
) -> None:
    settings.MFA_TOTP_TOLERANCE = 1  # the code's half minute may end while the browser types
    user = UserFactory(role=Role.ADVISOR)
    page = open_page()
    page.goto("/accounts/login/?next=/accounts/2fa/totp/activate/")
    page.get_by_label("Username or e-mail").fill(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    secret = page.get_by_label("Key", exact=True).input_value()
    assert_accessible(page)
    _, present, _ = yield_hotp_counters_from_time()
    code = format_hotp_value(hotp_value(secret, present))
    page.get_by_label("Authenticator code").fill(code)
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert_sound(page)
    page.goto("/accounts/2fa/")
    assert_sound(page)


def test_second_factor_is_asked_for_at_its_field(open_page: Callable[..., Page]) -> None:
    user = UserFactory(role=Role.ADVISOR)
    TOTP.activate(user, generate_totp_secret())
    page = open_page()
    page.goto("/accounts/login/")
    page.get_by_label("Username or e-mail").fill(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Code")).to_be_focused()
    page.get_by_label("Code").fill("12")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Code")).to_have_attribute("aria-invalid", "true")
    assert_sound(page)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_contrast_too_low_is_found(open_page: Callable[..., Page]) -> None:
    """A control: the check of accessibility does find something."""
    page = open_page(Role.ADVISOR)
    page.goto("/gallery/")
    page.evaluate("document.querySelector('h1').style.color = '#ddd'")
    with pytest.raises(AssertionError, match="color-contrast"):
        assert_accessible(page)


def test_theme_chosen_by_hand_outlives_reload(open_page: Callable[..., Page]) -> None:
    page = open_page(Role.ADVISOR, theme="light")
    page.goto("/gallery/")
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("button", name="Dark").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_shortcuts_question_mark_opens_list_and_switch_turns_them_off(
    open_page: Callable[..., Page],
) -> None:
    page = open_page(Role.MANAGER)
    page.goto("/gallery/")
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Use shortcuts on this computer").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keyboard shortcuts")).to_be_hidden()


def test_shortcut_g_h_goes_home_but_not_while_typing(open_page: Callable[..., Page]) -> None:
    page = open_page(Role.MANAGER)
    page.goto("/gallery/")
    page.get_by_label("Notes").press_sequentially("gh")
    assert page.url.endswith("/gallery/")
    page.locator("h1").click()
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url(lambda url: not url.endswith("/gallery/"))


def test_confirm_refused_sends_nothing(open_page: Callable[..., Page]) -> None:
    page = open_page(Role.MANAGER)
    page.goto("/gallery/")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="Cancel this appointment?")).to_be_visible()
    page.get_by_role("button", name="Go back").click()
    assert "POST" not in sent
    page.get_by_role("button", name="Cancel").click()
    with page.expect_request(lambda request: request.method == "POST"):
        page.get_by_role("button", name="Yes, do it").click()


def test_form_invalid_by_htmx_shows_error_at_field(open_page: Callable[..., Page]) -> None:
    page = open_page(Role.MANAGER)
    page.goto("/gallery/")
    page.get_by_role("button", name="Save").click()
    name = page.locator("#id_name")
    expect(name).to_have_attribute("aria-invalid", "true")
    described = name.get_attribute("aria-describedby") or ""
    assert described.split() == ["id_name_hint", "id_name_error"]
    assert_accessible(page)
    assert_no_csp_violations(page)


def test_session_ended_while_typing_keeps_form(
    open_page: Callable[..., Page], live_server: Any
) -> None:
    user = UserFactory(role=Role.ADVISOR)
    page = open_page(user=user)
    page.goto("/gallery/")
    page.get_by_label("Notes").fill("Asked twice about the noise")
    Session.objects.all().delete()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="You were signed out")).to_be_visible()
    page.get_by_role("button", name="I have signed in").click()
    expect(page.get_by_text("You are not signed in yet.")).to_be_visible()

    page.context.clear_cookies()
    page.context.add_cookies([session_cookie(user, live_server.url)])
    page.get_by_role("button", name="I have signed in").click()
    expect(page.get_by_role("heading", name="You were signed out")).to_be_hidden()
    assert page.get_by_label("Notes").input_value() == "Asked twice about the noise"
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#id_name")).to_have_attribute("aria-invalid", "true")


def test_menu_narrow_screen_opens_by_button(open_page: Callable[..., Page]) -> None:
    page = open_page(Role.MANAGER, width=360)
    page.goto("/gallery/")
    link = page.get_by_role("link", name="Home", exact=True)
    expect(link).to_be_hidden()
    page.get_by_role("button", name="Menu", exact=True).click()
    expect(link).to_be_visible()


def test_htmx_history_and_eval_are_switched_off(open_page: Callable[..., Page]) -> None:
    page = open_page(Role.MANAGER)
    page.goto("/gallery/")
    config = page.evaluate("htmx.config")
    assert config["historyCacheSize"] == 0
    assert config["allowEval"] is False
    assert config["selfRequestsOnly"] is True
    # The address of the tab, no snapshot of the page.
    assert page.evaluate("Object.entries(sessionStorage)") == [
        ["htmx-current-path-for-history", "/gallery/"]
    ]


def test_gallery_charts_name_the_shops_days_wherever_the_browser_is(
    open_page: Callable[..., Page],
) -> None:
    page = open_page(Role.ADVISOR, timezone_id="Pacific/Honolulu")  # where it is the day before
    page.goto("/gallery/")
    title = page.locator("figure[data-chart] canvas").last.evaluate(
        "(canvas, x) => Chart.getChart(canvas).options.plugins.tooltip.callbacks"
        ".title([{ parsed: { x } }])",
        DAYS[0],
    )
    assert title == "Oct 9"


def test_gallery_charts_are_drawn_again_in_the_other_theme(open_page: Callable[..., Page]) -> None:
    page = open_page(Role.ADVISOR)
    page.goto("/gallery/")
    drawings = page.locator("figure[data-chart] canvas")
    light = [canvas.evaluate("canvas => canvas.toDataURL()") for canvas in drawings.all()]
    page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    dark = [canvas.evaluate("canvas => canvas.toDataURL()") for canvas in drawings.all()]
    assert len(light) == 3
    assert all(one != other for one, other in zip(light, dark, strict=True))
    assert_no_csp_violations(page)
