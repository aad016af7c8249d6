"""Scores, their history, and the sums over all customers."""

from django.db.models import F
from rest_framework import serializers

from crm.rest.inputs import Input
from crm.rest.rows import Rows
from warmth.enums import Component, EngagementStatus, WarmthLevel
from warmth.expressions import DAYS_SILENT, engagement_status
from warmth.models import ArchivedWarmthHistory, CustomerWarmth, CustomerWarmthHistory
from warmth.services.adjustments import DECLARED, DEFAULT_DAYS

COMPONENTS = tuple(part.column for part in Component)


class WarmthRows(Rows):
    """One customer's warmth. `component_sources` has a letter for each component, in the order of
    their fields: `d` derived, `r` derived and rules, `p` set by a person, `-` nothing known."""

    customer_id = serializers.UUIDField(read_only=True)
    customer_name = serializers.CharField(read_only=True)

    class Meta:
        model = CustomerWarmth
        ref_name = "CustomerWarmth"
        fields = (
            "id",
            "customer_id",
            "customer_name",
            "overall_warmth_score",
            "warmth_level",
            "purchase_probability",
            *COMPONENTS,
            "component_sources",
            "manual_adjustments",
            "confidence_level",
            "days_since_first_contact",
            "days_since_last_interaction",
            "expected_purchase_timeframe",
            "total_interactions",
            "meaningful_interactions",
            "last_engagement_type",
            "last_engagement_date",
            "interested_vehicle_types",
            "price_range_min",
            "price_range_max",
            "preferred_features",
            "declared_purchase_date",
            "decision_role",
            "predicted_purchase_value",
            "predicted_purchase_date",
            "churn_risk_score",
            "retention_probability",
            "scoring_algorithm_used",
            "algorithm_version",
            "warmth_notes",
            "is_active",
            "created_at",
            "updated_at",
        )
        computed = {"customer_name": F("customer__name")}


class WarmthInput(Input):
    """Only what is sent changes. A component that is sent stands as a person's value until the end
    of `expires_on`; null gives it back to the automatic value."""

    notes = serializers.CharField(
        source="warmth_notes", max_length=4000, required=False, allow_blank=True
    )
    reason = serializers.CharField(
        max_length=500,
        required=False,
        help_text="Why the components are set; without it `notes` stand for it.",
    )
    expires_on = serializers.DateField(
        required=False,
        help_text=f"Last day of the components that are set; {DEFAULT_DAYS} days ahead without "
        "it, a year at most.",
    )
    interested_vehicle_types = serializers.ListField(
        child=serializers.CharField(max_length=60), max_length=30, required=False
    )
    preferred_features = serializers.DictField(required=False)

    class Meta(Input.Meta):
        model = CustomerWarmth
        ref_name = "WarmthInput"
        fields = (
            *COMPONENTS,
            *sorted(DECLARED - {"warmth_notes"}),
            "notes",
            "reason",
            "expires_on",
        )
        extra_kwargs = {
            name: {"allow_null": True, "required": False, "min_value": 0, "max_value": 100}
            for name in COMPONENTS
        }


class WarmthAnalyticsRows(Rows):
    """One customer as in the view `warmth_analytics`; days are counted to the day of reading."""

    customer_id = serializers.UUIDField(read_only=True)
    customer_name = serializers.CharField(read_only=True)
    email = serializers.CharField(read_only=True, allow_null=True)
    phone = serializers.CharField(read_only=True, allow_null=True)
    days_silent = serializers.IntegerField(read_only=True, allow_null=True)
    engagement_status = serializers.ChoiceField(EngagementStatus.choices, read_only=True)

    class Meta:
        model = CustomerWarmth
        ref_name = "WarmthAnalytics"
        fields = (
            "id",
            "customer_id",
            "customer_name",
            "email",
            "phone",
            "overall_warmth_score",
            "warmth_level",
            "purchase_probability",
            *COMPONENTS,
            "confidence_level",
            "days_since_last_interaction",
            "days_silent",
            "engagement_status",
            "expected_purchase_timeframe",
            "last_engagement_type",
            "last_engagement_date",
            "interested_vehicle_types",
            "price_range_min",
            "price_range_max",
            "predicted_purchase_value",
            "predicted_purchase_date",
            "churn_risk_score",
            "retention_probability",
            "algorithm_version",
            "is_active",
            "updated_at",
        )
        computed = {
            "customer_name": F("customer__name"),
            "email": F("customer__email"),
            "phone": F("customer__phone"),
            "days_silent": DAYS_SILENT,
            "engagement_status": engagement_status(),
        }


class WarmthHistoryRows(Rows):
    """One change of score or level, with its cause."""

    class Meta:
        model = CustomerWarmthHistory
        ref_name = "WarmthHistory"
        fields: tuple[str, ...] = (
            "id",
            "warmth_score_snapshot",
            "warmth_level_snapshot",
            "score_change",
            "change_trigger",
            "change_description",
            "algorithm_version",
            "actor_id",
            "actor_label",
            "source",
            "created_at",
        )


class ArchivedWarmthHistoryRows(WarmthHistoryRows):
    """The same from the archive."""

    class Meta(WarmthHistoryRows.Meta):
        model = ArchivedWarmthHistory  # type: ignore[assignment]
        ref_name = "ArchivedWarmthHistory"


class WarmthStage(serializers.Serializer[object]):
    level = serializers.ChoiceField(WarmthLevel.choices)
    customers = serializers.IntegerField()
    average_score = serializers.DecimalField(5, 2, allow_null=True)
    average_value = serializers.DecimalField(12, 2, allow_null=True)
    total_value = serializers.DecimalField(20, 2)
    expected_value = serializers.DecimalField(20, 2)


class WarmthPipeline(serializers.Serializer[object]):
    """Active customers by level, the warmest first; `expected_value` weighs each predicted value
    with its probability."""

    results = WarmthStage(many=True)


class WarmthShare(serializers.Serializer[object]):
    level = serializers.ChoiceField(WarmthLevel.choices)
    count = serializers.IntegerField()
    percentage = serializers.DecimalField(5, 2)


class WarmthDistribution(serializers.Serializer[object]):
    """How many active customers each level has, the warmest first."""

    results = WarmthShare(many=True)


class WarmthTrendDay(serializers.Serializer[object]):
    day = serializers.DateField()
    customers = serializers.IntegerField()
    changes = serializers.IntegerField()
    average_score = serializers.DecimalField(5, 2)
    gained = serializers.DecimalField(12, 2)
    lost = serializers.DecimalField(12, 2)


class WarmthTrends(serializers.Serializer[object]):
    """Those of the last 30 days on which scores moved, oldest first."""

    results = WarmthTrendDay(many=True)


class CustomerTrendDay(serializers.Serializer[object]):
    day = serializers.DateField()
    average_score = serializers.DecimalField(5, 2)
    lowest_score = serializers.DecimalField(5, 2)
    highest_score = serializers.DecimalField(5, 2)
    change = serializers.DecimalField(7, 2)
    changes = serializers.IntegerField()
    triggers = serializers.CharField()


class CustomerTrends(serializers.Serializer[object]):
    """Those of the last 30 days on which the customer's score moved, oldest first."""

    results = CustomerTrendDay(many=True)
