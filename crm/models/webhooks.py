from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from crm.enums import DeliveryStatus
from crm.models.base import Record, one_of
from crm.models.people import User


class WebhookEndpoint(Record):
    """Somebody else's address that is told what happens here.

    `event_types` are names of `crm.webhook_events`; "*" stands for all. `sealed_secret` is
    encrypted; the plain secret is shown once, when it is made. `failing_since` is the first
    failure after the last success.
    """

    url = models.URLField("URL", max_length=500)
    description = models.CharField(max_length=200, default="", db_default="", blank=True)
    event_types = ArrayField(models.CharField(max_length=60))
    sealed_secret = models.TextField(editable=False)
    is_active = models.BooleanField(default=True, db_default=True)
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    disabled_at = models.DateTimeField(null=True, blank=True, editable=False)
    disabled_reason = models.CharField(
        max_length=300, default="", db_default="", blank=True, editable=False
    )
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, editable=False)

    class Meta:
        db_table = "webhook_endpoints"
        ordering = ["-created_at", "id"]
        indexes = [models.Index(fields=["created_at", "id"], name="webhook_endpoints_newest")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(url__regex=r"^https?://[^\s/]"), name="webhook_endpoints_url"
            ),
            models.CheckConstraint(
                condition=models.Q(event_types__len__gt=0), name="webhook_endpoints_events_chosen"
            ),
        ]

    def __str__(self) -> str:
        return self.description or self.url


class WebhookMessage(Record):
    """One event, as all its receivers get it. `key` makes publishing idempotent; `subject` is
    what the event is about: of one subject an endpoint gets the events in their order."""

    key = models.CharField(max_length=200)
    event = models.CharField(max_length=60)
    subject = models.CharField(max_length=100, default="", db_default="", blank=True)
    body = models.TextField(help_text="The signed text, byte for byte")

    class Meta:
        db_table = "webhook_messages"
        ordering = ["-created_at", "id"]
        indexes = [models.Index(fields=["created_at"], name="webhook_messages_age")]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="webhook_messages_key_once"),
            models.CheckConstraint(condition=~models.Q(key=""), name="webhook_messages_key_given"),
        ]

    def __str__(self) -> str:
        return self.event


class WebhookDelivery(models.Model):
    """One message for one endpoint: where it stands and what the receiver last said."""

    message = models.ForeignKey(WebhookMessage, models.CASCADE, related_name="deliveries")
    endpoint = models.ForeignKey(
        WebhookEndpoint, models.CASCADE, related_name="deliveries", db_index=False
    )
    status = models.CharField(
        max_length=10,
        choices=DeliveryStatus,
        default=DeliveryStatus.PENDING,
        db_default=DeliveryStatus.PENDING,
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    due_at = models.DateTimeField(null=True, blank=True)
    tries = models.IntegerField(default=0, db_default=0)
    tried_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    response_status = models.SmallIntegerField(null=True, blank=True)
    response_body = models.TextField(default="", db_default="", blank=True)
    duration_ms = models.IntegerField(null=True, blank=True)
    error = models.CharField(max_length=300, default="", db_default="", blank=True)

    class Meta:
        db_table = "webhook_deliveries"
        verbose_name_plural = "webhook deliveries"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["endpoint", "id"], name="webhook_deliveries_endpoint"),
            models.Index(
                fields=["endpoint", "id"],
                name="webhook_deliveries_pending",
                condition=models.Q(status="pending"),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["message", "endpoint"], name="webhook_deliveries_once"),
            models.CheckConstraint(
                condition=one_of("status", DeliveryStatus.values),
                name="webhook_deliveries_status_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="pending") | models.Q(due_at__isnull=False),
                name="webhook_deliveries_pending_due",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="delivered") | models.Q(delivered_at__isnull=False),
                name="webhook_deliveries_delivered_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} to {self.endpoint_id}"
