from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now

from crm.models.base import one_of
from crm.models.people import Customer
from warmth.enums import CrossingDirection, WarmthLevel
from warmth.models.scores import CustomerWarmth
from warmth.querysets import CrossingQuerySet, WarmthHistoryQuerySet


class HistoryRow(models.Model):
    """One change of a customer's score or level, and its cause.

    `score_change` is the difference to the row before, so the changes of a customer add up to
    the newest snapshot.
    """

    warmth_score_snapshot = models.DecimalField(max_digits=5, decimal_places=2)
    warmth_level_snapshot = models.CharField(max_length=20, choices=WarmthLevel)
    change_trigger = models.CharField(max_length=255)
    change_description = models.TextField(default="", db_default="", blank=True)
    score_change = models.DecimalField(max_digits=5, decimal_places=2)
    algorithm_version = models.CharField(max_length=50, default="", db_default="", blank=True)
    actor_id = models.BigIntegerField(null=True, blank=True)
    actor_label = models.CharField(max_length=150, default="", db_default="", blank=True)
    source = models.CharField(max_length=40, default="", db_default="", blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = WarmthHistoryQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.score_change:+} to {self.warmth_score_snapshot}: {self.change_trigger}"


class CustomerWarmthHistory(HistoryRow):
    """Written by a database trigger only; rows cannot be changed, and only the archive may take
    them away."""

    # The database cascades by itself: Django's own deletes would be refused by the table.
    customer_warmth = models.ForeignKey(
        CustomerWarmth, models.DO_NOTHING, related_name="history", db_index=False
    )

    class Meta(HistoryRow.Meta):
        db_table = "customer_warmth_history"
        verbose_name_plural = "warmth history"
        indexes = [
            models.Index(
                fields=["customer_warmth", "-created_at", "-id"], name="warmth_history_customer"
            ),
            BrinIndex(fields=["created_at"], name="warmth_history_time", pages_per_range=16),
        ]


class ArchivedWarmthHistory(HistoryRow):
    """History older than two years, moved out of the way; the views read it as well."""

    id = models.BigIntegerField(primary_key=True)
    customer_warmth = models.ForeignKey(
        CustomerWarmth, models.DO_NOTHING, related_name="archived_history", db_index=False
    )
    archived_at = models.DateTimeField(db_default=Now())

    class Meta(HistoryRow.Meta):
        db_table = "customer_warmth_history_archive"
        verbose_name_plural = "archived warmth history"
        indexes = [
            models.Index(
                fields=["customer_warmth", "-created_at", "-id"], name="warmth_archive_customer"
            ),
            BrinIndex(fields=["created_at"], name="warmth_archive_time", pages_per_range=16),
        ]


class WarmthLevelCrossing(models.Model):
    """A change of level that was worth telling.

    The newest row of a customer says which level was told last and when, which is all that
    hysteresis, cool-down and re-arming need.
    """

    customer = models.ForeignKey(
        Customer, models.CASCADE, related_name="warmth_crossings", db_index=False
    )
    direction = models.CharField(max_length=4, choices=CrossingDirection)
    previous_level = models.CharField(max_length=20, choices=WarmthLevel)
    level = models.CharField(max_length=20, choices=WarmthLevel)
    score = models.DecimalField(max_digits=5, decimal_places=2)
    reason = models.TextField(default="", db_default="", blank=True)
    crossed_at = models.DateTimeField(db_default=Now())
    delivered_at = models.DateTimeField(null=True, blank=True)

    objects = CrossingQuerySet.as_manager()

    class Meta:
        db_table = "warmth_level_crossings"
        ordering = ["-crossed_at", "-id"]
        indexes = [
            models.Index(
                fields=["customer", "-crossed_at", "-id"], name="warmth_crossings_customer"
            ),
            models.Index(
                fields=["crossed_at", "id"],
                name="warmth_crossings_undelivered",
                condition=models.Q(delivered_at__isnull=True),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=one_of("direction", CrossingDirection.values),
                name="warmth_crossings_direction_known",
            ),
            models.CheckConstraint(
                condition=one_of("level", WarmthLevel.values)
                & one_of("previous_level", WarmthLevel.values),
                name="warmth_crossings_levels_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(level=models.F("previous_level")),
                name="warmth_crossings_levels_differ",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.previous_level} to {self.level}"
