"""The call log: list, one call, a call logged by hand, who called, a call started by a click."""

import json
from typing import Any
from uuid import UUID

from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from crm import phones
from crm.exceptions import Refused, StaleWrite
from crm.exports import export_response
from crm.expressions import full_name
from crm.listing import counted, keyset_page
from crm.models import Customer
from crm.search import search_customers
from crm.views.common import (
    FORM,
    WRITE,
    allowed,
    answer,
    answer_list,
    back_to,
    go,
    is_fragment,
    posted,
)
from crm.views.customer_card import customer_or_404
from crm.views.editing import stale_form
from telephony import providers
from telephony.exporting import CALLS
from telephony.forms.calls import CallFilter, CallForm, PlaceForm, WrapUpForm
from telephony.models import CallLog
from telephony.services import calls as service
from telephony.services.outbound import place_call

ORDERS = {"started": ("started_at", "id")}
PANEL_ROWS = 5
HITS = 8


@allowed("calls:read")
def call_list(request: HttpRequest) -> HttpResponseBase:
    form = CallFilter(request.GET)
    found = form.apply(CallLog.objects.all())
    if "export" in request.GET:
        return export_response(
            request, name="calls", columns=CALLS, queryset=found.order_by("-started_at", "-id")
        )
    total, more = counted(found)
    context = {
        "form": form,
        "page": keyset_page(
            found, query=request.GET, orders=ORDERS, default="-started", rows=call_rows
        ),
        "text": request.GET.get("q", "").strip(),
        "total": total,
        "more": more,
        "filtered": bool(form.wanted()),
    }
    return answer_list(request, "telephony/calls.html", context, fragment="telephony/_calls.html")


def call_rows(calls: Any) -> Any:
    """What a row of a list of calls shows. Neither recordings nor what was said."""
    return calls.values(
        "id", "direction", "status", "caller_phone", "caller_extension", "customer_id",
        "started_at", "duration_seconds", "answered_by", "is_voicemail", "provider", "outcome",
        "call_type", "customer_sentiment",
        customer_name=F("customer__name"),
        customer_phone=F("customer__phone"),
        advisor_name=full_name("advisor__"),
    )  # fmt: skip


def call_or_404(key: UUID) -> CallLog:
    """The call with everybody who is shown beside it, in one query."""
    related = ("customer", "advisor", "appointment", "appointment__vehicle")
    found = CallLog.objects.select_related(*related).filter(pk=key).first()
    if found is None:
        raise Http404
    return found


@allowed("calls:read")
def call(request: HttpRequest, key: UUID) -> HttpResponse:
    return show(request, call_or_404(key))


def show(
    request: HttpRequest, call: CallLog, *, transcript: str = "", status: int = 200
) -> HttpResponse:
    """One call; for a caller whom nobody knows, the customers who might be meant."""
    user: Any = request.user
    text = request.GET.get("find", "").strip()[:200]
    searching = text and call.customer_id is None and user.can("calls:write")
    context = {
        "call": call,
        "transcript": transcript,
        "accesses": call.accesses.all()[:20] if user.can("calls:manage") else [],
        "find": text,
        "hits": search_customers(text, limit=HITS) if searching else [],
        "refused_consent": call.recording_consent == "refused",
    }
    return render(request, "telephony/call.html", context, status=status)


@allowed("calls:write", FORM)
def call_new(request: HttpRequest) -> HttpResponse:
    """Log a call by hand; `?customer=` is whose call it was."""
    customer = _customer_given(request)
    form = CallForm(posted(request), customer=customer)
    if request.method == "POST" and form.is_valid():
        user: Any = request.user
        try:
            logged = service.log_call(data=form.data_of_call(user))
        except Refused as refused:
            form.refuse(refused)
        else:
            return go(request, logged.get_absolute_url(), _("The call is in the log."))
    context = {"form": form, "customer": customer}
    return render(request, "telephony/call_new.html", context, status=422 if form.errors else 200)


@allowed("calls:write", FORM)
def call_edit(request: HttpRequest, key: UUID) -> HttpResponse:
    found = call_or_404(key)
    form = WrapUpForm(posted(request), record=found)
    if request.method == "POST" and form.is_valid():
        try:
            service.update_call(
                call=found, data=form.changes(), expected_version=form.expected_version()
            )
        except StaleWrite:
            form = stale_form(form, call_or_404(key))
        except Refused as refused:
            form.refuse(refused)
        else:
            return go(request, found.get_absolute_url(), _("Saved."))
    status = 409 if form.is_stale else 422 if form.errors else 200
    return render(request, "telephony/call_edit.html", {"form": form, "call": found}, status=status)


@allowed("calls:write", WRITE)
def call_match(request: HttpRequest, key: UUID) -> HttpResponse:
    """It was this customer who called."""
    found = call_or_404(key)
    customer = customer_or_404(_uuid(request.POST.get("customer", "")))
    service.update_call(call=found, data={"customer": customer})
    return go(request, found.get_absolute_url(), _("The call is %s's.") % customer)


@allowed("calls:write", FORM)
def call_place(request: HttpRequest) -> HttpResponse:
    """Call a customer or a number: by one click where the button knows whom and what for, else
    by this page."""
    customer = _customer_given(request)
    form = _place_form(request, customer)
    refusal: Refused | None = None
    if request.method == "POST" and form.is_valid():
        user: Any = request.user
        try:
            placed = place_call(user=user, customer=customer, **form.cleaned_data)
        except Refused as refused:
            refusal = refused
        else:
            return go(request, placed.get_absolute_url(), _("Your phone rings now. Pick it up."))
    if refusal and is_fragment(request):
        return _stay_and_say(refusal)
    if refusal and refusal.field == "number" and customer is None:
        form.refuse(refusal)
    home = reverse("customer", args=[customer.pk]) if customer else reverse("telephony:calls")
    context = {
        "form": form,
        "customer": customer,
        "number": form["number"].value() or (customer.phone if customer else ""),
        "refusal": None if form.errors else refusal,
        "missing": providers.missing_settings(),
        "back": back_to(request, home),
    }
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "telephony/call_place.html", context, status=status)


def _place_form(request: HttpRequest, customer: Customer | None) -> PlaceForm:
    """What the address says of number and purpose holds where the body is silent, as a button's
    is."""
    said = request.GET.copy()
    said.update(request.POST)
    initial = {"purpose": "service"} | request.GET.dict()
    initial["number"] = phones.display(initial.get("number", ""))
    data = said if request.method == "POST" else None
    return PlaceForm(data, customer=customer, initial=initial)


def _stay_and_say(refusal: Refused) -> HttpResponse:
    """The answer to a button beside a number: the page stays, and says why nothing rings."""
    message = {"text": str(refusal), "level": "error"}
    response = HttpResponse(status=409)
    response["HX-Reswap"] = "none"
    response["HX-Trigger"] = json.dumps({"lanewise:message": message})
    return response


@allowed("calls:read")
def customer_calls(request: HttpRequest, key: UUID) -> HttpResponse:
    """The last calls of a customer, for the panel on their page; alone, the page of a call list."""
    customer = customer_or_404(key)
    rows = list(call_rows(CallLog.objects.filter(customer=customer))[: PANEL_ROWS + 1])
    context = {"customer": customer, "rows": rows[:PANEL_ROWS], "more": len(rows) > PANEL_ROWS}
    return answer(
        request,
        "telephony/customer_calls.html",
        context,
        fragment="telephony/_customer_calls.html",
    )


def _customer_given(request: HttpRequest) -> Customer | None:
    """The customer that the form or the address names; raises Http404 for one who is not there."""
    given = request.POST.get("customer") or request.GET.get("customer")
    return customer_or_404(_uuid(given)) if given else None


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
