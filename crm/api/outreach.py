"""Work list, consent ledger, contacts, and the permission gate."""

from dataclasses import asdict
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crm import today
from crm.enums import Channel
from crm.filters import ConsentFilter, ContactFilter, WorkItemFilter
from crm.models import Consent, ContactAttempt, WorkItem
from crm.rest.inputs import validated, validated_query
from crm.rest.views import Endpoint, RowViewSet
from crm.serializers.outreach import (
    ConsentInput,
    ConsentRows,
    ContactInput,
    ContactRows,
    DispositionInput,
    GateAnswer,
    GateQuery,
    NothingInput,
    OptOutInput,
    SnoozeInput,
    WorkItemRows,
    WorkItemWithGate,
)
from crm.services import claims, consent
from crm.services.contacts import record_contact
from crm.services.permission import decide_many, may_contact

_WRITE = {"POST": "work:write"}


@extend_schema(tags=["work list"])
class WorkItemViewSet(RowViewSet):
    """Whom to contact next; one item with what the permission gate says of a call now."""

    queryset = WorkItem.objects.all()
    filterset_class = WorkItemFilter
    orderings = {
        "rank": ("rank",),
        "due_at": ("due_at",),
        "updated_at": ("updated_at",),
    }
    default_ordering = "-rank"
    capability = {"GET": "work:read"}

    @property
    def rows(self) -> type[WorkItemRows]:  # type: ignore[override]
        return WorkItemRows if self.action == "list" else WorkItemWithGate

    def row(self, key: Any) -> dict[str, Any]:
        item = super().row(key)
        wish = (item["customer"] or item["phone"], str(Channel.CALL), item["purpose"])
        item["permission"] = asdict(decide_many([wish])[wish])
        return item

    @extend_schema(
        responses={
            200: WorkItemWithGate,
            204: OpenApiResponse(description="Nobody is to be called now."),
        }
    )
    @action(detail=False, methods=["post"], capability=_WRITE, input_class=NothingInput)
    def next(self, request: Request) -> Response:
        """Claim the best item whose customer may be called now; 204 when there is none."""
        validated(NothingInput, request)
        user: Any = request.user
        item = today.take_next(user=user)
        return Response(status=204) if item is None else self.answer(item.pk)

    @action(detail=True, methods=["post"], capability=_WRITE, input_class=NothingInput)
    def claim(self, request: Request, pk: Any) -> Response:
        """Take the item, and with it its customer, to call now. 409 when the permission gate says
        no, or somebody else works on them."""
        validated(NothingInput, request)
        user: Any = request.user
        return self.answer(claims.take(item=self.target(), by=user).pk)

    @action(detail=True, methods=["post"], capability=_WRITE, input_class=NothingInput)
    def release(self, request: Request, pk: Any) -> Response:
        """Give the item back."""
        validated(NothingInput, request)
        user: Any = request.user
        item = self.target()
        claims.release(item=item, by=user)
        return self.answer(item.pk)

    @action(detail=True, methods=["post"], capability=_WRITE, input_class=DispositionInput)
    def dispose(self, request: Request, pk: Any) -> Response:
        """Say how the contact went; it is recorded, the item closed or put off."""
        user: Any = request.user
        data = validated(DispositionInput, request)
        return self.answer(claims.dispose(item=self.target(), by=user, **data).pk)

    @action(detail=True, methods=["post"], capability=_WRITE, input_class=SnoozeInput)
    def snooze(self, request: Request, pk: Any) -> Response:
        """Put the item off without a contact."""
        user: Any = request.user
        data = validated(SnoozeInput, request)
        return self.answer(claims.snooze(item=self.target(), by=user, **data).pk)


@extend_schema(tags=["permission to contact"])
class ConsentViewSet(RowViewSet):
    """The consent ledger: append-only, the latest statement that covers a contact holds."""

    queryset = Consent.objects.all()
    rows = ConsentRows
    input_class = ConsentInput
    filterset_class = ConsentFilter
    orderings = {"created_at": ("created_at",)}
    default_ordering = "-created_at"
    capability = {"GET": "consent:read", "POST": "consent:write"}

    def create(self, request: Request) -> Response:
        """Record an agreement."""
        data = {"source": "api", **validated(ConsentInput, request)}
        return self.answer(consent.record_consent(**data).pk, status=201)

    @action(
        detail=False,
        methods=["post"],
        url_path="opt-out",
        capability={"POST": "consent:write"},
        input_class=OptOutInput,
        answers=ConsentRows,
    )
    def opt_out(self, request: Request) -> Response:
        """Record an opt-out; in force with the answer."""
        data = {"source": "api", **validated(OptOutInput, request)}
        return Response(self.row(consent.opt_out(**data).pk))


@extend_schema(tags=["permission to contact"])
class ContactViewSet(RowViewSet):
    """Who was called, written to or met."""

    queryset = ContactAttempt.objects.all()
    rows = ContactRows
    input_class = ContactInput
    filterset_class = ContactFilter
    orderings = {"at": ("at",)}
    default_ordering = "-at"
    capability = {"GET": "work:read", "POST": "work:write"}

    def create(self, request: Request) -> Response:
        """Record a contact that took place elsewhere."""
        data = validated(ContactInput, request)
        customer = data.pop("customer")
        attempt = record_contact(customer_id=customer.pk, **data)
        return self.answer(attempt.pk, status=201)


@extend_schema(tags=["permission to contact"])
class PermissionView(Endpoint):
    """May this customer be contacted, this way, for this purpose, now?"""

    capability = {"GET": "consent:read", "POST": "consent:read"}
    rows = GateAnswer
    input_class = GateQuery
    own_parameters = tuple(GateQuery().fields)

    def known_parameters(self) -> Any:
        return self.own_parameters if self.request.method in ("GET", "HEAD") else ()

    @extend_schema(parameters=[GateQuery])
    def get(self, request: Request) -> Response:
        """The answer, to be shown."""
        return self._answer(validated_query(GateQuery, request.query_params), log=False)

    def post(self, request: Request) -> Response:
        """The answer, asked before contacting somebody: it is logged."""
        return self._answer(validated(GateQuery, request), log=True)

    @staticmethod
    def _answer(query: dict[str, Any], *, log: bool) -> Response:
        return Response(asdict(may_contact(**query, now=timezone.now(), log=log)))
