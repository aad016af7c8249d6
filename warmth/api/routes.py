"""Addresses of `warmth` under `/api/v1/`."""

from django.urls import URLPattern
from rest_framework.routers import SimpleRouter

urlpatterns: list[URLPattern] = []


def register(router: SimpleRouter) -> None:
    """Add this app's resources to the router of the whole API."""
