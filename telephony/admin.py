"""The telephone's tables in the Django admin: to look at. Pages and callbacks write them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeDateTimeFilter

from crm.admin.base import ReadOnlyAdmin, StreamedExport
from crm.admin_site import is_administrator
from telephony.exporting import CALLS
from telephony.models import CallAccess, CallLog, ProviderEvent


@admin.register(CallLog)
class CallLogAdmin(StreamedExport, ReadOnlyAdmin):
    """Without recordings and transcripts: those are heard on the call's page, where each hearing
    is noted."""

    capability = "calls:read"
    list_display = (
        "started_at", "direction", "caller_phone", "customer", "status", "answered_by", "outcome",
        "advisor", "duration_seconds",
    )  # fmt: skip
    list_filter = (
        "direction", "status", "answered_by", "outcome", "provider", "is_voicemail",
        ("started_at", RangeDateTimeFilter),
    )  # fmt: skip
    list_select_related = ("customer", "advisor")
    exclude = ("recording_url", "transcript")
    search_fields = ("call_sid__exact",)
    search_customer_path = "customer_id"
    search_help_text = "The provider's call id, or the customer's name, phone, plate or VIN"
    export_name = "calls"
    export_columns = CALLS


@admin.register(CallAccess)
class CallAccessAdmin(ReadOnlyAdmin):
    """Who listened and who read."""

    capability = "calls:manage"
    list_display = ("at", "label", "what", "call")
    list_filter = ("what", ("at", RangeDateTimeFilter))
    list_select_related = ("call",)
    search_fields = ("label__exact",)


@admin.register(ProviderEvent)
class ProviderEventAdmin(ReadOnlyAdmin):
    """Callbacks as they came, without what they said: numbers and words of customers."""

    list_display = ("received_at", "provider", "kind", "call_sid", "processed_at")
    list_filter = ("provider", "kind", ("received_at", RangeDateTimeFilter))
    search_fields = ("call_sid__exact",)
    exclude = ("payload",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_administrator(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_administrator(request)
