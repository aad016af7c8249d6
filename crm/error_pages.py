"""Error answers that need neither database nor session: a page, or problem details for the API."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

log = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"
API_PREFIX = "/api/"
RETRY_SECONDS = 5


@dataclass(frozen=True)
class ErrorText:
    """Status, stable code, headline, and what the reader can do about it."""

    status: int
    code: str
    title: str
    advice: str


BAD_REQUEST = ErrorText(
    400, "bad_request", "This request cannot be read", "Go back and try it again."
)
FORBIDDEN = ErrorText(
    403,
    "forbidden",
    "Your role does not open this page",
    "Ask a manager if you need it for your work.",
)
CSRF = ErrorText(
    403,
    "csrf",
    "This form is out of date",
    "You signed in or out since it was opened. Go back, reload the page and send it again.",
)
SECOND_FACTOR = ErrorText(
    403,
    "second_factor_required",
    "A second factor is required",
    "Open Lanewise in the browser and set it up. API tokens do not need one.",
)
NOT_FOUND = ErrorText(
    404,
    "not_found",
    "There is nothing at this address",
    "It may have been removed, or the address has a typing error.",
)
NOT_ALLOWED = ErrorText(
    405,
    "method_not_allowed",
    "This address only takes a form",
    "Open the page with that form and send it from there.",
)
TOO_MANY = ErrorText(429, "rate_limited", "Too many requests", "Wait a moment and try again.")
SERVER_ERROR = ErrorText(
    500,
    "server_error",
    "Something went wrong on our side",
    "Nothing was saved by this step. Try again; if it happens again, pass on the number below.",
)
UNAVAILABLE = ErrorText(
    503,
    "unavailable",
    "Lanewise is not reachable for a moment",
    "Its database does not answer. This page can be reloaded in a few seconds.",
)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, BAD_REQUEST)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, FORBIDDEN)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, NOT_FOUND)


def not_allowed(request: HttpRequest, methods: Collection[str]) -> HttpResponse:
    """405 that names `methods`, for a page that was opened at the address of a form."""
    response = answer(request, NOT_ALLOWED)
    response["Allow"] = ", ".join(methods)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    return answer(request, SERVER_ERROR)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 that tells our script (X-Lanewise-Reason) to offer a new token instead of a refusal."""
    response = answer(request, CSRF)
    response["X-Lanewise-Reason"] = "csrf"
    return response


def service_unavailable(request: HttpRequest) -> HttpResponse:
    response = answer(request, UNAVAILABLE)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def rate_limited(request: HttpRequest) -> HttpResponse:
    """allauth's limits, all of them per minute."""
    return too_many_requests(request, retry_seconds=60)


def too_many_requests(
    request: HttpRequest, *, retry_seconds: int, title: str = TOO_MANY.title
) -> HttpResponse:
    """429 that says when to try again, in words and in Retry-After."""
    minutes = -(-retry_seconds // 60)
    wait = "a minute" if minutes <= 1 else f"{minutes} minutes"
    text = ErrorText(429, TOO_MANY.code, title, f"Try again in {wait}.")
    response = answer(request, text)
    response["Retry-After"] = str(retry_seconds)
    return response


def answer(request: HttpRequest, text: ErrorText) -> HttpResponse:
    """`text` as problem details for the API, as a page for everybody else."""
    if request.path_info.startswith(API_PREFIX):
        return problem(request, text)
    return _page(request, text)


def problem(request: HttpRequest, text: ErrorText, **members: Any) -> JsonResponse:
    """RFC 9457 problem details, shaped as those of crm.rest.problems, outside its reach."""
    body = {
        "type": f"urn:lanewise:problem:{text.code}",
        "title": text.title,
        "status": text.status,
        "detail": text.advice,
        "code": text.code,
        "instance": request.path_info,
        "errors": [],
        "request_id": getattr(request, "request_id", ""),
        **members,
    }
    return JsonResponse(body, status=text.status, content_type=PROBLEM_JSON)


def _page(request: HttpRequest, text: ErrorText) -> HttpResponse:
    request_id = getattr(request, "request_id", "")
    try:
        # Without `request`: context processors ask the database who is signed in.
        body = render_to_string("errors/error.html", {"error": text, "request_id": request_id})
    except Exception:
        # An error page that fails leaves the reader with nothing, so it has a plain twin.
        log.exception("The error page could not be rendered")
        return HttpResponse(
            f"{text.status} {text.title}. {text.advice}\nRequest {request_id}\n",
            status=text.status,
            content_type="text/plain; charset=utf-8",
        )
    return HttpResponse(body, status=text.status)
