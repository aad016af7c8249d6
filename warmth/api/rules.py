"""Rules and versions of the algorithm: drafted, previewed, published, tried, rolled back."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from crm.rest.inputs import validated
from crm.rest.views import RowViewSet
from warmth.filters import WarmthAlgorithmFilter, WarmthTriggerFilter
from warmth.models import WarmthAlgorithm, WarmthScoringTrigger
from warmth.serializers.rules import (
    WarmthAlgorithmInput,
    WarmthAlgorithmRows,
    WarmthDraftInput,
    WarmthPreview,
    WarmthReasonInput,
    WarmthTrialInput,
    WarmthTriggerChange,
    WarmthTriggerInput,
    WarmthTriggerRows,
)
from warmth.services import algorithms, rules

_CAPABILITY = {
    "GET": "warmth:read",
    **dict.fromkeys(("POST", "PUT", "PATCH", "DELETE"), "warmth:manage"),
}
_MANAGE = {"POST": "warmth:manage"}


@extend_schema(tags=["warmth rules"])
class WarmthTriggerViewSet(RowViewSet):
    """Rules of all versions; those of drafts can be changed."""

    queryset = WarmthScoringTrigger.objects.all()
    rows = WarmthTriggerRows
    input_class = WarmthTriggerChange
    filterset_class = WarmthTriggerFilter
    orderings = {
        "trigger_type": ("trigger_type", "target_component"),
        "updated_at": ("updated_at",),
    }
    default_ordering = "trigger_type"
    capability = _CAPABILITY

    @extend_schema(request=WarmthTriggerInput)
    def create(self, request: Request) -> Response:
        """Add a rule to a draft."""
        data = validated(WarmthTriggerInput, request)
        draft = data.pop("algorithm", None) or algorithms.open_draft()
        return self.answer(rules.add_rule(algorithm=draft, data=data).pk, status=201)

    def update(self, request: Request, pk: Any, partial: bool = False) -> Response:
        """Change a rule of a draft. 409 for one of a version that was published."""
        rule = self.target()
        data = validated(WarmthTriggerChange, request, partial=partial)
        return self.answer(rules.update_rule(rule=rule, data=data).pk)

    def partial_update(self, request: Request, pk: Any) -> Response:
        return self.update(request, pk, partial=True)

    def destroy(self, request: Request, pk: Any) -> Response:
        rules.delete_rule(rule=self.target())
        return Response(status=204)


@extend_schema(tags=["warmth rules"])
class WarmthAlgorithmViewSet(RowViewSet):
    """Versions, the newest first."""

    queryset = WarmthAlgorithm.objects.all()
    rows = WarmthAlgorithmRows
    input_class = WarmthAlgorithmInput
    filterset_class = WarmthAlgorithmFilter
    orderings = {"created_at": ("created_at",), "updated_at": ("updated_at",)}
    default_ordering = "-created_at"
    capability = _CAPABILITY

    @extend_schema(request=WarmthDraftInput)
    def create(self, request: Request) -> Response:
        """Draft a version: a copy, with its rules."""
        user: Any = request.user
        data = validated(WarmthDraftInput, request)
        return self.answer(algorithms.create_draft(**data, by=user).pk, status=201)

    def partial_update(self, request: Request, pk: Any) -> Response:
        """Change weights, bounds or curve of a draft."""
        draft = self.target()
        data = validated(WarmthAlgorithmInput, request, partial=True)
        return self.answer(algorithms.update_draft(algorithm=draft, data=data).pk)

    def destroy(self, request: Request, pk: Any) -> Response:
        """Throw a draft away with its rules."""
        algorithms.delete_draft(algorithm=self.target())
        return Response(status=204)

    @action(
        detail=True,
        methods=["get"],
        capability={"GET": "warmth:manage"},
        filter_backends=[],
        pagination_class=None,
        answers=WarmthPreview,
    )
    def preview(self, request: Request, pk: Any) -> Response:
        """Who would change level, and the new distribution, before anything is changed."""
        found = rules.preview(get_object_or_404(self.get_queryset(), pk=pk))
        return Response(
            {
                "customers": found.customers,
                "changing": found.changing,
                "mean_change": found.mean_change,
                "distribution": [
                    {"level": level, "customers_now": now, "customers_then": then}
                    for level, now, then in found.distribution()
                ],
                "movers": [asdict(mover) for mover in found.movers],
            }
        )

    @action(detail=True, methods=["post"], capability=_MANAGE, input_class=WarmthReasonInput)
    def publish(self, request: Request, pk: Any) -> Response:
        """Let the version score everybody, from the run on that this starts."""
        user: Any = request.user
        version = self.target()
        reason = validated(WarmthReasonInput, request)["reason"]
        return self.answer(algorithms.publish(algorithm=version, reason=reason, by=user).pk)

    @action(
        detail=True,
        methods=["post"],
        url_path="start-trial",
        capability=_MANAGE,
        input_class=WarmthTrialInput,
    )
    def start_trial(self, request: Request, pk: Any) -> Response:
        """Let the version score a share of the customers, to be compared."""
        user: Any = request.user
        version = self.target()
        data = validated(WarmthTrialInput, request)
        return self.answer(algorithms.start_trial(algorithm=version, **data, by=user).pk)

    @action(
        detail=False,
        methods=["post"],
        url_path="end-trial",
        capability=_MANAGE,
        input_class=WarmthReasonInput,
    )
    def end_trial(self, request: Request) -> Response:
        """Give the customers of the trial back; the answer is the version in force."""
        algorithms.end_trial(reason=validated(WarmthReasonInput, request)["reason"])
        return self.answer(algorithms.champion().pk)

    @action(
        detail=False,
        methods=["post"],
        url_path="roll-back",
        capability=_MANAGE,
        input_class=WarmthReasonInput,
    )
    def roll_back(self, request: Request) -> Response:
        """Put the version before the present one in force again."""
        user: Any = request.user
        reason = validated(WarmthReasonInput, request)["reason"]
        return self.answer(algorithms.roll_back(reason=reason, by=user).pk)
