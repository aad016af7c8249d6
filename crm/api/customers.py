"""Customers: list, search, write, journal, timeline, anonymise."""

from collections.abc import Iterable
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from crm import timeline
from crm.filters import CustomerFilter
from crm.models import Customer, CustomerNote, Vehicle
from crm.rest.inputs import validated, validated_query
from crm.rest.pagination import page_size
from crm.rest.permissions import allows, sees_birth_dates
from crm.rest.problems import BadParameter
from crm.rest.views import RowViewSet
from crm.search import search_customers
from crm.serializers.customers import (
    CustomerInput,
    CustomerRows,
    NoteInput,
    NoteRows,
    ReasonInput,
    TimelineEntry,
    TimelinePage,
    TimelineQuery,
)
from crm.serializers.vehicles import VehicleRows
from crm.services import customers as services

LONGEST_SEARCH = 200
_SEARCH = OpenApiParameter(
    "search",
    {"type": "string", "minLength": 1, "maxLength": LONGEST_SEARCH},
    description="Part of a name (typing errors forgiven), phone, e-mail, plate, VIN or its last "
    "8, RO number. The best `page_size` matches, best first, on one page.",
)


@extend_schema(tags=["customers"])
@extend_schema_view(list=extend_schema(parameters=[_SEARCH]))
class CustomerViewSet(RowViewSet):
    """Customers of the dealership."""

    queryset = Customer.objects.all()
    rows = CustomerRows
    input_class = CustomerInput
    filterset_class = CustomerFilter
    orderings = {
        "name": ("last_name", "first_name"),
        "customer_since": ("customer_since",),
        "last_contact_date": ("last_contact_date",),
        "updated_at": ("updated_at",),
    }
    default_ordering = "name"
    capability = {
        "GET": "customers:read",
        "POST": "customers:write",
        "PUT": "customers:write",
        "PATCH": "customers:write",
        "DELETE": "customers:write",
    }

    def known_parameters(self) -> Iterable[str]:
        known = super().known_parameters()
        return {*known, "search"} if self.action == "list" else known

    def shown(self, row: dict[str, Any]) -> dict[str, Any]:
        if "date_of_birth" in row and not self.shows_birth_dates:
            del row["date_of_birth"]
        return row

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.shows_birth_dates = sees_birth_dates(request.user)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        text = request.query_params.get("search")
        return super().list(request) if text is None else self._found(text)

    def _found(self, text: str) -> Response:
        """Customers that `text` finds, ranked; a rank has no place for a cursor."""
        parameters = self.request.query_params
        clashing = [name for name in ("cursor", "ordering", "count") if name in parameters]
        if clashing:
            raise BadParameter({name: ["Not together with search."] for name in clashing})
        if len(text) > LONGEST_SEARCH:
            raise BadParameter({"search": [f"At most {LONGEST_SEARCH} characters."]})
        hits = search_customers(text, limit=page_size(self.request))
        wanted = self.get_queryset().filter(pk__in=[hit.customer_id for hit in hits])
        rows = {row["id"]: row for row in self.rows.of(self.filter_queryset(wanted))}
        found = [rows[hit.customer_id] for hit in hits if hit.customer_id in rows]
        results = [self.shown(row) for row in found]
        return Response({"next": None, "previous": None, "results": results})

    def create(self, request: Request) -> Response:
        customer = services.create_customer(data=validated(CustomerInput, request))
        return self.answer(customer.pk, status=201)

    def update(self, request: Request, pk: Any, partial: bool = False) -> Response:
        customer = self.target()
        data = validated(CustomerInput, request, partial=partial)
        return self.answer(services.update_customer(customer=customer, data=data).pk)

    def partial_update(self, request: Request, pk: Any) -> Response:
        return self.update(request, pk, partial=True)

    def destroy(self, request: Request, pk: Any) -> Response:
        services.delete_customer(customer=self.target())
        return Response(status=204)

    @action(
        detail=True,
        methods=["post"],
        capability={"POST": "customers:erase"},
        input_class=ReasonInput,
    )
    def erase(self, request: Request, pk: Any) -> Response:
        """Anonymise the customer for good; vehicles and history stay."""
        customer = self.target()
        reason = validated(ReasonInput, request)["reason"]
        return self.answer(services.erase_customer(customer=customer, reason=reason).pk)

    @action(
        detail=True,
        methods=["get"],
        capability={"GET": "customers:read", "POST": "customers:write"},
        filter_backends=[],
        listing=True,
        creates=True,
        answers=NoteRows,
        input_class=NoteInput,
        orderings={"created_at": ("created_at",)},
        default_ordering="-created_at",
    )
    def notes(self, request: Request, pk: Any) -> Response:
        """Remarks on the customer, newest first."""
        customer = get_object_or_404(self.get_queryset(), pk=pk)
        return self.page_of(NoteRows, CustomerNote.objects.filter(customer=customer))

    @notes.mapping.post
    def add_note(self, request: Request, pk: Any) -> Response:
        """Add a remark."""
        text = validated(NoteInput, request)["text"]
        author: Any = request.user
        note = services.add_note(customer=self.target(), author=author, text=text)
        return Response(NoteRows.of(CustomerNote.objects.filter(pk=note.pk)).get(), status=201)

    @action(
        detail=True,
        methods=["get"],
        capability={"GET": "vehicles:read"},
        filter_backends=[],
        listing=True,
        answers=VehicleRows,
        orderings={"year": ("year",), "updated_at": ("updated_at",)},
        default_ordering="-year",
    )
    def vehicles(self, request: Request, pk: Any) -> Response:
        """Vehicles of the customer, newest first."""
        customer = get_object_or_404(self.get_queryset(), pk=pk)
        return self.page_of(VehicleRows, Vehicle.objects.filter(customer=customer))

    @extend_schema(
        parameters=[
            OpenApiParameter("before", OpenApiTypes.DATETIME, description="Only older entries."),
            OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 100}),
        ]
    )
    @action(
        detail=True,
        methods=["get"],
        filter_backends=[],
        pagination_class=None,
        answers=TimelinePage,
        own_parameters=("before", "limit"),
    )
    def timeline(self, request: Request, pk: Any) -> Response:
        """What happened with the customer, newest first: `before` the given time, if any."""
        query = validated_query(TimelineQuery, request.query_params)
        customer = get_object_or_404(self.get_queryset(), pk=pk)
        sources = timeline.sources_for(request.user)
        allowed = [source for source in sources if allows(request, source.capability)]
        entries, following = timeline.timeline(customer.pk, allowed, **query)
        results = TimelineEntry(entries, many=True).data
        return Response({"results": results, "before": following})
