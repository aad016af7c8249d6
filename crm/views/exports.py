"""Every list as a file, with the filters of the API."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django_filters import FilterSet

from crm import export_columns, filters
from crm.exports import FORMATS, Column, export_response
from crm.models import Appointment, Customer, ServiceLine, ServiceRecord, Vehicle
from crm.roles import can
from crm.views.common import allowed


@dataclass(frozen=True)
class ExportList:
    """One list that can be taken out: who may see it, its rows and columns."""

    capability: str
    rows: Callable[[], QuerySet[Any]]
    columns: Sequence[Column]
    filters: type[FilterSet]


LISTS = {
    "customers": ExportList(
        "customers:read",
        lambda: Customer.objects.present().order_by("last_name", "first_name", "id"),
        export_columns.CUSTOMERS,
        filters.CustomerFilter,
    ),
    "vehicles": ExportList(
        "vehicles:read",
        lambda: Vehicle.objects.order_by("make", "model", "year", "id"),
        export_columns.VEHICLES,
        filters.VehicleFilter,
    ),
    "appointments": ExportList(
        "appointments:read",
        lambda: Appointment.objects.order_by("scheduled_at", "id"),
        export_columns.APPOINTMENTS,
        filters.AppointmentFilter,
    ),
    "service-history": ExportList(
        "service:read",
        lambda: ServiceRecord.objects.order_by("-service_date", "id"),
        export_columns.SERVICE_HISTORY,
        filters.RecordFilter,
    ),
    "declined-work": ExportList(
        "service:read",
        lambda: ServiceLine.objects.refused().order_by("created_at", "id"),
        export_columns.DECLINED_WORK,
        filters.LineFilter,
    ),
}


@allowed("exports:read")
def export(request: HttpRequest, name: str, kind: str) -> HttpResponse:
    """`/exports/<list>.<csv|xlsx>`; a filter that does not exist is refused, not ignored."""
    wanted = LISTS.get(name)
    if wanted is None or kind not in FORMATS:
        raise Http404
    if not can(request.user, wanted.capability):
        raise PermissionDenied
    chosen = wanted.filters(request.GET, queryset=wanted.rows())
    unknown = sorted(set(request.GET) - set(chosen.filters))
    if unknown:
        return _bad(f"Unknown filter: {', '.join(unknown)}. Known: {', '.join(chosen.filters)}.")
    if not chosen.is_valid():
        faults = "; ".join(f"{field}: {' '.join(e)}" for field, e in chosen.errors.items())
        return _bad(f"Wrong filter. {faults}")
    response: Any = export_response(
        request, name=name, columns=wanted.columns, queryset=chosen.qs, kind=kind
    )
    return response


def _bad(text: str) -> HttpResponse:
    return HttpResponse(text, status=400, content_type="text/plain; charset=utf-8")
