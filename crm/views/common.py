"""What every page needs: who may open it, page or fragment, where to go next."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    QueryDict,
)
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from crm.error_pages import not_allowed
from crm.kept_forms import sign_in_again
from crm.listing import clean_query

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

READ = ("GET", "HEAD")
FORM = ("GET", "HEAD", "POST")
WRITE = ("POST",)


def allowed(capability: str, methods: tuple[str, ...] = READ) -> Callable[[View[P]], View[P]]:
    """A view for signed-in people with `capability`; others get sign-in, 403 or 405."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                if request.method == "POST" and "POST" in methods and not is_fragment(request):
                    return sign_in_again(request)
                return redirect_to_login(request.get_full_path())
            if request.method not in methods:
                return not_allowed(request, methods)
            if not request.user.can(capability):
                raise PermissionDenied
            if _has_nul(request):
                raise BadRequest("PostgreSQL cannot hold the character NUL")
            return view(request, *args, **kwargs)

        guarded.capability = capability  # type: ignore[attr-defined]
        return guarded

    return decorate


def _has_nul(request: HttpRequest) -> bool:
    return any(
        "\x00" in value
        for sent in (request.GET, request.POST)
        for _name, values in sent.lists()
        for value in values
    )


def posted(request: HttpRequest) -> QueryDict | None:
    """What was sent, to bind a form to; None when the form is only being opened."""
    return request.POST if request.method == "POST" else None


def is_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page (and is not restoring one from history)."""
    return bool(request.htmx) and not request.htmx.history_restore_request  # type: ignore[attr-defined]


def answer(
    request: HttpRequest, page: str, context: dict[str, Any], *, fragment: str, status: int = 200
) -> HttpResponse:
    """`fragment` for htmx, else the whole `page`."""
    response = render(request, fragment if is_fragment(request) else page, context, status=status)
    response["Vary"] = "HX-Request"
    return response


def answer_list(
    request: HttpRequest, page: str, context: dict[str, Any], *, fragment: str
) -> HttpResponse:
    """`answer` of a list whose filters stand in the address, in the context as `query`.

    The address bar follows each fragment: a reload, or a colleague, opens what is shown.
    """
    query = clean_query(request.GET)
    response = answer(request, page, context | {"query": query}, fragment=fragment)
    if is_fragment(request):
        response["HX-Replace-Url"] = f"{request.path}?{query}"
    return response


def go(request: HttpRequest, url: str, message: str = "", level: int = messages.SUCCESS) -> Any:
    """After a write: on to `url`, with a word about what happened."""
    if message:
        messages.add_message(request, level, message)
    if is_fragment(request):
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


def back_to(request: HttpRequest, default: str) -> str:
    """The page of ours that the form's `next` names, else `default`."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else default
