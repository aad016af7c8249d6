import pytest
from django.test import Client

from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_sign_in_page_renders(client: Client) -> None:
    response = client.get("/accounts/login/")
    assert response.status_code == 200
    assert b'name="login"' in response.content


def test_home_signed_in_renders(client: Client) -> None:
    client.force_login(UserFactory(), backend="crm.adapters.StaffBackend")
    response = client.get("/")
    assert response.status_code == 200, response.content[:500]
    print(response.content.decode())
    for path in ["/accounts/2fa/", "/accounts/2fa/totp/activate/", "/accounts/password/change/", "/accounts/logout/", "/accounts/signup/", "/accounts/password/reset/", "/accounts/email/", "/accounts/reauthenticate/", "/nope", "/readyz"]:
        r = client.get(path)
        print(path, r.status_code, r.headers.get("Location"))
