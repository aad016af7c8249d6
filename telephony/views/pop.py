"""The card of an incoming call, on whatever page its advisor is."""

import hashlib
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from crm.briefs import lines_for
from crm.views.common import WRITE, allowed, go, is_fragment
from telephony.models import CallLog
from telephony.services.pop import calls_on_screen

_PUT_AWAY = "calls_put_away"
KEPT_KEYS = 20


@allowed("calls:read")
def ringing(request: HttpRequest) -> HttpResponse:
    """The calls on this user's screen; 204 while they are those that the page shows already, so
    that nothing is read out twice and no focus is lost."""
    return _show(request)


@allowed("calls:read", WRITE)
def put_away(request: HttpRequest, key: UUID) -> HttpResponse:
    """Take one call off this user's screen; the call itself is left alone."""
    keys = [*request.session.get(_PUT_AWAY, []), str(key)]
    request.session[_PUT_AWAY] = keys[-KEPT_KEYS:]
    return _show(request) if is_fragment(request) else go(request, reverse("telephony:ringing"))


def _show(request: HttpRequest) -> HttpResponse:
    put_away = request.session.get(_PUT_AWAY, [])
    calls = [
        call
        for call in calls_on_screen(user=request.user, now=timezone.now())
        if str(call.pk) not in put_away
    ]
    known = _digest(calls)
    shown = request.GET.get("known", "") if request.method == "GET" else None
    if is_fragment(request) and shown == known:
        return HttpResponse(status=204)
    cards = [
        {"call": call, "lines": lines_for(request.user, call.customer_id)}
        if call.customer_id
        else {"call": call, "lines": []}
        for call in calls
    ]
    template = "telephony/_ringing.html" if is_fragment(request) else "telephony/ringing.html"
    return render(request, template, {"cards": cards, "known": known})


def _digest(calls: list[CallLog]) -> str:
    """Changes with everything that a card says about the call; "" for none."""
    if not calls:
        return ""
    told = "|".join(f"{call.pk} {call.status} {call.customer_id}" for call in calls)
    return hashlib.sha256(told.encode()).hexdigest()[:16]
