"""Webhooks: receivers and deliveries."""

from django.db.models import F
from rest_framework import serializers

from crm.models import WebhookDelivery, WebhookEndpoint
from crm.rest.inputs import Input
from crm.rest.rows import Rows


def _event_types() -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=60),
        max_length=100,
        help_text="Names of events; `*` stands for all.",
    )


_SHOWN = (
    "id",
    "url",
    "description",
    "event_types",
    "is_active",
    "failing_since",
    "disabled_at",
    "disabled_reason",
    "created_at",
    "updated_at",
)


class WebhookRows(Rows):
    """A receiver of events; its secret is shown once, when it is made."""

    class Meta:
        model = WebhookEndpoint
        ref_name = "Webhook"
        fields = _SHOWN


class WebhookInput(Input):
    """A receiver of events."""

    url = serializers.CharField(max_length=500)
    event_types = _event_types()

    class Meta(Input.Meta):
        model = WebhookEndpoint
        ref_name = "WebhookInput"
        fields = ("url", "description", "event_types", "is_active")


class WebhookSecret(Rows):
    """A receiver with its new secret, which no other answer holds."""

    secret = serializers.CharField(
        help_text="For the check of signatures, in any library of Standard Webhooks."
    )

    class Meta:
        model = WebhookEndpoint
        ref_name = "WebhookSecret"
        fields = (*_SHOWN, "secret")


class WebhookDeliveryRows(Rows):
    """One event for one receiver, and how the receiver answered last."""

    event = serializers.CharField(read_only=True)
    body = serializers.CharField(read_only=True, help_text="The signed text.")

    class Meta:
        model = WebhookDelivery
        ref_name = "WebhookDelivery"
        fields = (
            "id",
            "endpoint",
            "message",
            "event",
            "body",
            "status",
            "created_at",
            "due_at",
            "tries",
            "tried_at",
            "delivered_at",
            "response_status",
            "response_body",
            "duration_ms",
            "error",
        )
        computed = {"event": F("message__event"), "body": F("message__body")}
