"""Customers by warmth: the rows behind every number of the board."""

from typing import Any

from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponseBase

from crm.enums import ContactPurpose
from crm.exports import export_response
from crm.listing import counted, keyset_page
from crm.services.permission import with_decisions
from crm.views.common import allowed, answer_list
from warmth import export_columns
from warmth.expressions import DAYS_SILENT
from warmth.forms.filters import WarmthPageFilter
from warmth.models import CustomerWarmth

# An order by anything else would need an index that every night rewrites.
ORDERS = {"score": ("overall_warmth_score", "id")}


@allowed("warmth:read")
def customers(request: HttpRequest) -> HttpResponseBase:
    form = WarmthPageFilter(request.GET)
    found = form.apply()
    if "export" in request.GET:
        return export_response(
            request,
            name="warmth",
            columns=export_columns.WARMTH,
            queryset=found.order_by("-overall_warmth_score", "id"),
        )
    page = keyset_page(found, query=request.GET, orders=ORDERS, default="-score", rows=_rows)
    total, more = counted(found)
    context = {
        "form": form,
        "page": page,
        "total": total,
        "more": more,
        "filtered": bool(form.wanted()),
    }
    return answer_list(request, "warmth/customers.html", context, fragment="warmth/_customers.html")


def _rows(found: QuerySet[CustomerWarmth]) -> Any:
    rows: Any = found.values(
        "id",
        "customer_id",
        "overall_warmth_score",
        "warmth_level",
        "purchase_probability",
        "predicted_purchase_value",
        "churn_risk_score",
        "confidence_level",
        "last_engagement_type",
        "manual_adjustments",
        customer_name=F("customer__name"),
        city=F("customer__city"),
        state=F("customer__state"),
        phone=F("customer__phone"),
        days_silent=DAYS_SILENT,
    )
    return with_decisions(rows, purpose=ContactPurpose.MARKETING)
