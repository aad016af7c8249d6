"""The page of API tokens in a browser."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from crm.enums import Role
from crm.models import ApiToken
from tests.browser.conftest import assert_sound


def test_token_is_made_shown_once_and_revoked(open_page: Callable[..., Page]) -> None:
    page = open_page(Role.MANAGER)
    page.goto("/account/tokens/")
    page.get_by_label("What is it for?").fill("Phone bot")
    page.get_by_label("See customers").check()
    page.get_by_role("button", name="Create token").click()
    expect(page.get_by_label("Copy the token now")).to_have_value(re.compile("^lw_.{43}$"))
    assert_sound(page)
    page.goto("/account/tokens/")
    expect(page.locator("#secret")).to_have_count(0)
    page.get_by_role("button", name="Revoke Phone bot").click()
    expect(page.get_by_text("Revoked", exact=True)).to_be_visible()
    assert_sound(page)
    assert ApiToken.objects.get().revoked_at is not None
