"""The page of API tokens and the documentation of the API in a browser."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from crm.enums import Role
from crm.models import ApiToken
from tests.browser.conftest import assert_accessible, assert_no_csp_violations


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_token_is_made_shown_once_and_revoked(
    open_page: Callable[..., Page], theme: str, width: int
) -> None:
    page = open_page(Role.MANAGER, theme=theme, width=width)
    page.goto("/account/tokens/")
    page.get_by_label("What is it for?").fill("Phone bot")
    page.get_by_label("See customers").check()
    page.get_by_role("button", name="Create token").click()
    expect(page.get_by_label("Copy the token now")).to_have_value(re.compile("^lw_.{43}$"))
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.goto("/account/tokens/")
    expect(page.locator("#secret")).to_have_count(0)
    page.get_by_role("button", name="Revoke Phone bot").click()
    expect(page.get_by_text("Revoked", exact=True)).to_be_visible()
    assert_accessible(page)
    assert_no_csp_violations(page)
    assert ApiToken.objects.get().revoked_at is not None


@pytest.mark.parametrize(("path", "ready"), [("docs", ".opblock"), ("redoc", "h1")])
def test_documentation_renders_offline_under_the_policy(
    open_page: Callable[..., Page], path: str, ready: str
) -> None:
    page = open_page(Role.ADVISOR)
    page.goto(f"/api/v1/{path}/")
    expect(page.locator(ready).first).to_be_visible(timeout=90_000)
