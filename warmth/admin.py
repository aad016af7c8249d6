"""Admin of the warmth tables: to look at. Values are set, rules written and events logged by the
services behind the pages, which leave reasons and history."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import RangeDateTimeFilter

from crm.admin.base import ReadOnlyAdmin
from crm.models import User
from crm.roles import can
from warmth.models import (
    ArchivedWarmthHistory,
    CustomerWarmth,
    CustomerWarmthHistory,
    WarmthAlgorithm,
    WarmthEvent,
    WarmthLevelCrossing,
    WarmthReport,
    WarmthScoringTrigger,
)

READ = "warmth:read"


class RuleInline(TabularInline):
    model = WarmthScoringTrigger
    extra = 0
    can_delete = False
    fields = (
        "trigger_name", "trigger_type", "target_component", "base_score_impact", "decay_rate",
        "max_occurrences", "time_window_days", "is_active",
    )  # fmt: skip

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return isinstance(request.user, User) and can(request.user, READ)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(CustomerWarmth)
class CustomerWarmthAdmin(ReadOnlyAdmin):
    capability = READ
    list_display = (
        "customer", "overall_warmth_score", "warmth_level", "purchase_probability",
        "confidence_level", "days_since_last_interaction", "algorithm_version",
    )  # fmt: skip
    list_filter = ("warmth_level", "is_active", "scoring_algorithm_used")
    list_select_related = ("customer",)
    search_fields = ("customer__phone",)
    search_help_text = "Name, phone, VIN or plate of the customer"
    search_customer_path = "customer"


@admin.register(CustomerWarmthHistory, ArchivedWarmthHistory)
class WarmthHistoryAdmin(ReadOnlyAdmin):
    capability = READ
    list_display = (
        "created_at", "customer_warmth_id", "warmth_score_snapshot", "warmth_level_snapshot",
        "score_change", "change_trigger", "actor_label", "source",
    )  # fmt: skip
    list_filter = ("warmth_level_snapshot", ("created_at", RangeDateTimeFilter))
    search_fields = ("change_trigger",)
    search_customer_path = "customer_warmth__customer"


@admin.register(WarmthEvent)
class WarmthEventAdmin(ReadOnlyAdmin):
    capability = READ
    list_display = ("occurred_at", "customer", "event_type", "value", "subject", "source")
    list_filter = ("event_type", "source", ("occurred_at", RangeDateTimeFilter))
    list_select_related = ("customer",)
    search_fields = ("event_key",)
    search_customer_path = "customer"


@admin.register(WarmthAlgorithm)
class WarmthAlgorithmAdmin(ReadOnlyAdmin):
    capability = READ
    list_display = ("version", "state", "split_percent", "is_calibrated", "published_at")
    list_filter = ("state",)
    search_fields = ("version",)
    inlines = (RuleInline,)


@admin.register(WarmthLevelCrossing)
class WarmthLevelCrossingAdmin(ReadOnlyAdmin):
    capability = READ
    list_display = ("crossed_at", "customer", "previous_level", "level", "score", "delivered_at")
    list_filter = ("direction", "level", ("crossed_at", RangeDateTimeFilter))
    list_select_related = ("customer",)
    search_fields = ("reason",)
    search_customer_path = "customer"


@admin.register(WarmthReport)
class WarmthReportAdmin(ReadOnlyAdmin):
    capability = "warmth:manage"
    list_display = ("kind", "period", "made_at")
    list_filter = ("kind",)
