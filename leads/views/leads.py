"""The list of battery leads: filtered, ordered, with totals, and taken out as files."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone

from crm.enums import ContactPurpose
from crm.exports import export_response
from crm.listing import clean_query, counted, keyset_page
from crm.services.permission import with_decisions
from crm.services.saved_filters import filters_of
from crm.views.common import allowed, answer, answer_list, is_fragment
from leads import charts
from leads.enums import ContactUrgency, FailureWindow, LeadStatus
from leads.export_columns import LEADS
from leads.filters import STRESSORS, LeadFilter, passing, to_count, wanted
from leads.forms.filters import choices_of
from leads.models import LeadRecord
from leads.services import exports
from leads.services.overview import overview
from leads.services.parameters import champion

PAGE = "leads:leads"
# Each is served by an index.
ORDERS = {
    "urgency": ("urgency_score", "lead_id"),
    "posterior": ("posterior_probability", "lead_id"),
    "value": ("expected_value", "lead_id"),
    "mileage": ("current_mileage", "lead_id"),
    "age": ("vehicle_age", "lead_id"),
}
KINDS = {"json": "application/json", "csv": "text/csv", "txt": "text/plain"}


@allowed("leads:read")
def leads(request: HttpRequest) -> HttpResponseBase:
    filters, found = _found(request)
    if "export" in request.GET:
        return export_response(
            request, name="battery-leads", columns=LEADS, queryset=found.order_by("lead_id")
        )
    page = keyset_page(found, query=request.GET, orders=ORDERS, default="-urgency", rows=_rows)
    total, more = counted(to_count(filters))
    context = {
        "filters": filters,
        "choices": choices_of(filters),
        "page": page,
        "page_name": PAGE,
        "total": total,
        "more": more,
        "filtered": bool(wanted(filters)),
        "now": timezone.now(),
    }
    if not is_fragment(request):
        context["saved"] = filters_of(user=request.user, page=PAGE)
    return answer_list(request, "leads/leads.html", context, fragment="leads/_leads.html")


@allowed("leads:read")
def leads_overview(request: HttpRequest) -> HttpResponseBase:
    """Totals, histogram and towns of the list: loaded after it, because it reads every lead."""
    filters, found = _found(request)
    parameters = champion()
    totals = overview(found)
    query = clean_query(request.GET)
    context = {
        "overview": totals,
        "histogram": charts.histogram(
            totals.bins, high_band=parameters.high_band, medium_band=parameters.medium_band
        ),
        "bands": [
            ("high", totals.by_urgency[ContactUrgency.IMMEDIATE]),
            ("medium", totals.by_urgency[ContactUrgency.WITHIN_24_HOURS]),
            ("low", totals.by_urgency[ContactUrgency.WITHIN_48_HOURS]),
        ],
        "parameters": parameters,
        "query": query,
        "filtered": bool(wanted(filters)),
    }
    return answer(request, "leads/overview.html", context, fragment="leads/_overview.html")


@allowed("leads:read")
def leads_file(request: HttpRequest, kind: str) -> HttpResponseBase:
    """The leads of the list as one of the specification's files, streamed."""
    user: Any = request.user
    if kind not in KINDS:
        raise Http404
    if not user.can("exports:read"):
        raise PermissionDenied
    _, found = _found(request)
    name, pieces = exports.stream_file(
        found, kind, described=clean_query(request.GET) or "none", user=user
    )
    return StreamingHttpResponse(
        (piece.encode() for piece in pieces),
        content_type=f"{KINDS[kind]}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _found(request: HttpRequest) -> tuple[LeadFilter, Any]:
    """The filters of the address and the leads that pass them. What a filter cannot read it
    leaves out."""
    filters = LeadFilter(request.GET, queryset=LeadRecord.objects.all())
    return filters, passing(filters)


def _rows(records: QuerySet[Any]) -> list[dict[str, Any]]:
    found = records.values(
        "lead_id", "year", "make", "model", "vin", "customer_name", "customer_id", "vehicle_id",
        "city", "state", "current_mileage", "vehicle_age", "posterior_probability",
        "risk_percentile", "urgency_score", "contact_urgency", "predicted_failure_window",
        "total_opportunity", "expected_value", "status", "source", "snoozed_until", *STRESSORS,
    )  # fmt: skip
    return with_decisions(map(_shown, found), purpose=ContactPurpose.MARKETING)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its key as lists want it, and its codes in words."""
    return {
        **row,
        "id": row["lead_id"],
        "percent": int(100 * row["posterior_probability"] + 0.5),
        "window": FailureWindow(row["predicted_failure_window"]).label,
        "status_label": LeadStatus(row["status"]).label,
        "stressors": [label for name, label in STRESSORS.items() if row[name]],
    }
