"""What the API leaves behind and nobody needs any more."""

from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from crm.models import IdempotencyKey, RateBucket
from crm.rest.limits import WINDOW_SECONDS


def prune() -> int:
    """Delete idempotency keys past their hours and rate buckets whose window has ended."""
    hours = timedelta(hours=settings.IDEMPOTENCY_HOURS)
    keys, _ = IdempotencyKey.objects.filter(created_at__lt=Now() - hours).delete()
    ended = Now() - timedelta(seconds=WINDOW_SECONDS)
    buckets, _ = RateBucket.objects.filter(window_start__lt=ended).delete()
    return keys + buckets
