"""The admin and the API's documentation work under their content security policies."""

from collections.abc import Callable

import pytest
from django.contrib.admin import site
from playwright.sync_api import Page, expect

from crm.enums import Role
from tests.browser.conftest import assert_no_csp_violations
from tests.factories import UserFactory


def test_admin_every_list_runs_under_its_policy(open_page: Callable[..., Page]) -> None:
    page = open_page(user=UserFactory(role=Role.ADMIN, is_staff=True, is_superuser=True))
    lists = [f"{model._meta.app_label}/{model._meta.model_name}/" for model in site._registry]
    for address in ("", *lists):
        response = page.goto(f"/admin/{address}")
        assert response is not None
        assert response.status == 200
        assert_no_csp_violations(page)


@pytest.mark.parametrize("address", ["/api/v1/docs/", "/api/v1/redoc/"])
def test_api_documentation_runs_under_the_policy_of_pages(
    open_page: Callable[..., Page], address: str
) -> None:
    page = open_page(Role.MANAGER)
    response = page.goto(address)
    assert response is not None
    assert "unsafe" not in response.headers["content-security-policy"]
    expect(page.get_by_text("Lanewise API").first).to_be_visible(timeout=90_000)
    # Redoc also tries two style sheets of its parts and its maker's logo, and does without them.
    stopped = page.evaluate("window.cspViolations")
    assert [entry for entry in stopped if not entry.startswith(("style-src", "img-src"))] == []
    assert page.javascript_errors == []
