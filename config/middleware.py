"""What every request passes on its way in and out. The order stands in settings.MIDDLEWARE."""

import re
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError, connection
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils import timezone

from config import health
from config.logging import request_id
from crm.error_pages import service_unavailable

GetResponse = Callable[[HttpRequest], HttpResponse]
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
HEALTH_VIEWS = {"/healthz": health.healthz, "/readyz": health.readyz}
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer",
        "microphone", "midi", "payment", "usb",
    )
)  # fmt: skip
# A session remembers its last use once a minute, not at every click: each note is a write.
SEEN_EVERY_SECONDS = 60


class RequestIdMiddleware:
    """Gives a request its id (the proxy's, if it looks like one) for logs, pages and audit."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        trusted = settings.TRUSTED_PROXY_COUNT and REQUEST_ID.fullmatch(given)
        request.request_id = given if trusted else uuid.uuid4().hex  # type: ignore[attr-defined]
        token = request_id.set(request.request_id)  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
        response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        return response


class HealthMiddleware:
    """Answers probes before hosts, sessions and TLS redirects are looked at.

    A load balancer asks by IP address and plain HTTP, which everything further in refuses.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        view = HEALTH_VIEWS.get(request.path_info)
        if view is None or request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        response = view(request)
        response["Cache-Control"] = "no-store"
        return response


class DatabaseDownMiddleware:
    """Turns a lost, full or overloaded database into 503 with Retry-After.

    A view's exception arrives in `process_exception`. One of another middleware (a session that
    cannot be read) has become a 500 page by the time it gets here, so a signal marks its request.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if getattr(request, "database_is_down", False):
            return self._answer(request)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return self._answer(request) if _is_database_down(error) else None

    @staticmethod
    def _answer(request: HttpRequest) -> HttpResponse:
        connection.close()
        return service_unavailable(request)


def _is_database_down(error: BaseException | None) -> bool:
    return isinstance(error, OperationalError | InterfaceError)


@receiver(got_request_exception, dispatch_uid="config.note_database_down")
def note_database_down(sender: Any, request: HttpRequest | None = None, **kwargs: Any) -> None:
    if request is not None and _is_database_down(sys.exc_info()[1]):
        request.database_is_down = True  # type: ignore[attr-defined]


class AdminPolicyMiddleware(CSPMiddleware):
    """django-csp with a policy of its own for the Django admin (docs/adr/0004-admin-policy.md)."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith("/admin/") and not report_only:
            parts.config = settings.ADMIN_CONTENT_SECURITY_POLICY
            # A nonce would make browsers ignore 'unsafe-inline'.
            parts.nonce = None
        origin = getattr(request, "live_origin", "")
        if origin and not report_only:
            parts.update = {"connect-src": [origin]}
        return parts


class HeadersMiddleware:
    """Headers that Django has no setting for. Nothing dynamic may stay in a cache or on a disk."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if "no-store" not in response.get("Cache-Control", ""):
            response["Cache-Control"] = "no-store, private"
        return response


class SessionLifetimeMiddleware:
    """Ends a session that was idle for too long or is older than a working day.

    Django moves the end of a session at each write, so the absolute limit is ours to keep.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            now = int(time.time())
            if self._is_over(request, now):
                logout(request)
            elif now - request.session.get("seen_at", 0) >= SEEN_EVERY_SECONDS:
                request.session["seen_at"] = now
        return self.get_response(request)

    @staticmethod
    def _is_over(request: HttpRequest, now: int) -> bool:
        idle = settings.SESSION_IDLE_SECONDS
        seen_at = request.session.get("seen_at", now)
        signed_in_at = request.session.get("signed_in_at", now)
        return bool(idle and now - seen_at > idle) or (
            now - signed_in_at > settings.SESSION_COOKIE_AGE
        )


@receiver(user_logged_in, dispatch_uid="config.note_sign_in")
def note_sign_in(sender: Any, request: HttpRequest | None, **kwargs: Any) -> None:
    if request is not None and hasattr(request, "session"):
        request.session["signed_in_at"] = request.session["seen_at"] = int(time.time())


class SignedOutFragmentMiddleware:
    """401 instead of a redirect to the sign-in page for htmx.

    A browser follows the redirect unseen, and the sign-in form would land inside a table.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        target = response.get("Location", "")
        if request.headers.get("HX-Request") and target.startswith(resolve_url(settings.LOGIN_URL)):
            return HttpResponse("You were signed out.", status=401, content_type="text/plain")
        return response


class ShopTimeMiddleware:
    """Forms, templates and the admin read and write times as the shop's clock shows them."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.zone = ZoneInfo(settings.DEALERSHIP_TIME_ZONE)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(self.zone):
            return self.get_response(request)
