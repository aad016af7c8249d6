"""Declined and deferred work that no later visit has done: the list to call from."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from crm import export_columns
from crm.enums import ContactPurpose
from crm.exceptions import Refused
from crm.exports import export_response
from crm.expressions import vehicle_name
from crm.forms.filters import WorkFilter
from crm.forms.visits import CloseWorkForm
from crm.listing import counted, keyset_page
from crm.models import ServiceLine
from crm.services.permission import with_decisions
from crm.services.refusals import close_refused, reopen_refused
from crm.views.common import FORM, WRITE, allowed, answer_list, back_to, go, posted

ORDERS = {"declined": ("service_record__service_date", "id"), "price": ("price", "id")}


@allowed("service:read")
def work(request: HttpRequest) -> HttpResponseBase:
    form = WorkFilter(request.GET)
    found = form.apply(ServiceLine.objects.filter(vehicle__customer__anonymised_at__isnull=True))
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
        "total": total,
        "more": more,
        "filtered": bool(form.wanted()),
    }
    return answer_list(request, "crm/work.html", context, fragment="crm/_work.html")


def _rows(lines: QuerySet[ServiceLine]) -> list[dict[str, Any]]:
    """Rows with what the gate says of a call about this work now: it is an offer."""
    rows: Any = lines.values(
        "id",
        "description",
        "price",
        "outcome",
        "reason",
        "deferred_until",
        "deferred_until_mileage",
        "closed_as",
        "closed_reason",
        "op_code_id",
        "vehicle_id",
        customer_id=F("vehicle__customer_id"),
        customer_name=F("vehicle__customer__name"),
        customer_phone=F("vehicle__customer__phone"),
        mileage=F("vehicle__current_mileage"),
        said_on=F("service_record__service_date"),
        vehicle_name=vehicle_name("vehicle__"),
    )
    return with_decisions(rows, purpose=ContactPurpose.MARKETING)


@allowed("work:write", FORM)
def work_close(request: HttpRequest, key: UUID) -> HttpResponseBase:
    """Declined or deferred work that was done elsewhere, or that nobody wants any more."""
    line = get_object_or_404(ServiceLine.objects.select_related("vehicle__customer"), pk=key)
    form = CloseWorkForm(posted(request))
    target = back_to(request, reverse("work"))
    if request.method == "POST" and form.is_valid():
        try:
            close_refused(line=line, **form.cleaned_data)
        except Refused as refused:
            form.refuse(refused)
        else:
            return go(request, target, _("Closed: %s.") % line.description)
    context = {"line": line, "form": form, "next": target}
    return render(request, "crm/work_close.html", context, status=422 if form.errors else 200)


@allowed("work:write", WRITE)
def work_reopen(request: HttpRequest, key: UUID) -> HttpResponseBase:
    line = get_object_or_404(ServiceLine, pk=key)
    target = back_to(request, reverse("work"))
    try:
        reopen_refused(line=line)
    except Refused as refused:
        return go(request, target, str(refused), messages.ERROR)
    return go(request, target, _("Open again: %s.") % line.description)
