from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from crm.models.base import Record
from crm.models.people import User


class ApiToken(Record):
    """A key for the REST API; only its SHA-256 is stored, the secret is shown once."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, help_text="First characters, to tell tokens apart")
    digest = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=40), default=list)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        db_table = "api_tokens"
        verbose_name = "API token"
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["digest"], name="api_tokens_digest_once")]

    def __str__(self) -> str:
        return f"{self.prefix}… {self.name}"


class IdempotencyKey(models.Model):
    """The stored answer to a write, given again when the same key comes again."""

    owner = models.CharField(max_length=60, help_text="token:<id> or user:<id>")
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    status = models.SmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.TextField(default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "idempotency_keys"
        constraints = [
            models.UniqueConstraint(fields=["owner", "key"], name="idempotency_keys_once"),
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_keys_age")]

    def __str__(self) -> str:
        return self.key


class RateBucket(models.Model):
    """Requests that an owner has made in one window; one row an owner, counted in one statement."""

    owner = models.CharField(max_length=80, primary_key=True)
    window_start = models.DateTimeField()
    count = models.IntegerField()

    class Meta:
        db_table = "rate_buckets"

    def __str__(self) -> str:
        return self.owner
