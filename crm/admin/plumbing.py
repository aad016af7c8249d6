"""Tables that the API keeps for itself, to look at when something seems wrong.

The search tables are no records but an index that triggers keep; they have no page.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from crm.admin.base import ReadOnlyAdmin
from crm.admin_site import is_administrator
from crm.models import IdempotencyKey, RateBucket


class PlumbingAdmin(ReadOnlyAdmin):
    """For administrators alone: stored answers repeat customers' data."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_administrator(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_administrator(request)


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(PlumbingAdmin):
    list_display = ("created_at", "owner", "key", "status")
    list_filter = ("status",)
    search_fields = ("owner__exact", "key__exact")
    fields = ("created_at", "owner", "key", "status", "request_hash")
    ordering = ("-created_at",)


@admin.register(RateBucket)
class RateBucketAdmin(PlumbingAdmin):
    list_display = ("owner", "window_start", "count")
    search_fields = ("owner__exact",)
    ordering = ("-window_start",)
