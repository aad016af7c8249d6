"""While a second factor is required, nobody works without one."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from crm.enums import Role
from tests.crm.api import client_of
from tests.crm.pages import HTMX, signed_in
from tests.factories import PASSWORD, UserFactory

SETUP = "/accounts/2fa/totp/activate/"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _required(settings: Any) -> Iterator[None]:
    """Also forgets used codes: allauth takes none twice, and tests share the cache's table."""
    settings.SECOND_FACTOR_REQUIRED = True
    yield
    cache.clear()


@pytest.fixture
def newcomer() -> Client:
    """Somebody who has just signed in with a password, and typed it again for the set-up."""
    client = Client()
    user = UserFactory(role=Role.ADMIN)
    client.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def set_up(client: Client) -> Any:
    """Within one moment: a code counts in its own half minute only."""
    with time_machine.travel(timezone.now(), tick=False):
        secret = client.get(SETUP).context["form"].secret
        code = totp.format_hotp_value(
            totp.hotp_value(secret, next(totp.yield_hotp_counters_from_time()))
        )
        return client.post(SETUP, {"code": code})


@pytest.mark.parametrize(
    "path", ["/", "/customers/", "/today/", "/admin/", "/admin/crm/user/", "/accounts/2fa/"]
)
def test_everything_leads_to_the_setup_page(newcomer: Client, path: str) -> None:
    response = newcomer.get(path)
    assert (response.status_code, response["Location"]) == (302, SETUP)


def test_a_write_does_nothing(newcomer: Client) -> None:
    response = newcomer.post("/account/tokens/", {"name": "x", "scopes": ["customers:read"]})
    assert response["Location"] == SETUP


def test_htmx_is_led_there_as_a_whole_page(newcomer: Client) -> None:
    assert newcomer.get("/customers/", headers=HTMX)["HX-Redirect"] == SETUP


def test_setup_page_says_why_and_lets_sign_out(newcomer: Client) -> None:
    page = newcomer.get(SETUP)
    assert page.status_code == 200
    assert b"asks for a second factor" in page.content
    newcomer.post("/accounts/logout/")
    assert "_auth_user_id" not in newcomer.session


def test_after_the_setup_pages_open(newcomer: Client) -> None:
    assert set_up(newcomer)["Location"] == "/accounts/2fa/recovery-codes/"
    assert newcomer.get("/accounts/2fa/recovery-codes/").status_code == 200
    assert newcomer.get("/").status_code == 200
    assert newcomer.get("/admin/").status_code == 200


def test_wrong_code_is_refused_at_its_field(newcomer: Client) -> None:
    page = newcomer.post(SETUP, {"code": "000000"})
    assert "code" in page.context["form"].errors
    assert not Authenticator.objects.exists()


def test_removed_factor_counts_at_once(newcomer: Client) -> None:
    set_up(newcomer)
    Authenticator.objects.all().delete()
    assert newcomer.get("/customers/")["Location"] == SETUP


def test_setup_can_ask_for_the_password_again() -> None:
    client = signed_in()
    asks = client.get(SETUP)
    assert asks["Location"].startswith("/accounts/reauthenticate/")
    assert client.get(asks["Location"]).status_code == 200


def test_api_refuses_a_session_and_takes_a_token(newcomer: Client) -> None:
    refused = newcomer.get("/api/v1/customers/")
    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_required")
    assert client_of().get("/api/v1/customers/").status_code == 200


def test_without_the_setting_it_is_offered_only(newcomer: Client, settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED = False
    assert newcomer.get("/").status_code == 200
    assert b"asks for a second factor" not in newcomer.get(SETUP).content
