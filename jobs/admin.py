"""Read-only views of the background work; the jobs page starts and retries."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from jobs.models import JobChunk, JobRun, Outbox


class WrittenByJobs(ModelAdmin):
    """Seen by those whom the project's permissions let see the model, changed by nobody."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(JobRun)
class JobRunAdmin(WrittenByJobs):
    list_display = (
        "job", "local_date", "source", "status", "rows_done", "duration_text", "retries", "error",
    )  # fmt: skip
    list_filter = ("status", "source", "job")
    date_hierarchy = "local_date"
    search_fields = ("job",)


@admin.register(JobChunk)
class JobChunkAdmin(WrittenByJobs):
    list_display = ("run", "number", "status", "rows", "tries", "claimed_by", "error")
    list_filter = ("status",)
    list_select_related = ("run",)
    search_fields = ("run__job",)


@admin.register(Outbox)
class OutboxAdmin(WrittenByJobs):
    list_display = (
        "task", "dedup_key", "created_at", "not_before", "tries", "done_at", "failed_at",
        "last_error",
    )  # fmt: skip
    list_filter = (
        ("done_at", admin.EmptyFieldListFilter),
        ("failed_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("task", "dedup_key")
    ordering = ("-id",)
