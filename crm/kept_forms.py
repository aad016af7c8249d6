"""What somebody typed is kept when their session ended before they sent it.

The form waits in the session of the sign-in that follows, for whoever typed it and for half an
hour. A signed cookie says who that is: it outlives the session, and without it nothing is kept,
so that strangers cannot fill the table of sessions. Files are not kept.
"""

import time
from dataclasses import asdict, dataclass

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.http import urlencode

COOKIE = "lanewise_user"
SESSION_KEY = "kept_form"
KEPT_SECONDS = 30 * 60
LONGEST = 200_000
# The field by which "Send it now" tells that what was kept is sent.
MARK = "kept-form"
# Answers that show the form again, with all that was typed.
SHOWN_AGAIN = (409, 412, 422)
_SIGNER = Signer(salt="lanewise.kept-forms")


@dataclass(frozen=True)
class KeptForm:
    """A form that was sent to `path` (of ours) by user `owner` at `at` (Unix time)."""

    owner: str
    path: str
    fields: list[tuple[str, str]]
    at: int


def remember_user(request: HttpRequest, response: HttpResponse) -> None:
    """Have the browser know whose forms it shows, until it is closed."""
    if not request.user.is_authenticated:
        return
    value = _SIGNER.sign(str(request.user.pk))
    if request.COOKIES.get(COOKIE) != value:
        response.set_cookie(
            COOKIE, value, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
        )


def sign_in_again(request: HttpRequest) -> HttpResponse:
    """On to the sign-in page, and from there to the page that shows what was typed."""
    login = resolve_url(settings.LOGIN_URL)
    kept = _keep(request)
    target = reverse("kept_form") if kept else request.get_full_path()
    return HttpResponseRedirect(f"{login}?{urlencode({'next': target})}")


def kept_form(request: HttpRequest) -> KeptForm | None:
    """What the signed-in user typed lately; somebody else's is forgotten."""
    stored = request.session.get(SESSION_KEY)
    if stored is None:
        return None
    kept = KeptForm(**stored)
    if kept.owner != str(request.user.pk) or time.time() - kept.at > KEPT_SECONDS:
        forget(request)
        return None
    return kept


def forget(request: HttpRequest) -> None:
    request.session.pop(SESSION_KEY, None)


def forget_when_sent(request: HttpRequest, response: HttpResponse) -> None:
    """Forget what was kept once its page has taken it, or shows it with what is wrong."""
    if request.method != "POST" or SESSION_KEY not in request.session:
        return
    # To a stranger the answer is the way to the sign-in page, where it is needed again.
    taken = response.status_code < 400 or response.status_code in SHOWN_AGAIN
    if taken and request.user.is_authenticated and MARK in request.POST:
        forget(request)


def _keep(request: HttpRequest) -> bool:
    """Put what was sent into the (new) session; whether there was anything of a known user."""
    owner = _owner(request)
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in ("csrfmiddlewaretoken", MARK) and "password" not in name
        for value in values
    ]
    size = sum(len(name) + len(value) for name, value in fields)
    if not owner or not fields or size > LONGEST or request.path.startswith("//"):
        return False
    kept = KeptForm(owner, request.get_full_path(), fields, int(time.time()))
    request.session[SESSION_KEY] = asdict(kept)
    return True


def _owner(request: HttpRequest) -> str:
    try:
        return _SIGNER.unsign(request.COOKIES.get(COOKIE, ""))
    except BadSignature:
        return ""
