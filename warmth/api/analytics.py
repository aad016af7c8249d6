"""Scores of all customers: the warmest, the stale, and what they come to."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from crm.rest.pagination import KeysetPagination
from crm.rest.views import Endpoint, RowViewSet
from warmth.filters import WarmthFilter
from warmth.models import CustomerWarmth
from warmth.serializers.scores import (
    WarmthAnalyticsRows,
    WarmthDistribution,
    WarmthPipeline,
    WarmthTrends,
)
from warmth.services import figures
from warmth.services.maintenance import distribution


class LimitPagination(KeysetPagination):
    """Keyset pages whose size is called `limit`, as the specification of warmth writes it."""

    size_parameter = "limit"


@extend_schema(tags=["warmth"])
class WarmthAnalyticsViewSet(RowViewSet):
    """Customers by score, the warmest first."""

    queryset = CustomerWarmth.objects.all()
    rows = WarmthAnalyticsRows
    filterset_class = WarmthFilter
    pagination_class = LimitPagination
    orderings = {"overall_warmth_score": ("overall_warmth_score",)}
    default_ordering = "-overall_warmth_score"
    capability = {"GET": "warmth:read"}

    def known_parameters(self) -> Iterable[str]:
        return {*super().known_parameters(), "limit"} - {"page_size"}


@extend_schema(tags=["warmth"])
class StaleWarmthViewSet(RowViewSet):
    """Warm on paper, but silent for more than 90 days; silent for longest first."""

    queryset = CustomerWarmth.objects.stale()
    rows = WarmthAnalyticsRows
    filterset_class = WarmthFilter
    orderings = {"days_since_last_interaction": ("days_since_last_interaction",)}
    default_ordering = "-days_since_last_interaction"
    capability = {"GET": "warmth:read"}


class Figures(Endpoint):
    """Base of sums that take no parameters; `read` gives rows, as data classes."""

    capability = {"GET": "warmth:read"}

    def read(self) -> list[Any]:
        raise NotImplementedError

    def get(self, request: Request) -> Response:
        return Response({"results": [asdict(row) for row in self.read()]})


@extend_schema(tags=["warmth"])
class PipelineView(Figures):
    """What the active customers of each level are likely to bring."""

    rows = WarmthPipeline

    def read(self) -> list[Any]:
        return figures.pipeline()


@extend_schema(tags=["warmth"])
class DistributionView(Figures):
    """How many active customers each level has."""

    rows = WarmthDistribution

    def read(self) -> list[Any]:
        return distribution()


@extend_schema(tags=["warmth"])
class TrendsView(Figures):
    """How all scores have moved in the last 30 days."""

    rows = WarmthTrends

    def read(self) -> list[Any]:
        return figures.trends()
