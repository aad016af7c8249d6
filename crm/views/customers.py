"""The list of customers: one box, filters in the address, keyset pages, export."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from crm import export_columns, phones, vin
from crm.exports import export_response
from crm.expressions import full_name, vehicle_name
from crm.forms.filters import CustomerFilter
from crm.listing import Page, counted, keyset_page
from crm.models import Customer, ServiceLine, Vehicle
from crm.search import Hit, search_customers
from crm.views.common import allowed, answer_list, is_fragment

SEARCH_LIMIT = 50
ORDERS = {
    "name": ("last_name", "first_name", "id"),
    "since": ("customer_since", "id"),
    "changed": ("updated_at", "id"),
}
# What tells one person from all others: a single match of these opens the customer.
EXACT = {"phone", "email", "vin", "plate", "ro"}


@allowed("customers:read")
def customers(request: HttpRequest) -> HttpResponseBase:
    form = CustomerFilter(request.GET)
    text = request.GET.get("q", "").strip()
    found = form.apply(Customer.objects.present())
    hits = search_customers(text, limit=SEARCH_LIMIT) if text else []
    if text:
        if _opens(request, form, hits):
            return HttpResponseRedirect(reverse("customer", args=[hits[0].customer_id]))
        found = found.filter(pk__in=[hit.customer_id for hit in hits])
    if "export" in request.GET:
        return export_response(
            request,
            name="customers",
            columns=export_columns.CUSTOMERS,
            queryset=found.order_by(*ORDERS["name"]),
        )
    page = _ranked(found, hits) if text else _listed(request, found)
    total, more = (len(page.rows), len(hits) == SEARCH_LIMIT) if text else counted(found)
    context = {
        "form": form,
        "page": page,
        "text": text,
        "total": total,
        "more": more,
        "filtered": bool(form.wanted()),
        "guessed": bool(hits) and hits[0].matched == "similar",
        "new_url": f"{reverse('customer_new')}?{urlencode(prefill(text))}",
    }
    return answer_list(request, "crm/customers.html", context, fragment="crm/_customers.html")


def prefill(text: str) -> dict[str, str]:
    """Fields of a new customer from what was typed into the search box."""
    if not text:
        return {}
    if "@" in text:
        return {"email": text}
    if len(phones.digits(text)) >= 7 and not any(char.isalpha() for char in text):
        return {"phone": text}
    if vin.SHAPE.fullmatch(vin.normalise(text)):
        return {}
    first, _blank, last = text.partition(" ")
    if not last:
        return {"last_name": first.title()}
    return {"first_name": first.title(), "last_name": last.title()}


def _opens(request: HttpRequest, form: CustomerFilter, hits: list[Hit]) -> bool:
    """Whether Enter on one exact match goes straight to the customer."""
    alone = len(hits) == 1 and (hits[0].matched in EXACT or hits[0].rank == 0)
    return alone and not is_fragment(request) and not form.wanted() and "export" not in request.GET


def _rows(customers: QuerySet[Customer]) -> Any:
    """What a row shows; the vehicles and the refused work are looked up for these rows only."""
    owned = Vehicle.objects.filter(customer=OuterRef("pk")).order_by("-is_primary_vehicle", "-year")
    refused = (
        ServiceLine.objects.refused()
        .filter(vehicle__customer=OuterRef("pk"))
        .order_by()
        .values("vehicle__customer")
        .annotate(lines=Count("pk"))
    )
    return customers.values(
        "id",
        "name",
        "phone",
        "phone_extension",
        "email",
        "city",
        "state",
        "customer_type",
        "customer_since",
        "preferred_contact_method",
        advisor=full_name("preferred_service_advisor__"),
        vehicle_names=ArraySubquery(owned.values(label=vehicle_name())),
        refused_lines=Subquery(refused.values("lines")),
    )


def _ranked(customers: QuerySet[Customer], hits: list[Hit]) -> Page:
    """All matches on one page, best first."""
    rows = {row["id"]: row for row in _rows(customers)}
    matched = [
        rows[hit.customer_id] | {"matched": hit.matched} for hit in hits if hit.customer_id in rows
    ]
    return Page(rows=matched, sort="", previous_query="", next_query="")


def _listed(request: HttpRequest, customers: QuerySet[Customer]) -> Page:
    return keyset_page(customers, query=request.GET, orders=ORDERS, default="name", rows=_rows)
