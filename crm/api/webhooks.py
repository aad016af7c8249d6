"""Webhooks: receivers of events, and what was sent to them."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from crm.filters import WebhookDeliveryFilter
from crm.models import WebhookDelivery, WebhookEndpoint
from crm.rest.idempotency import HEADER
from crm.rest.inputs import Command, validated
from crm.rest.views import RowViewSet
from crm.serializers.webhooks import (
    WebhookDeliveryRows,
    WebhookInput,
    WebhookRows,
    WebhookSecret,
)
from crm.services import webhooks as services

WRITE = "webhooks:write"


class NoFields(Command):
    """An empty object."""


@extend_schema(tags=["webhooks"])
class WebhookViewSet(RowViewSet):
    """Receivers of events. Signatures, events and retries: see the page about webhooks."""

    queryset = WebhookEndpoint.objects.all()
    rows = WebhookRows
    input_class = WebhookInput
    orderings = {"created_at": ("created_at",)}
    default_ordering = "-created_at"
    capability = {"GET": WRITE, "POST": WRITE, "PATCH": WRITE, "DELETE": WRITE}

    @extend_schema(responses={201: WebhookSecret})
    def create(self, request: Request) -> Response:
        _refuse_key(request)
        user: Any = request.user
        data = validated(WebhookInput, request)
        endpoint, secret = services.create_endpoint(data=data, by=user)
        response = self.answer(endpoint.pk, status=201)
        response.data["secret"] = secret
        return response

    def partial_update(self, request: Request, pk: Any) -> Response:
        endpoint = self.target()
        data = validated(WebhookInput, request, partial=True)
        return self.answer(services.update_endpoint(endpoint=endpoint, data=data).pk)

    def destroy(self, request: Request, pk: Any) -> Response:
        services.delete_endpoint(endpoint=self.target())
        return Response(status=204)

    @action(
        detail=True,
        methods=["post"],
        url_path="new-secret",
        input_class=NoFields,
        answers=WebhookSecret,
    )
    def new_secret(self, request: Request, pk: Any) -> Response:
        """Replace the secret; the old one counts no more."""
        _refuse_key(request)
        validated(NoFields, request)
        endpoint = self.target()
        secret = services.renew_secret(endpoint=endpoint)
        response = self.answer(endpoint.pk)
        response.data["secret"] = secret
        return response

    @action(detail=True, methods=["post"], input_class=NoFields, answers=WebhookDeliveryRows)
    def test(self, request: Request, pk: Any) -> Response:
        """Send a test event; the answer is its delivery, to be looked up a moment later."""
        validated(NoFields, request)
        delivery = services.send_test(endpoint=self.target())
        found = WebhookDeliveryRows.of(WebhookDelivery.objects.filter(pk=delivery.pk))
        return Response(found.get())


@extend_schema(tags=["webhooks"])
class WebhookDeliveryViewSet(RowViewSet):
    """What was sent to whom, newest first; kept for 30 days."""

    queryset = WebhookDelivery.objects.all()
    rows = WebhookDeliveryRows
    filterset_class = WebhookDeliveryFilter
    lookup_value_converter = "int"
    orderings = {"id": ("id",)}
    default_ordering = "-id"
    capability = {"GET": WRITE, "POST": WRITE}

    @action(detail=True, methods=["post"], input_class=NoFields, answers=WebhookDeliveryRows)
    def replay(self, request: Request, pk: Any) -> Response:
        """Send it again under its old id."""
        validated(NoFields, request)
        delivery = services.replay(delivery=self.target())
        return Response(self.row(delivery.pk))


def _refuse_key(request: Request) -> None:
    """An answer under an idempotency key is stored; a secret must not be."""
    if HEADER in request.headers:
        raise ParseError(f"No {HEADER} here: the answer holds a secret, which is never stored.")
