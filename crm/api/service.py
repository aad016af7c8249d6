"""Service history, and the lines that were refused."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.filters import LineFilter, RecordFilter
from crm.models import ServiceLine, ServiceRecord
from crm.rest.inputs import validated
from crm.rest.views import RowViewSet
from crm.serializers.service import ClosingInput, LineRows, RecordInput, RecordRows, RecordWithLines
from crm.services.records import LineData, record_service
from crm.services.refusals import close_refused, reopen_refused

_OFFER = {"POST": "work:write"}


@extend_schema(tags=["service history"])
class RecordViewSet(RowViewSet):
    """Closed repair orders; one with its lines when asked for by its key."""

    queryset = ServiceRecord.objects.all()
    filterset_class = RecordFilter
    input_class = RecordInput
    orderings = {"service_date": ("service_date",), "updated_at": ("updated_at",)}
    default_ordering = "-service_date"
    capability = {"GET": "service:read", "POST": "service:write"}

    @property
    def rows(self) -> type[RecordRows]:  # type: ignore[override]
        return RecordRows if self.action == "list" else RecordWithLines

    def row(self, key: Any) -> dict[str, Any]:
        record = super().row(key)
        record["lines"] = list(LineRows.of(ServiceLine.objects.filter(service_record=key)))
        return record

    def create(self, request: Request) -> Response:
        """Record a service that was done outside the appointment book."""
        data = validated(RecordInput, request)
        lines = [LineData(**line) for line in data.pop("lines", ())]
        record = record_service(vehicle=data.pop("vehicle"), data=data, lines=lines)
        return self.answer(record.pk, status=201)


@extend_schema(tags=["service history"])
@extend_schema_view(list=extend_schema(description="Lines, declined and deferred ones included."))
class LineViewSet(RowViewSet):
    """Lines of visits; `?due=true` is the declined and deferred work to offer now."""

    queryset = ServiceLine.objects.all()
    rows = LineRows
    filterset_class = LineFilter
    orderings = {"created_at": ("created_at",), "updated_at": ("updated_at",)}
    default_ordering = "-created_at"
    capability = {"GET": "service:read"}

    @action(detail=True, methods=["post"], capability=_OFFER, input_class=ClosingInput)
    def close(self, request: Request, pk: Any) -> Response:
        """Stop offering declined or deferred work that was done elsewhere or is not wanted."""
        return self.answer(close_refused(line=self.target(), **validated(ClosingInput, request)).pk)

    @action(detail=True, methods=["post"], capability=_OFFER, input_class=None)
    def reopen(self, request: Request, pk: Any) -> Response:
        """Offer closed work again."""
        return self.answer(reopen_refused(line=self.target()).pk)
