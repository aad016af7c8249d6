from django.db import models
from django.db.models.functions import Now

from crm.enums import AuditAction, BatchKind
from crm.models.base import Record, one_of
from crm.models.people import Customer, User


class AuditEntry(models.Model):
    """Who changed what, written by database triggers only; rows cannot be changed or deleted.

    `before` and `after` hold the changed columns (update), the whole row (insert, delete) or
    the number of rows (bulk_insert).
    """

    at = models.DateTimeField(db_default=Now())
    table_name = models.CharField(max_length=63)
    row_id = models.CharField(max_length=36, blank=True)
    customer_id = models.UUIDField(null=True)
    action = models.CharField(max_length=20, choices=AuditAction)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=150, blank=True)
    source = models.CharField(max_length=40)
    request_id = models.CharField(max_length=64, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        db_table = "audit_log"
        ordering = ["-id"]
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["table_name", "row_id", "-id"], name="audit_log_row"),
            models.Index(fields=["customer_id", "-id"], name="audit_log_customer"),
            models.Index(fields=["-at"], name="audit_log_at"),
        ]

    def __str__(self) -> str:
        return f"{self.table_name} {self.action} by {self.actor_label or self.source}"


class DataBatch(Record):
    """Rows that came together: demonstration data or one import; it can be taken back whole."""

    kind = models.CharField(max_length=20, choices=BatchKind)
    label = models.CharField(max_length=200)
    created_by = models.CharField(max_length=150, blank=True, default="", db_default="")
    reverted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "data_batches"
        ordering = ["-created_at"]
        verbose_name_plural = "data batches"
        constraints = [
            models.CheckConstraint(
                condition=one_of("kind", BatchKind.values), name="data_batches_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return self.label


class CustomerNote(Record):
    """A dated remark on a customer, beside the one `notes` text of the record itself."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="journal")
    author = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    text = models.TextField()

    class Meta:
        db_table = "customer_notes"
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(text__regex=r"[^[:space:]]"), name="customer_notes_said"
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]
