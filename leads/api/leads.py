"""Battery leads: read, explain, take out as files, move on, judge by a battery test."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from crm.rest.inputs import validated
from crm.rest.permissions import allows
from crm.rest.problems import BadParameter
from crm.rest.views import RowViewSet
from leads.enums import LeadSource
from leads.filters import LeadFilter, to_count
from leads.models import BatteryTest, Lead, LeadRecord
from leads.serializers.leads import (
    LeadExplanation,
    LeadMoveInput,
    LeadOutcomeInput,
    LeadOutcomeRows,
    LeadRows,
    LeadSnoozeInput,
)
from leads.services import exports, outcomes
from leads.services import leads as services
from leads.services.explanations import Explanation, explain

FILES = {
    "json": ("json", "application/json"),
    "csv": ("csv", "text/csv"),
    "summary": ("txt", "text/plain"),
}
_STEP = ("name", "label", "ratio", "log_odds", "before", "after", "state")
_CHANGE = ("name", "label", "state", "if_present", "if_absent")
_PARAMETERS = ("name", "is_calibrated", "provenance", "horizon_days")


@extend_schema(tags=["leads"])
class LeadViewSet(RowViewSet):
    """Scored leads, the most urgent first; open ones unless `open` or `status` says otherwise."""

    queryset = LeadRecord.objects.all()
    rows = LeadRows
    filterset_class = LeadFilter
    orderings = {
        "urgency_score": ("urgency_score",),
        "lead_id": ("lead_id",),
        "current_mileage": ("current_mileage",),
        "posterior_probability": ("posterior_probability",),
        "expected_value": ("expected_value",),
    }
    default_ordering = "-urgency_score"
    capability = {"GET": "leads:read"}

    def known_parameters(self) -> Iterable[str]:
        known = super().known_parameters()
        return {*known, *LeadFilter.base_filters} if self.action == "export" else known

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found: QuerySet[Any] = super().filter_queryset(queryset)
        asked = {"open", "status"} & self.request.query_params.keys()
        return found if asked else found.filter(is_open=True)

    def to_count(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.action != "list":
            return queryset
        return to_count(LeadFilter(self.request.query_params, queryset=LeadRecord.objects.all()))

    def lead(self) -> Lead:
        """The lead of a write, after its `If-Match` was checked."""
        return Lead.objects.select_related("score", "vehicle").get(pk=self.target().pk)

    @action(detail=True, methods=["get"], answers=LeadExplanation)
    def explain(self, request: Request, pk: Any) -> Response:
        """How the score came about, what is unknown, and what would change it."""
        lead = get_object_or_404(Lead.objects.select_related("score__parameters"), pk=pk)
        explanation = explain(lead)
        if explanation is None:
            raise Http404
        return Response(_explained(lead, explanation))

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "file", str, enum=list(FILES), description="Which of the files; json by default."
            )
        ],
        responses={
            (200, "application/json"): OpenApiTypes.OBJECT,
            (200, "text/csv"): OpenApiTypes.STR,
            (200, "text/plain"): OpenApiTypes.STR,
        },
    )
    @action(
        detail=False,
        methods=["get"],
        capability={"GET": "exports:read"},
        own_parameters=("file",),
        pagination_class=None,
    )
    def export(self, request: Request) -> Any:
        """The leads that the list would show, as a file of the specification. Each export is
        logged."""
        if not allows(request, "leads:read"):
            raise PermissionDenied("This needs “leads:read” too.")
        kind = request.query_params.get("file", "json")
        if kind not in FILES:
            raise BadParameter({"file": [f"Choose one of {', '.join(FILES)}."]})
        ending, content_type = FILES[kind]
        found: Any = self.filter_queryset(self.get_queryset())
        user: Any = request.user
        described = request.META.get("QUERY_STRING") or "none"
        name, pieces = exports.stream_file(found, ending, described=described, user=user)
        return StreamingHttpResponse(
            (piece.encode() for piece in pieces),
            content_type=f"{content_type}; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    @action(
        detail=True,
        methods=["post"],
        capability={"POST": "leads:write"},
        input_class=LeadMoveInput,
    )
    def move(self, request: Request, pk: Any) -> Response:
        """Take the lead to its next status, with the visit it led to."""
        lead = self.lead()
        return self.answer(services.move_lead(lead=lead, **validated(LeadMoveInput, request)).pk)

    @action(
        detail=True,
        methods=["post"],
        capability={"POST": "leads:write"},
        input_class=LeadSnoozeInput,
    )
    def snooze(self, request: Request, pk: Any) -> Response:
        """Let the lead rest until a time, or wake it."""
        lead = self.lead()
        data = validated(LeadSnoozeInput, request)
        return self.answer(services.snooze_lead(lead=lead, **data).pk)

    @action(
        detail=True,
        methods=["get"],
        capability={"GET": "leads:read", "POST": "leads:write"},
        filter_backends=[],
        listing=True,
        creates=True,
        answers=LeadOutcomeRows,
        input_class=LeadOutcomeInput,
        orderings={"tested_at": ("tested_at",)},
        default_ordering="-tested_at",
    )
    def outcomes(self, request: Request, pk: Any) -> Response:
        """Battery tests of this lead, the latest first."""
        lead = get_object_or_404(Lead.objects.only("pk"), pk=pk)
        return self.page_of(LeadOutcomeRows, BatteryTest.objects.filter(lead=lead))

    @outcomes.mapping.post
    def record_outcome(self, request: Request, pk: Any) -> Response:
        """Record a battery test; the lead ends accordingly and its vehicle is scored anew."""
        lead = self.lead()
        data = validated(LeadOutcomeInput, request)
        user: Any = request.user
        test = outcomes.record_battery_test(
            result=data.pop("result"), lead=lead, data=data, by=user
        )
        row = LeadOutcomeRows.of(BatteryTest.objects.filter(pk=test.pk)).get()
        return Response(row, status=201)


def _explained(lead: Lead, found: Explanation) -> dict[str, Any]:
    score = found.score
    return {
        "lead_id": lead.pk,
        "vin": lead.vin,
        "posterior_probability": score.posterior_probability,
        "log_odds": found.steps[-1].after_log_odds,
        "base_prior": score.base_prior,
        "adjusted_prior": score.adjusted_prior,
        "is_clamped": score.is_clamped,
        "annual_mileage": found.annual_mileage,
        "environment": found.environment,
        "usage": found.usage,
        "steps": [_named(step, _STEP) for step in found.steps],
        "unknown": found.unknown,
        "changes": [_named(change, _CHANGE) for change in found.changes],
        "sentence": found.sentence,
        "price_source": found.price.source,
        "parameters": _named(found.parameters, _PARAMETERS),
        "scored_at": score.scored_at,
        "is_synthetic": lead.source == LeadSource.GENERATED,
    }


def _named(thing: Any, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in names}
