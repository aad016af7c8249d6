"""Vehicles, and what a VIN says."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm import decoder, vin
from crm.filters import VehicleFilter
from crm.models import Vehicle
from crm.rest.inputs import validated
from crm.rest.views import Endpoint, RowViewSet
from crm.serializers.vehicles import DecodedVin, MileageCorrection, VehicleInput, VehicleRows
from crm.services import vehicles as services


@extend_schema(tags=["vehicles"])
class VehicleViewSet(RowViewSet):
    """Vehicles that the dealership serves."""

    queryset = Vehicle.objects.all()
    rows = VehicleRows
    input_class = VehicleInput
    filterset_class = VehicleFilter
    orderings = {"updated_at": ("updated_at",), "model": ("make", "model", "year")}
    default_ordering = "model"
    capability = {
        "GET": "vehicles:read",
        "POST": "vehicles:write",
        "PUT": "vehicles:write",
        "PATCH": "vehicles:write",
        "DELETE": "vehicles:write",
    }

    def create(self, request: Request) -> Response:
        data = validated(VehicleInput, request)
        customer = data.pop("customer", None)
        return self.answer(services.add_vehicle(customer=customer, data=data).pk, status=201)

    def update(self, request: Request, pk: Any, partial: bool = False) -> Response:
        vehicle = self.target()
        data = validated(VehicleInput, request, partial=partial)
        return self.answer(services.update_vehicle(vehicle=vehicle, data=data).pk)

    def partial_update(self, request: Request, pk: Any) -> Response:
        return self.update(request, pk, partial=True)

    def destroy(self, request: Request, pk: Any) -> Response:
        services.delete_vehicle(vehicle=self.target())
        return Response(status=204)

    @action(
        detail=True,
        methods=["post"],
        url_path="correct-mileage",
        capability={"POST": "vehicles:correct"},
        input_class=MileageCorrection,
    )
    def correct_mileage(self, request: Request, pk: Any) -> Response:
        """Set a mileage that may be below the recorded one."""
        vehicle = self.target()
        data = validated(MileageCorrection, request)
        return self.answer(services.correct_mileage(vehicle=vehicle, **data).pk)

    @action(
        detail=True,
        methods=["post"],
        url_path="make-primary",
        capability={"POST": "vehicles:write"},
        input_class=None,
    )
    def make_primary(self, request: Request, pk: Any) -> Response:
        """Make this the one primary vehicle of its owner."""
        return self.answer(services.make_primary(vehicle=self.target()).pk)


@extend_schema(tags=["vehicles"])
class VinView(Endpoint):
    """What a VIN says: check digit, and from vPIC make, model, year, trim and engine."""

    capability = {"GET": "vehicles:read"}
    rows = DecodedVin

    def get(self, request: Request, text: str) -> Response:
        wanted = vin.normalise(text)
        problem = vin.problem(wanted)
        found = decoder.decode(wanted)
        names = ("year", "make", "model", "trim", "engine", "body", "drive")
        facts = {name: getattr(found, name, None if name == "year" else "") for name in names}
        return Response({"vin": wanted, "is_valid": not problem, "problem": problem, **facts})
