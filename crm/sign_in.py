"""Guessing passwords is slow for strangers and harmless for colleagues.

Five wrong passwords for one name from one address close that pair for 15 minutes; the same
person elsewhere and everybody else at that address go on. Fifty for one name over all addresses
close the name to addresses it has not signed in from lately, so that many machines together
guess no more than that, and still cannot lock the person out of their usual place.
"""

import hashlib
from datetime import timedelta
from typing import Any

from allauth.account.forms import LoginForm
from allauth.account.views import LoginView
from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username, get_cool_off, get_failure_limit
from axes.models import AccessAttempt, AccessLog
from django.db import connection, transaction
from django.db.models import Max, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from crm.error_pages import too_many_requests
from crm.models import User
from crm.network import throttle_address

NAME_CAP = 50
FAMILIAR_DAYS = 30


def sign_in_name(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """The one name under which attempts are counted, whichever spelling was typed.

    An e-mail address counts as its user's name, else each account could be guessed at twice.
    """
    given = credentials or {}
    typed = given.get("username") or given.get("email") or request.POST.get("login", "")
    name = str(typed).strip().casefold().replace("\0", "")[:150]
    if "@" in name:
        owner = User.objects.filter(email__iexact=name).values_list("username", flat=True).first()
        return owner.casefold() if owner else name
    return name


class SignInHandler(AxesDatabaseHandler):
    """Axes' counters per (name, address), and a cap per name over all addresses."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        here = int(super().get_failures(request, credentials))
        limit = get_failure_limit(request, credentials)
        if here < limit and self._is_name_under_attack(request, credentials):
            return limit
        return here

    @staticmethod
    def _is_name_under_attack(request: HttpRequest, credentials: dict[str, Any] | None) -> bool:
        name = get_client_username(request, credentials)
        recent = AccessAttempt.objects.filter(
            username=name, attempt_time__gte=timezone.now() - get_cool_off(request)
        )
        failures = recent.aggregate(total=Sum("failures_since_start"))["total"] or 0
        if failures < NAME_CAP:
            return False
        return not AccessLog.objects.filter(
            username__iexact=name,
            ip_address=throttle_address(request),
            attempt_time__gte=timezone.now() - timedelta(days=FAMILIAR_DAYS),
        ).exists()


def locked_out(
    request: HttpRequest, response: HttpResponse, credentials: dict[str, Any] | None
) -> HttpResponse:
    """The 429 answer of axes, with the time that is left."""
    name = get_client_username(request, credentials)
    last = AccessAttempt.objects.filter(
        username=name, ip_address=throttle_address(request)
    ).aggregate(at=Max("attempt_time"))["at"]
    left = (last or timezone.now()) + get_cool_off(request) - timezone.now()
    return too_many_requests(
        request,
        retry_seconds=max(1, round(left.total_seconds())),
        title="Too many wrong passwords",
    )


class SignInForm(LoginForm):
    """allauth's form in our words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "Username or e-mail"
        self.fields["password"].help_text = ""
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class SignInView(LoginView):
    """allauth's sign-in, one attempt at a time for each (name, address).

    Without the lock, parallel requests would all pass the check before any of them is counted.
    """

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        key = f"{sign_in_name(request)}|{throttle_address(request)}".encode()
        number = int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), signed=True)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
            return super().post(request, *args, **kwargs)
