"""New customer, changed customer, anonymised customer."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.exceptions import Refused, StaleWrite
from crm.forms.customers import CustomerForm, EraseForm
from crm.models import Customer
from crm.services import customers as service
from crm.views.common import FORM, allowed, go, posted
from crm.views.customer_card import customer_or_404
from crm.views.editing import stale_form

PREFILLED = ("first_name", "last_name", "phone", "email")


@allowed("customers:write", FORM)
def customer_new(request: HttpRequest) -> HttpResponse:
    given = {name: request.GET[name] for name in PREFILLED if request.GET.get(name)}
    form = CustomerForm(posted(request), initial=given)
    if request.method == "POST" and form.is_valid():
        try:
            created = service.create_customer(data=form.changes() | _likes(form))
        except Refused as refused:
            form.refuse(refused)
        else:
            return go(
                request, reverse("customer", args=[created.pk]), _("%s is in the books.") % created
            )
    return _form(request, form, None)


@allowed("customers:write", FORM)
def customer_edit(request: HttpRequest, key: UUID) -> HttpResponse:
    found = customer_or_404(key)
    form = CustomerForm(posted(request), record=found)
    if request.method == "POST" and form.is_valid():
        try:
            service.update_customer(
                customer=found, data=form.changes(), expected_version=form.expected_version()
            )
        except StaleWrite:
            form = stale_form(form, customer_or_404(key))
        except Refused as refused:
            form.refuse(refused)
        else:
            return go(request, reverse("customer", args=[found.pk]), _("Saved."))
    return _form(request, form, found)


@allowed("customers:erase", FORM)
def customer_erase(request: HttpRequest, key: UUID) -> HttpResponse:
    found = customer_or_404(key)
    form = EraseForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            service.erase_customer(customer=found, reason=form.cleaned_data["reason"])
        except Refused as refused:
            form.refuse(refused)
        else:
            return go(
                request,
                reverse("customer", args=[found.pk]),
                _("The customer was anonymised. Vehicles and history stay."),
            )
    context = {"form": form, "customer": found}
    status = 422 if form.errors else 200
    return render(request, "crm/customer_erase.html", context, status=status)


def _likes(form: CustomerForm) -> dict[str, bool]:
    """Check boxes of a new customer; an empty one means no, not "unknown"."""
    return {
        name: bool(form.cleaned_data[name]) for name in ("receive_reminders", "receive_promotions")
    }


def _form(request: HttpRequest, form: Any, customer: Customer | None) -> HttpResponse:
    status = 409 if form.is_stale else 422 if form.errors else 200
    twin = form.twin() if form.errors else None
    context = {"form": form, "customer": customer, "twin": twin}
    return render(request, "crm/customer_form.html", context, status=status)
