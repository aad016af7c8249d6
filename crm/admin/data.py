"""Where data came from and where it went: audit, imports, batches, exports, tokens."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import RangeDateTimeFilter

from crm.admin.base import ReadOnlyAdmin, columns_of
from crm.models import (
    ApiToken,
    AuditEntry,
    DataBatch,
    ExportLog,
    ImportRun,
    WebhookDelivery,
    WebhookEndpoint,
)
from crm.roles import can
from crm.services.tokens import revoke_token


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    capability = "audit:read"
    list_display = ("at", "table_name", "action", "row_id", "actor_label", "source", "reason")
    list_filter = ("table_name", "action", "source", ("at", RangeDateTimeFilter))
    search_fields = ("row_id", "actor_label", "request_id")
    search_help_text = "Key of a record, user name or request id, in full"
    export_columns = columns_of(AuditEntry, (*list_display, "before", "after", "request_id"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Exact: the log is the largest table, and no index serves a part of a text."""
        text = search_term.strip()
        if not text:
            return queryset, False
        rows = queryset.filter(row_id=text) | queryset.filter(actor_label=text)
        return rows | queryset.filter(request_id=text), False


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    capability = "imports:write"
    list_display = ("file_name", "status", "created_by", "created_at", "total_rows", "page")
    list_filter = ("status",)
    list_select_related = ("created_by",)
    date_hierarchy = "created_at"
    search_fields = ("file_name",)
    fields = (
        "page", "file_name", "status", "created_by", "created_at", "finished_at", "file_size",
        "file_hash", "facts", "mapping", "options", "batch", ("done_rows", "total_rows"), "error",
    )  # fmt: skip

    @admin.display(description="Result")
    def page(self, run: ImportRun) -> Any:
        return format_html('<a href="{}">Open</a>', reverse("import", args=[run.pk]))


@admin.register(DataBatch)
class DataBatchAdmin(ReadOnlyAdmin):
    capability = "imports:write"
    list_display = ("label", "kind", "created_by", "created_at", "reverted_at")
    list_filter = ("kind",)
    search_fields = ("label",)


@admin.register(ExportLog)
class ExportLogAdmin(ReadOnlyAdmin):
    capability = "audit:read"
    list_display = ("at", "user_label", "list_name", "format", "rows", "filters")
    list_filter = ("list_name", "format", ("at", RangeDateTimeFilter))
    search_fields = ("user_label", "list_name")


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """Made on the tokens page, which shows the secret once; here they can be seen and revoked."""

    capability = "tokens:write"
    list_display = (
        "name",
        "prefix",
        "user",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("user",)
    search_fields = ("name", "prefix", "user__username")
    fields = (
        "name", "prefix", "user", "scopes", "created_at", "expires_at", "last_used_at",
        "revoked_at",
    )  # fmt: skip
    actions = ("revoke",)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return can(request.user, "tokens:write")

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        for token in queryset:
            revoke_token(token=token)
        messages.success(request, "The tokens were revoked.")


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    capability = "webhooks:write"
    list_display = ("url", "description", "is_active", "failing_since", "created_by", "page")
    list_filter = ("is_active",)
    list_select_related = ("created_by",)
    search_fields = ("url", "description")
    fields = (
        "page", "url", "description", "event_types", "is_active", "failing_since", "disabled_at",
        "disabled_reason", "created_by", "created_at", "updated_at",
    )  # fmt: skip

    @admin.display(description="Settings")
    def page(self, endpoint: WebhookEndpoint) -> Any:
        return format_html('<a href="{}">Open</a>', reverse("webhook", args=[endpoint.pk]))


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    capability = "webhooks:write"
    list_display = ("created_at", "event", "endpoint", "status", "tries", "response_status")
    list_filter = ("status",)
    list_select_related = ("message", "endpoint")
    search_fields = ("message__key__exact",)
    fields = (
        "message", "endpoint", "status", "created_at", "due_at", "tries", "tried_at",
        "delivered_at", "response_status", "response_body", "duration_ms", "error",
    )  # fmt: skip

    @admin.display(description="Event")
    def event(self, delivery: WebhookDelivery) -> str:
        return delivery.message.event
