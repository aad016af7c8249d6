"""A customer's warmth: read, set by hand, its history and its trend."""

from dataclasses import asdict
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from crm.models import Customer
from crm.rest.etags import require_match
from crm.rest.inputs import validated
from crm.rest.problems import BadParameter
from crm.rest.views import Endpoint, RowViewSet
from warmth.enums import Component
from warmth.filters import WarmthHistoryFilter
from warmth.models import ArchivedWarmthHistory, CustomerWarmth, CustomerWarmthHistory
from warmth.serializers.scores import (
    ArchivedWarmthHistoryRows,
    CustomerTrends,
    WarmthHistoryRows,
    WarmthInput,
    WarmthRows,
)
from warmth.services import figures
from warmth.services.adjustments import DECLARED, update_warmth


def record_of(customer_id: Any) -> CustomerWarmth:
    """The warmth of the customer of that key, which may be no key at all; raises Http404."""
    return get_object_or_404(CustomerWarmth.objects.all(), customer=customer_id)


@extend_schema(tags=["warmth"])
class CustomerWarmthViewSet(RowViewSet):
    """How likely one customer is to buy, and what a person says about it."""

    queryset = CustomerWarmth.objects.all()
    rows = WarmthRows
    input_class = WarmthInput
    lookup_field = "customer_id"
    filter_backends = ()
    capability = {"GET": "warmth:read", "PUT": "warmth:write", "PATCH": "warmth:write"}

    def row(self, key: Any) -> dict[str, Any]:
        return get_object_or_404(WarmthRows.of(self.get_queryset()), customer=key)

    def update(self, request: Request, customer_id: Any) -> Response:
        """Set what is sent, and bring the score up to date; the same as PATCH."""
        customer = get_object_or_404(Customer.objects.present(), pk=customer_id)
        self._require_version()
        data = validated(WarmthInput, request, partial=True)
        update_warmth(
            customer_id=customer.pk,
            components={part.value: data[part.column] for part in Component if part.column in data},
            declared={name: data[name] for name in DECLARED if name in data},
            reason=data.get("reason") or data.get("warmth_notes") or "",
            expires_on=data.get("expires_on"),
        )
        return self.answer(customer.pk)

    def partial_update(self, request: Request, customer_id: Any) -> Response:
        return self.update(request, customer_id)

    def _require_version(self) -> None:
        """Hold `If-Match` against the record, which stays locked until the write is done."""
        expected = self.request.headers.get("If-Match")
        if expected is not None:
            key = self.kwargs["customer_id"]
            get_object_or_404(self.get_queryset().select_for_update(of=("self",)), customer=key)
            require_match(expected, self.row(key))


@extend_schema(tags=["warmth"])
class WarmthHistoryViewSet(RowViewSet):
    """What moved the score, the latest change first."""

    queryset = CustomerWarmthHistory.objects.all()
    rows = WarmthHistoryRows
    filterset_class = WarmthHistoryFilter
    orderings = {"created_at": ("created_at",)}
    default_ordering = "-created_at"
    capability = {"GET": "warmth:read"}
    listing = True
    own_parameters = ("archived",)

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "archived", bool, description="`true` reads what was moved to the archive."
            )
        ]
    )
    def history(self, request: Request, customer_id: Any) -> Response:
        text = request.query_params.get("archived", "false")
        if text not in ("true", "false"):
            raise BadParameter({"archived": ["true or false."]})
        is_archived = text == "true"
        model = ArchivedWarmthHistory if is_archived else CustomerWarmthHistory
        rows = ArchivedWarmthHistoryRows if is_archived else WarmthHistoryRows
        changes: QuerySet[Any] = model.objects.filter(customer_warmth=record_of(customer_id))
        return self.page_of(rows, self.filter_queryset(changes))


@extend_schema(tags=["warmth"])
class CustomerTrendsView(Endpoint):
    """One customer's score by day."""

    capability = {"GET": "warmth:read"}
    rows = CustomerTrends

    def get(self, request: Request, customer_id: Any) -> Response:
        days = figures.customer_trends(record_of(customer_id).customer_id)
        return Response({"results": [asdict(day) for day in days]})
