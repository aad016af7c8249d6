"""The appointment book: booking, moving, the steps of a visit, free slots."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm.filters import AppointmentFilter
from crm.models import Appointment
from crm.rest.inputs import validated, validated_query
from crm.rest.views import Endpoint, RowViewSet
from crm.serializers.appointments import (
    AppointmentRows,
    ArrivalInput,
    BookingInput,
    CompletionInput,
    DetailsInput,
    FreeSlots,
    MoveInput,
    SlotQuery,
)
from crm.serializers.customers import ReasonInput
from crm.services import appointments as services
from crm.services.availability import free_slots
from crm.services.records import LineData

_BOOK = {"POST": "appointments:write"}
_WORK = {"POST": "appointments:work"}


@extend_schema(tags=["appointments"])
class AppointmentViewSet(RowViewSet):
    """Visits. Status, time and place change by the actions, the rest by PATCH."""

    queryset = Appointment.objects.all()
    rows = AppointmentRows
    input_class = DetailsInput
    filterset_class = AppointmentFilter
    orderings = {"scheduled_at": ("scheduled_at",), "updated_at": ("updated_at",)}
    default_ordering = "scheduled_at"
    capability = {
        "GET": "appointments:read",
        "POST": "appointments:write",
        "PATCH": "appointments:write",
    }

    @extend_schema(request=BookingInput)
    def create(self, request: Request) -> Response:
        """Book a visit. 409 when the bay or technician is taken, 422 when the shop is closed."""
        data = validated(BookingInput, request)
        booking = {name: data.pop(name) for name in _BOOKING & set(data)}
        appointment = services.book_appointment(
            **{_ARGUMENTS.get(name, name): value for name, value in booking.items()},
            booking_method=data.pop("booking_method", None) or "online",
            booked_by=data.pop("booked_by", None) or request.user.get_username()[:100],
            data=data,
        )
        return self.answer(appointment.pk, status=201)

    def partial_update(self, request: Request, pk: Any) -> Response:
        appointment = self.target()
        data = validated(DetailsInput, request, partial=True)
        return self.answer(services.update_appointment(appointment=appointment, data=data).pk)

    def _step(self, service: Callable[..., Any], **details: Any) -> Response:
        service(appointment=self.target(), **details)
        return self.answer(self.kwargs[self.lookup_field])

    @action(detail=True, methods=["post"], capability=_BOOK, input_class=MoveInput)
    def move(self, request: Request, pk: Any) -> Response:
        """Another time or place; the old slot becomes free in the same transaction."""
        data = validated(MoveInput, request)
        return self._step(
            services.move_appointment,
            **{_ARGUMENTS.get(name, name): value for name, value in data.items()},
        )

    @action(detail=True, methods=["post"], capability=_BOOK, input_class=None)
    def confirm(self, request: Request, pk: Any) -> Response:
        """The customer said yes."""
        return self._step(services.confirm)

    @action(
        detail=True,
        methods=["post"],
        url_path="check-in",
        capability=_WORK,
        input_class=ArrivalInput,
    )
    def check_in(self, request: Request, pk: Any) -> Response:
        """The car is here."""
        return self._step(services.check_in, **validated(ArrivalInput, request))

    @action(detail=True, methods=["post"], capability=_WORK, input_class=None)
    def start(self, request: Request, pk: Any) -> Response:
        """Work has begun."""
        return self._step(services.start_work)

    @action(detail=True, methods=["post"], capability=_WORK, input_class=CompletionInput)
    def complete(self, request: Request, pk: Any) -> Response:
        """Close the visit: service record, lines and mileage in one transaction."""
        data = validated(CompletionInput, request)
        lines = [LineData(**line) for line in data.pop("lines", ())]
        return self._step(services.complete_appointment, lines=lines, **data)

    @action(detail=True, methods=["post"], capability=_BOOK, input_class=ReasonInput)
    def cancel(self, request: Request, pk: Any) -> Response:
        """Call the visit off, with the reason."""
        return self._step(services.cancel_appointment, **validated(ReasonInput, request))

    @action(detail=True, methods=["post"], url_path="no-show", capability=_BOOK, input_class=None)
    def no_show(self, request: Request, pk: Any) -> Response:
        """Nobody came."""
        return self._step(services.mark_no_show)


# What booking takes by itself; the rest of the body are details.
_BOOKING = {
    "customer",
    "vehicle",
    "scheduled_at",
    "service_type",
    "duration_minutes",
    "assigned_technician",
    "service_bay",
    "advisor",
}
_ARGUMENTS = {"assigned_technician": "technician", "service_bay": "bay"}


@extend_schema(tags=["appointments"], parameters=[SlotQuery])
class AvailabilityView(Endpoint):
    """Free slots between two days of the shop's calendar."""

    capability = {"GET": "appointments:read"}
    rows = FreeSlots
    refuses = True
    own_parameters = tuple(SlotQuery().fields)

    def get(self, request: Request) -> Response:
        query = validated_query(SlotQuery, request.query_params)
        query.setdefault("last", query["first"])
        return Response({"results": [asdict(slot) for slot in free_slots(**query)]})
