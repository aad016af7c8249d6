"""Addresses of `warmth` under `/api/v1/`, and the unversioned ones of its specification."""

from typing import Any

from django.urls import URLPattern, path, re_path
from rest_framework.routers import SimpleRouter

from crm.rest import examples as shown
from warmth.api import analytics, events, examples, rules, scores

shown.VALUES |= examples.VALUES
_SCORE: Any = {"get": "retrieve", "put": "update", "patch": "partial_update"}


def _score(**options: Any) -> Any:
    return scores.CustomerWarmthViewSet.as_view(_SCORE, detail=True, **options)


def _analytics(**options: Any) -> Any:
    return analytics.WarmthAnalyticsViewSet.as_view({"get": "list"}, detail=False, **options)


_OF_CUSTOMER = "customers/<str:customer_id>/warmth/"
urlpatterns: list[URLPattern] = [
    path(_OF_CUSTOMER, _score(), name="api-customer-warmth"),
    path(
        f"{_OF_CUSTOMER}history/",
        scores.WarmthHistoryViewSet.as_view({"get": "history"}, detail=True),
        name="api-customer-warmth-history",
    ),
    path(
        f"{_OF_CUSTOMER}trends/",
        scores.CustomerTrendsView.as_view(),
        name="api-customer-warmth-trends",
    ),
    path("analytics/warmth/", _analytics(), name="api-warmth-analytics"),
    path(
        "analytics/warmth/stale/",
        analytics.StaleWarmthViewSet.as_view({"get": "list"}, detail=False),
        name="api-warmth-stale",
    ),
    path(
        "analytics/warmth/pipeline/", analytics.PipelineView.as_view(), name="api-warmth-pipeline"
    ),
    path(
        "analytics/warmth/distribution/",
        analytics.DistributionView.as_view(),
        name="api-warmth-distribution",
    ),
    path("analytics/warmth/trends/", analytics.TrendsView.as_view(), name="api-warmth-trends"),
]
# Below `/api/`, with and without the slash, and not in the schema, which has them above.
unversioned: list[URLPattern] = [
    re_path(r"^customers/(?P<customer_id>[^/]+)/warmth/?$", _score(schema=None)),
    re_path(r"^analytics/warmth/?$", _analytics(schema=None)),
]


def register(router: SimpleRouter) -> None:
    """Add this app's resources to the router of the whole API."""
    router.register("warmth-events", events.WarmthEventViewSet, basename="api-warmth-events")
    router.register("warmth-triggers", rules.WarmthTriggerViewSet, basename="api-warmth-triggers")
    router.register(
        "warmth-algorithms", rules.WarmthAlgorithmViewSet, basename="api-warmth-algorithms"
    )
