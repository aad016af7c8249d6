"""Headers, cookies, policies and error pages, as every answer carries them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import include, path

from crm import error_pages
from crm.enums import Role
from crm.network import client_ip, throttle_address
from tests.config.test_checks import GOOD_KEY
from tests.factories import UserFactory

ROOT = Path(__file__).resolve().parents[2]


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("secret detail")


def refused(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied("secret detail")


def unreadable(request: HttpRequest) -> HttpResponse:
    raise BadRequest("secret detail")


urlpatterns = [
    path("broken/", broken),
    path("refused/", refused),
    path("unreadable/", unreadable),
    path("api/v1/broken/", broken),
    path("", include("config.urls")),
]
handler400 = "crm.error_pages.bad_request"
handler403 = "crm.error_pages.permission_denied"
handler404 = "crm.error_pages.page_not_found"
handler429 = "crm.error_pages.rate_limited"
handler500 = "crm.error_pages.server_error"

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
ERRORS = [("/unreadable/", 400), ("/refused/", 403), ("/nothing/", 404), ("/broken/", 500)]


@pytest.fixture
def stranger() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def advisor() -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(UserFactory(role=Role.ADVISOR), backend="crm.adapters.StaffBackend")
    return client


def policy(response: HttpResponse) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in response["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in parts}


class TestContentPolicy:
    @pytest.mark.parametrize("address", ["/accounts/login/", *(address for address, _ in ERRORS)])
    def test_app_page_allows_nothing_unsafe(self, stranger: Client, address: str) -> None:
        found = policy(stranger.get(address))
        assert "unsafe" not in str(found)
        assert re.fullmatch(r"'self'( 'nonce-[\w+/=]+')?", found["script-src"])
        assert re.fullmatch(r"'self'( 'nonce-[\w+/=]+')?", found["style-src"])
        assert found["object-src"] == found["base-uri"] == found["frame-ancestors"] == "'none'"
        assert found["form-action"] == "'self'"

    def test_pages_have_no_inline_script_style_or_handler(self, advisor: Client) -> None:
        for address in ("/accounts/2fa/", "/accounts/password/change/", "/nothing/"):
            html = advisor.get(address).content.decode()
            assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>\s*\S", html)
            assert not re.search(r"<style|\sstyle=|\son[a-z]+=|hx-on", html)

    def test_admin_has_its_own_policy(self) -> None:
        client = Client()
        client.force_login(
            UserFactory(role=Role.ADMIN, is_staff=True, is_superuser=True),
            backend="crm.adapters.StaffBackend",
        )
        found = policy(client.get("/admin/"))
        assert "'unsafe-eval'" in found["script-src"]
        assert found["frame-ancestors"] == "'none'"

    def test_report_is_logged_without_addresses(
        self, stranger: Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        report = {
            "csp-report": {
                "document-uri": "https://crm.example.com/customers/?q=Lopez",
                "blocked-uri": "https://evil.example/x?name=Lopez",
                "effective-directive": "script-src",
            }
        }
        response = stranger.post(
            "/csp-report", json.dumps(report), content_type="application/csp-report"
        )
        assert response.status_code == 204
        assert "https://evil.example" in caplog.text
        assert "Lopez" not in caplog.text

    @pytest.mark.parametrize(
        "body",
        ["", "no json", "[]", "[1]", '{"csp-report": 3}', '{"csp-report": {"blocked-uri": "//["}}'],
    )
    def test_report_unreadable_is_ignored(self, stranger: Client, body: str) -> None:
        response = stranger.post("/csp-report", body, content_type="application/csp-report")
        assert response.status_code == 204


class TestHeaders:
    def test_every_page_carries_them(self, advisor: Client) -> None:
        response = advisor.get("/accounts/2fa/")
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["X-Frame-Options"] == "DENY"
        assert response["Referrer-Policy"] == "same-origin"
        assert response["Cross-Origin-Opener-Policy"] == "same-origin"
        assert response["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "camera=()" in response["Permissions-Policy"]
        assert "no-store" in response["Cache-Control"]

    def test_request_id_of_a_stranger_is_replaced(self, stranger: Client, settings: Any) -> None:
        given = {"X-Request-ID": "forged-id-123"}
        assert stranger.get("/nothing/", headers=given)["X-Request-ID"] != "forged-id-123"
        settings.TRUSTED_PROXY_COUNT = 1
        assert stranger.get("/nothing/", headers=given)["X-Request-ID"] == "forged-id-123"
        bad = {"X-Request-ID": "a b\r\nSet-Cookie: x"}
        assert "Set-Cookie" not in stranger.get("/nothing/", headers=bad)["X-Request-ID"]

    def test_production_cookies_and_transport_are_strict(self) -> None:
        """In a process of its own, because settings are read once."""
        code = (
            "import json, django; django.setup()\n"
            "from django.conf import settings as s\n"
            "from django.test import Client\n"
            "c = Client(headers={'host': 'crm.example.com'})\n"
            "plain = c.get('/accounts/login/')\n"
            "r = c.get('/accounts/login/', secure=True)\n"
            "k = r.cookies[s.CSRF_COOKIE_NAME]\n"
            "print(json.dumps([plain.status_code, plain['Location'],"
            " r['Strict-Transport-Security'], s.SESSION_COOKIE_NAME, k.key, k['secure'],"
            " k['httponly'], k['samesite'], k['path'], k['domain'], s.SESSION_COOKIE_SECURE,"
            " s.SESSION_COOKIE_HTTPONLY, s.SESSION_COOKIE_SAMESITE, s.SESSION_IDLE_SECONDS]))"
        )
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
            env=os.environ
            | {
                "LANEWISE_ENV": "production",
                "SECRET_KEY": GOOD_KEY,
                "ALLOWED_HOSTS": "crm.example.com",
                "DJANGO_SETTINGS_MODULE": "config.settings",
            },
        )
        assert json.loads(done.stdout) == [
            301,
            "https://crm.example.com/accounts/login/",
            "max-age=31536000; includeSubDomains; preload",
            "__Host-lanewise",
            "__Host-csrf",
            True,
            True,
            "Lax",
            "/",
            "",
            True,
            True,
            "Lax",
            1800,
        ]


class TestErrorPages:
    @pytest.mark.parametrize(("address", "status"), ERRORS)
    def test_error_page_tells_request_id_and_no_internals(
        self, stranger: Client, address: str, status: int
    ) -> None:
        response = stranger.get(address)
        assert response.status_code == status
        assert response["X-Request-ID"].encode() in response.content
        assert b"secret detail" not in response.content
        assert b"Traceback" not in response.content

    def test_too_many_password_resets_say_when_to_try_again(self, stranger: Client) -> None:
        for _ in range(6):
            response = stranger.post("/accounts/password/reset/", {"email": "a@dealer.example"})
        assert response.status_code == 429
        assert response["Retry-After"] == "60"
        assert b"Try again in a minute." in response.content

    def test_api_error_is_problem_details(self, stranger: Client) -> None:
        response = stranger.get("/api/v1/broken/")
        assert response["Content-Type"] == "application/problem+json"
        body = response.json()
        assert (body["status"], body["code"]) == (500, "server_error")
        assert body["request_id"] == response["X-Request-ID"]

    def test_broken_template_falls_back_to_plain_words(self, stranger: Client) -> None:
        original = error_pages.render_to_string

        def fail(*args: Any, **kwargs: Any) -> str:
            raise OSError("no such file")

        error_pages.render_to_string = fail
        try:
            response = stranger.get("/broken/")
        finally:
            error_pages.render_to_string = original
        assert response.status_code == 500
        assert b"Something went wrong on our side" in response.content

    def test_form_without_token_is_refused_and_says_why(self) -> None:
        client = Client(enforce_csrf_checks=True)
        response = client.post("/accounts/login/", {"login": "a", "password": "b"})
        assert response.status_code == 403
        assert response["X-Lanewise-Reason"] == "csrf"
        assert b"This form is out of date" in response.content


class TestClientAddress:
    @pytest.mark.parametrize(
        ("proxies", "forwarded", "expected"),
        [
            (0, "6.6.6.6", "203.0.113.7"),
            (1, "6.6.6.6, 198.51.100.1", "198.51.100.1"),
            (2, "6.6.6.6, 198.51.100.1, 10.0.0.1", "198.51.100.1"),
            (2, "198.51.100.1", "203.0.113.7"),
            (1, "not an address", "203.0.113.7"),
            (1, "198.51.100.1:4711", "198.51.100.1"),
            (1, "[2001:db8::1]:4711", "2001:db8::1"),
            (1, "::ffff:198.51.100.1", "198.51.100.1"),
        ],
    )
    def test_forwarded_for_counts_from_our_own_proxies(
        self, settings: Any, proxies: int, forwarded: str, expected: str
    ) -> None:
        settings.TRUSTED_PROXY_COUNT = proxies
        request = RequestFactory().get(
            "/", REMOTE_ADDR="203.0.113.7", headers={"X-Forwarded-For": forwarded}
        )
        assert client_ip(request) == expected

    def test_unix_socket_has_no_address(self) -> None:
        request = RequestFactory().get("/", REMOTE_ADDR="")
        assert client_ip(request) == ""
        assert throttle_address(request) is None


def test_static_storage_web_role_hashes_and_compresses() -> None:
    code = (
        "import django; django.setup()\n"
        "from django.contrib.staticfiles.storage import ManifestStaticFilesStorage as hashed\n"
        "from django.core.files.storage import storages\n"
        "from whitenoise.compress import brotli_installed\n"
        "from whitenoise.middleware import WhiteNoiseMiddleware\n"
        "headers = {}\n"
        "WhiteNoiseMiddleware(lambda request: None).add_headers_function(headers, '', '')\n"
        "print(isinstance(storages['staticfiles'], hashed), brotli_installed, *headers.values())"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"LANEWISE_ROLE": "web", "DJANGO_SETTINGS_MODULE": "config.settings"},
    )
    assert done.stdout.split() == ["True", "True", "same-origin"]
