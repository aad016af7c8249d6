from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models.functions import Cast, Now
from django.utils import timezone

from crm.models.base import one_of
from crm.models.people import Customer
from warmth.enums import EventSource, EventType
from warmth.models.fields import amount
from warmth.querysets import WarmthEventQuerySet


class WarmthEvent(models.Model):
    """Something that a customer did, or that was tried with them. Facts only: what an event is
    worth is computed from the rules in force, never stored.

    `event_key` makes ingestion idempotent. Events that stand for a record of this database are
    keyed `<table>:<its key>:<event type>`, for example
    `appointments:0190…:no_show`; others as their sender likes, or at random.
    `value` is an amount that belongs to it: a price asked for, a loan, a trade-in, a purchase.
    """

    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="warmth_events", db_index=False
    )
    event_type = models.CharField(max_length=30, choices=EventType)
    occurred_at = models.DateTimeField(db_default=Now())
    event_key = models.CharField(
        max_length=200, db_default=Cast(RandomUUID(), models.CharField(max_length=200))
    )
    source = models.CharField(
        max_length=20, choices=EventSource, default=EventSource.API, db_default=EventSource.API
    )
    value = amount()
    subject = models.CharField(
        max_length=200,
        default="",
        db_default="",
        blank=True,
        help_text="What it was about, for example a model",
    )
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    recorded_by = models.CharField(max_length=150, default="", db_default="", blank=True)

    objects = WarmthEventQuerySet.as_manager()

    class Meta:
        db_table = "warmth_events"
        ordering = ["-occurred_at", "-id"]
        indexes = [
            # The nightly walk reads nothing but this index, in its order.
            models.Index(
                fields=["customer", "event_type", "-occurred_at"],
                include=["value"],
                name="warmth_events_walk",
            ),
            models.Index(fields=["-occurred_at", "-id"], name="warmth_events_newest"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["event_key"], name="warmth_events_key_once"),
            models.CheckConstraint(
                condition=~models.Q(event_key=""), name="warmth_events_key_given"
            ),
            models.CheckConstraint(
                condition=one_of("event_type", EventType.values), name="warmth_events_type_known"
            ),
            models.CheckConstraint(
                condition=one_of("source", EventSource.values), name="warmth_events_source_known"
            ),
            models.CheckConstraint(
                condition=models.Q(value__gte=0), name="warmth_events_value_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_event_type_display()} on {timezone.localdate(self.occurred_at)}"
