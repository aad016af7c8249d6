"""Nightly cleaning of what background work and sign-ins leave behind."""

from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.db.models.functions import Now

from jobs.models import JobRun, Outbox
from jobs.registry import Chunk

KEEP_OUTBOX_DAYS = 30
KEEP_RUN_DAYS = 365


def prune(chunk: Chunk) -> int:
    """Delete finished work that nobody will ask about: outbox rows done more than 30 days ago,
    runs that ended more than a year ago. Failed outbox rows stay until somebody retries them."""
    old_rows = Outbox.objects.filter(done_at__lt=Now() - timedelta(days=KEEP_OUTBOX_DAYS))
    old_runs = JobRun.objects.filter(finished_at__lt=Now() - timedelta(days=KEEP_RUN_DAYS))
    outbox_count = old_rows._raw_delete(old_rows.db)
    _, by_model = old_runs.delete()
    return outbox_count + by_model.get("jobs.JobRun", 0)


def clear_sessions(chunk: Chunk) -> int:
    """Delete sessions that have expired."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    model = getattr(store, "get_model_class", lambda: None)()
    if model is None:  # sessions that live outside the database expire by themselves
        store.clear_expired()
        return 0
    deleted, _ = model.objects.filter(expire_date__lt=Now()).delete()
    return int(deleted)
