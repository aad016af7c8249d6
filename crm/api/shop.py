"""The workshop's own tables: read by all, written by managers."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from crm.filters import ActiveFilter
from crm.models import OpCode, OpeningHours, ServiceBay, SpecialDay, Technician
from crm.rest.inputs import validated
from crm.rest.views import RowViewSet
from crm.serializers import shop as shapes
from crm.services import shop as services


class ShopViewSet(RowViewSet):
    """Base of the workshop's tables."""

    input_class: Any
    capability = {
        "GET": "shop:read",
        "POST": "shop:write",
        "PUT": "shop:write",
        "PATCH": "shop:write",
        "DELETE": "shop:write",
    }

    def create(self, request: Request) -> Response:
        data = validated(self.input_class, request)
        record = services.add_to_shop(self.get_queryset().model, data=data)
        return self.answer(record.pk, status=201)

    def update(self, request: Request, pk: Any, partial: bool = False) -> Response:
        record = self.target()
        data = validated(self.input_class, request, partial=partial)
        # The key stands in the address; the body may repeat it, as PUT does.
        data.pop(record._meta.pk.name, None)
        return self.answer(services.update_in_shop(record=record, data=data).pk)

    def partial_update(self, request: Request, pk: Any) -> Response:
        return self.update(request, pk, partial=True)

    def destroy(self, request: Request, pk: Any) -> Response:
        services.remove_from_shop(record=self.target())
        return Response(status=204)


@extend_schema(tags=["shop"])
class TechnicianViewSet(ShopViewSet):
    """Technicians."""

    queryset = Technician.objects.all()
    rows = shapes.TechnicianRows
    input_class = shapes.TechnicianInput
    filterset_class = ActiveFilter
    orderings = {"name": ("name",)}
    default_ordering = "name"


@extend_schema(tags=["shop"])
class BayViewSet(ShopViewSet):
    """Service bays."""

    queryset = ServiceBay.objects.all()
    rows = shapes.BayRows
    input_class = shapes.BayInput
    filterset_class = ActiveFilter
    lookup_value_converter = "str"
    orderings = {"code": ("code",)}
    default_ordering = "code"


@extend_schema(tags=["shop"])
class OpeningHoursViewSet(ShopViewSet):
    """Opening hours of each weekday."""

    queryset = OpeningHours.objects.all()
    rows = shapes.HoursRows
    input_class = shapes.HoursInput
    lookup_value_converter = "int"
    orderings = {"weekday": ("weekday",)}
    default_ordering = "weekday"


@extend_schema(tags=["shop"])
class SpecialDayViewSet(ShopViewSet):
    """Holidays and days with hours of their own."""

    queryset = SpecialDay.objects.all()
    rows = shapes.SpecialDayRows
    input_class = shapes.SpecialDayInput
    lookup_value_converter = "str"
    orderings = {"date": ("date",)}
    default_ordering = "date"


@extend_schema(tags=["shop"])
class OpCodeViewSet(ShopViewSet):
    """Labour operations."""

    queryset = OpCode.objects.all()
    rows = shapes.OpCodeRows
    input_class = shapes.OpCodeInput
    filterset_class = ActiveFilter
    lookup_value_converter = "str"
    orderings = {"code": ("code",)}
    default_ordering = "code"
