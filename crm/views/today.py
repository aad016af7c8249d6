"""Today: the ranked list of whom to contact, and the sheet on which one contact is worked."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm import export_columns, outbound, phones, today
from crm.enums import Channel
from crm.exceptions import Refused
from crm.exports import export_response
from crm.forms.base import PageForm
from crm.forms.outreach import DispositionForm, SnoozeForm, TodayFilter
from crm.listing import keyset_page
from crm.models import WorkItem
from crm.services import claims
from crm.services.permission import Wish, decide_many
from crm.views.common import WRITE, allowed, answer_list, go

ORDERS = {"rank": ("rank", "id")}


@allowed("work:read")
def today_list(request: HttpRequest) -> HttpResponseBase:
    form, now = TodayFilter(request.GET), timezone.now()
    wanted = form.wanted()
    items = today.due_items(
        user=request.user, now=now, kinds=wanted.get("kind", ()), mine="mine" in wanted
    )
    if "export" in request.GET:
        return export_response(
            request,
            name="today",
            columns=export_columns.TODAY,
            queryset=items.annotate(number=Coalesce("customer__phone", "phone")),
        )
    page = keyset_page(
        items,
        query=request.GET,
        orders=ORDERS,
        default="-rank",
        rows=today.rows_of,
        size=today.WINDOW,
    )
    rows = today.with_decisions(page.rows, now=now, user=request.user)
    context = {
        "form": form,
        "page": page,
        "today": today.split(rows),
        "filtered": bool(wanted),
    }
    return answer_list(request, "crm/today.html", context, fragment="crm/_today.html")


@allowed("work:write", WRITE)
def today_next(request: HttpRequest) -> HttpResponse:
    """Take the best item that may be called now."""
    return _go_to_next(request)


@allowed("work:read")
def today_item(request: HttpRequest, key: UUID) -> HttpResponse:
    return _sheet(request, _item_or_404(key))


@allowed("work:write", WRITE)
def today_claim(request: HttpRequest, key: UUID) -> HttpResponse:
    """Take the item to call now, unless the gate forbids it."""
    item = _item_or_404(key)
    try:
        claims.take(item=item, by=_person(request))
    except Refused as refused:
        return go(request, reverse("today"), str(refused), messages.ERROR)
    return go(request, reverse("today_item", args=[item.pk]))


@allowed("work:write", WRITE)
def today_done(request: HttpRequest, key: UUID) -> HttpResponse:
    """Say how the contact went; on to the next item when the button says so."""
    item, form = _item_or_404(key), DispositionForm(request.POST)
    if form.is_valid():
        try:
            claims.dispose(item=item, by=_person(request), **form.cleaned_data)
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("Saved: %s.") % phones.display(item.who))
            if "and_next" in request.POST:
                return _go_to_next(request)
            return go(request, reverse("today"))
    return _sheet(request, item, disposition=form)


@allowed("work:write", WRITE)
def today_snooze(request: HttpRequest, key: UUID) -> HttpResponse:
    item, form = _item_or_404(key), SnoozeForm(request.POST)
    if form.is_valid():
        try:
            claims.snooze(item=item, by=_person(request), **form.cleaned_data)
        except Refused as refused:
            form.refuse(refused)
        else:
            return go(request, reverse("today"), _("Put off: %s.") % phones.display(item.who))
    return _sheet(request, item, snooze=form)


@allowed("work:write", WRITE)
def today_release(request: HttpRequest, key: UUID) -> HttpResponse:
    claims.release(item=_item_or_404(key), by=_person(request))
    return go(request, reverse("today"), _("Given back."))


def _go_to_next(request: HttpRequest) -> HttpResponse:
    item = today.take_next(user=_person(request))
    if item is None:
        text = _("Nobody is left who may be called now.")
        return go(request, reverse("today"), text, messages.INFO)
    return go(request, reverse("today_item", args=[item.pk]))


def _item_or_404(key: UUID) -> WorkItem:
    item = WorkItem.objects.select_related("customer", "vehicle", "claimed_by").filter(pk=key)
    found = item.first()
    if found is None:
        raise Http404
    return found


def _person(request: HttpRequest) -> Any:
    return request.user


def _sheet(request: HttpRequest, item: WorkItem, **forms: PageForm) -> HttpResponse:
    now = timezone.now()
    held = item.claimed_until is not None and item.claimed_until > now
    wishes: dict[str, Wish] = {
        channel: (item.subject, channel, item.purpose) for channel in Channel.outbound()
    }
    decisions = decide_many(wishes.values(), now=now)
    context = {
        "item": item,
        "customer": item.customer,
        "is_open": item.closed_at is None,
        "is_held": held,
        "is_mine": held and item.claimed_by_id == _person(request).pk,
        "decision": decisions[wishes[Channel.CALL]],
        "channels": [(Channel(name).label, decisions[wish]) for name, wish in wishes.items()],
        "contacts": item.customer.contacts.select_related("by")[:5] if item.customer else [],
        "number": item.customer.phone if item.customer else item.phone,
        "dial_url": outbound.dial_address(request.user, item.customer_id, item.phone),
        "disposition": forms.get("disposition", DispositionForm()),
        "snooze": forms.get("snooze", SnoozeForm()),
    }
    status = 422 if any(form.errors for form in forms.values()) else 200
    return render(request, "crm/today_item.html", context, status=status)
