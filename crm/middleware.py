from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from crm.context import acting
from crm.error_pages import API_PREFIX, SECOND_FACTOR, problem
from crm.kept_forms import forget_when_sent, remember_user

# Where somebody without a second factor may go while it is required.
WAYS_OUT = {"mfa_activate_totp", "account_reauthenticate", "account_logout", "csp_report"}


class SecondFactorMiddleware:
    """Leads people without a second factor to its set-up while SECOND_FACTOR_REQUIRED is on.

    Asked at every request, which costs one query by a unique index: a factor that its owner or a
    manager removed counts at once, in every session. Requests with an API token have no session.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponse | None:
        if not settings.SECOND_FACTOR_REQUIRED or not request.user.is_authenticated:
            return None
        if is_mfa_enabled(request.user, [Authenticator.Type.TOTP]):
            return None
        request.second_factor_missing = True  # type: ignore[attr-defined]
        if request.resolver_match and request.resolver_match.view_name in WAYS_OUT:
            return None
        if request.path_info.startswith(API_PREFIX):
            return problem(request, SECOND_FACTOR)
        setup = reverse("mfa_activate_totp")
        if request.htmx:  # type: ignore[attr-defined]
            return HttpResponse(headers={"HX-Redirect": setup})
        return HttpResponseRedirect(setup)


class KeptFormMiddleware:
    """Notes in the browser who typed, for the case that the session ends meanwhile; forgets what
    was kept for that case once it is sent."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # Whoever has no session is not worth a look into the database.
        if request.session.session_key:
            remember_user(request, response)
            forget_when_sent(request, response)
        return response


class ActorMiddleware:
    """Attributes everything that a request writes to its user and its entry point."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting(
            actor=request.user if request.user.is_authenticated else None,
            source=self._source(request.path),
            request_id=getattr(request, "request_id", ""),
        ):
            return self.get_response(request)

    @staticmethod
    def _source(path: str) -> str:
        if path.startswith("/api/"):
            # The token is read later, inside the view: crm.rest.authentication names its user.
            return "api"
        return "admin" if path.startswith("/admin/") else "page"
