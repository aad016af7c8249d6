"""The telephone's tables in the Django admin: to look at. Pages and callbacks write them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import RangeDateTimeFilter

from crm.admin.base import ReadOnlyAdmin
from crm.admin_site import is_administrator
from crm.roles import can
from telephony.exporting import CALLS
from telephony.models import (
    AgentAction,
    CallAccess,
    CallerVerification,
    CallLog,
    ProviderEvent,
    VerificationAttempt,
    VerificationCounter,
    VerificationUnlock,
)


@admin.register(CallLog)
class CallLogAdmin(ReadOnlyAdmin):
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


class AttemptInline(TabularInline):
    """Which questions were answered, right or wrong. What was said is stored nowhere."""

    model = VerificationAttempt
    fields = ("at", "factor", "passed")
    readonly_fields = fields
    extra = 0
    max_num = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return can(request.user, "calls:manage")


@admin.register(CallerVerification)
class CallerVerificationAdmin(ReadOnlyAdmin):
    """Who claimed to be whom. Callers are unlocked on the page of verifications."""

    capability = "calls:manage"
    list_display = (
        "created_at", "customer", "claimed_phone", "channel", "by", "verified_at", "locked_at",
        "refused_answers",
    )  # fmt: skip
    list_filter = ("channel", ("created_at", RangeDateTimeFilter))
    list_select_related = ("customer", "by")
    exclude = ("subject", "number_key")
    search_fields = ("claimed_phone__exact",)
    search_customer_path = "customer_id"
    search_help_text = "The number as +12055550142, or the customer's name, phone, plate or VIN"
    inlines = (AttemptInline,)


@admin.register(VerificationUnlock)
class VerificationUnlockAdmin(ReadOnlyAdmin):
    capability = "calls:manage"
    list_display = ("created_at", "customer", "by", "reason")
    list_filter = (("created_at", RangeDateTimeFilter),)
    list_select_related = ("customer", "by")
    search_fields = ("reason",)
    search_customer_path = "customer_id"


@admin.register(AgentAction)
class AgentActionAdmin(ReadOnlyAdmin):
    """What the voice agent did, without its answers, which may name the customer's affairs."""

    capability = "calls:manage"
    list_display = ("created_at", "tool", "call")
    list_filter = ("tool", ("created_at", RangeDateTimeFilter))
    list_select_related = ("call",)
    fields = ("created_at", "tool", "call")
    search_fields = ("call__call_sid__exact",)


class AdministratorsOnly(ReadOnlyAdmin):
    """Plumbing, to look at when something seems wrong."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_administrator(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_administrator(request)


@admin.register(VerificationCounter)
class VerificationCounterAdmin(AdministratorsOnly):
    """Whose answers are counted at all; numbers of strangers stand as keyed digests."""

    list_display = ("key", "touched_at")
    search_fields = ("key__exact",)
    ordering = ("-touched_at",)


@admin.register(ProviderEvent)
class ProviderEventAdmin(AdministratorsOnly):
    """Callbacks as they came, without what they said: numbers and words of customers."""

    list_display = ("received_at", "provider", "kind", "call_sid", "processed_at")
    list_filter = ("provider", "kind", ("received_at", RangeDateTimeFilter))
    search_fields = ("call_sid__exact",)
    exclude = ("payload",)
