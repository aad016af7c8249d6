"""Addresses of `leads` under `/api/v1/`."""

from django.urls import URLPattern, path
from rest_framework.routers import SimpleRouter

from leads.api import leads, score

# Before those of the router, which would take "score" for the key of a lead.
urlpatterns: list[URLPattern] = [
    path("leads/score/", score.ScoreView.as_view(), name="api-leads-score"),
]


def register(router: SimpleRouter) -> None:
    """Add this app's resources to the router of the whole API."""
    router.register("leads", leads.LeadViewSet, basename="api-leads")
