"""Admin of the leads tables: facts and scores to look at, parameter sets that never change."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import TabularInline

from crm.admin.base import ReadOnlyAdmin
from crm.models import User
from crm.roles import can
from leads.models import (
    BatteryTest,
    ClimateNormal,
    Lead,
    LeadScore,
    ParameterActivation,
    ScoreHistory,
    ScoringParameters,
)


class _ReadOnlyInline(TabularInline):
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return isinstance(request.user, User) and can(request.user, "leads:read")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ScoreInline(_ReadOnlyInline):
    model = LeadScore
    fields = (
        "posterior_probability", "risk_percentile", "urgency_score", "contact_urgency",
        "predicted_failure_window", "expected_value", "parameters", "scored_at",
    )  # fmt: skip


class HistoryInline(_ReadOnlyInline):
    model = ScoreHistory
    fields = ("at", "posterior_probability", "contact_urgency", "parameters", "cause")
    ordering = ("-at", "-id")


@admin.register(Lead)
class LeadAdmin(ReadOnlyAdmin):
    capability = "leads:read"
    list_display = (
        "lead_id", "vin", "year", "make", "model", "customer_name", "state", "status", "urgency",
    )  # fmt: skip
    list_filter = ("status", "source", "vehicle_type", "climate_zone", "state")
    list_select_related = ("score",)
    search_fields = ("vin",)
    search_help_text = "VIN"
    ordering = ("-lead_id",)
    inlines = (ScoreInline, HistoryInline)

    @admin.display(description="Urgency")
    def urgency(self, lead: Lead) -> int | None:
        score = getattr(lead, "score", None)
        return score.urgency_score if score else None


@admin.register(ScoringParameters)
class ScoringParametersAdmin(ReadOnlyAdmin):
    capability = "leads:read"
    list_display = ("name", "state", "is_calibrated", "author", "reason", "created_at")
    list_filter = ("activation__state", "is_calibrated")
    list_select_related = ("activation", "author")
    search_fields = ("name", "reason")
    ordering = ("-id",)

    @admin.display(description="State")
    def state(self, row: ScoringParameters) -> str:
        return str(row.activation.get_state_display()) if hasattr(row, "activation") else ""


@admin.register(ParameterActivation)
class ParameterActivationAdmin(ReadOnlyAdmin):
    capability = "leads:read"
    list_display = ("parameters", "state", "since", "by", "reason")
    list_filter = ("state",)
    list_select_related = ("parameters", "by")
    search_fields = ("parameters__name", "reason")


@admin.register(BatteryTest)
class BatteryTestAdmin(ReadOnlyAdmin):
    capability = "leads:read"
    list_display = (
        "tested_at", "vehicle", "result", "technician", "voltage", "predicted_probability",
    )  # fmt: skip
    list_filter = ("result", "predicted_by")
    list_select_related = ("vehicle", "technician")
    search_fields = ("vehicle__vin",)
    search_help_text = "VIN"


@admin.register(ClimateNormal)
class ClimateNormalAdmin(ReadOnlyAdmin):
    capability = "leads:read"
    list_display = (
        "zip_code", "city", "state", "climate_zone", "temp_winter", "temp_summer",
        "temperature_swing", "temperature_stress",
    )  # fmt: skip
    list_filter = ("climate_zone", "state")
    search_fields = ("zip_code", "city")
