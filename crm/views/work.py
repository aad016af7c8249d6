"""Declined and deferred work that no later visit has done: the list to call from."""

from typing import Any

from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponseBase

from crm import export_columns
from crm.exports import export_response
from crm.expressions import vehicle_name
from crm.forms.filters import WorkFilter
from crm.listing import clean_query, counted, keyset_page
from crm.models import ServiceLine
from crm.views.common import allowed, answer, is_fragment

ORDERS = {"declined": ("service_record__service_date", "id"), "price": ("price", "id")}


@allowed("service:read")
def work(request: HttpRequest) -> HttpResponseBase:
    form = WorkFilter(request.GET)
    open_work = ServiceLine.objects.refused().filter(vehicle__customer__anonymised_at__isnull=True)
    found = form.apply(open_work)
    if "export" in request.GET:
        return export_response(
            request,
            name="declined-work",
            columns=export_columns.DECLINED_WORK,
            queryset=found.order_by(*ORDERS["declined"]),
        )
    page = keyset_page(found, query=request.GET, orders=ORDERS, default="-declined", rows=_rows)
    total, more = counted(found)
    context = {
        "form": form,
        "page": page,
        "query": clean_query(request.GET),
        "total": total,
        "more": more,
        "filtered": bool(form.wanted()),
    }
    response = answer(request, "crm/work.html", context, fragment="crm/_work.html")
    if is_fragment(request):
        response["HX-Replace-Url"] = f"{request.path}?{context['query']}"
    return response


def _rows(lines: QuerySet[ServiceLine]) -> Any:
    return lines.values(
        "id",
        "description",
        "price",
        "outcome",
        "reason",
        "deferred_until",
        "deferred_until_mileage",
        "op_code_id",
        "vehicle_id",
        customer_id=F("vehicle__customer_id"),
        customer_name=F("vehicle__customer__name"),
        customer_phone=F("vehicle__customer__phone"),
        mileage=F("vehicle__current_mileage"),
        said_on=F("service_record__service_date"),
        vehicle_name=vehicle_name("vehicle__"),
    )
