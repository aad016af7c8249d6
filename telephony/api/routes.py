"""Addresses of `telephony` under `/api/v1/`."""

from django.urls import URLPattern
from rest_framework.routers import SimpleRouter

from telephony.api import agent, calls

urlpatterns: list[URLPattern] = [*agent.urlpatterns]


def register(router: SimpleRouter) -> None:
    """Add this app's resources to the router of the whole API."""
    router.register("calls", calls.CallViewSet, basename="api-calls")
