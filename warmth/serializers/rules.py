"""Versions of the algorithm, their rules, and what a version would change."""

from django.db.models import F
from rest_framework import serializers

from crm.rest.inputs import Command, Input
from crm.rest.rows import Rows
from warmth.enums import WarmthLevel
from warmth.models import WarmthAlgorithm, WarmthScoringTrigger
from warmth.services.algorithms import RULE_FIELDS, SETTINGS


class WarmthAlgorithmRows(Rows):
    """A version: weights that sum to 1, bounds of the levels, the curve of the probability."""

    class Meta:
        model = WarmthAlgorithm
        ref_name = "WarmthAlgorithm"
        fields = (
            "id",
            "version",
            "description",
            "state",
            "split_percent",
            *SETTINGS,
            "based_on",
            "created_by",
            "published_by",
            "published_at",
            "retired_at",
            "created_at",
            "updated_at",
        )


class WarmthAlgorithmInput(Input):
    """What a draft may have changed."""

    class Meta(Input.Meta):
        model = WarmthAlgorithm
        ref_name = "WarmthAlgorithmInput"
        fields: tuple[str, ...] = ("version", "description", *SETTINGS)


class WarmthDraftInput(Input):
    """A draft begins as a copy of `based_on`, of the version in force without it."""

    class Meta(Input.Meta):
        model = WarmthAlgorithm
        ref_name = "WarmthDraftInput"
        fields = ("version", "description", "based_on")


class WarmthTriggerRows(Rows):
    """A rule of one version: what an event of a type adds to a component, and for how long."""

    algorithm_version = serializers.CharField(read_only=True)
    algorithm_state = serializers.CharField(read_only=True)

    class Meta:
        model = WarmthScoringTrigger
        ref_name = "WarmthTrigger"
        fields = (
            "id",
            "algorithm",
            "algorithm_version",
            "algorithm_state",
            *RULE_FIELDS,
            "created_at",
            "updated_at",
        )
        computed = {
            "algorithm_version": F("algorithm__version"),
            "algorithm_state": F("algorithm__state"),
        }


class WarmthTriggerChange(Input):
    """A rule of a draft."""

    class Meta(Input.Meta):
        model = WarmthScoringTrigger
        ref_name = "WarmthTriggerChange"
        fields: tuple[str, ...] = RULE_FIELDS


class WarmthTriggerInput(WarmthTriggerChange):
    """A new rule; without `algorithm` it goes into the newest draft, which is made where there is
    none."""

    algorithm = serializers.PrimaryKeyRelatedField(
        queryset=WarmthAlgorithm.objects.all(), required=False
    )

    class Meta(WarmthTriggerChange.Meta):
        ref_name = "WarmthTriggerInput"
        fields = ("algorithm", *RULE_FIELDS)


class WarmthReasonInput(Command):
    """Why; it stands in the audit trail."""

    reason = serializers.CharField(max_length=500)


class WarmthTrialInput(WarmthReasonInput):
    """A trial scores always the same customers."""

    percent = serializers.IntegerField(
        min_value=1, max_value=99, help_text="Share of the customers."
    )


class WarmthLevelChange(serializers.Serializer[object]):
    level = serializers.ChoiceField(WarmthLevel.choices)
    customers_now = serializers.IntegerField()
    customers_then = serializers.IntegerField()


class WarmthMover(serializers.Serializer[object]):
    customer_id = serializers.UUIDField()
    name = serializers.CharField()
    level = serializers.ChoiceField(WarmthLevel.choices)
    new_level = serializers.ChoiceField(WarmthLevel.choices)
    score = serializers.DecimalField(5, 2)
    new_score = serializers.DecimalField(5, 2)


class WarmthPreview(serializers.Serializer[object]):
    """What a version would change if it scored everybody today; nothing is written."""

    customers = serializers.IntegerField()
    changing = serializers.IntegerField(help_text="Customers whose level would change.")
    mean_change = serializers.DecimalField(5, 2)
    distribution = WarmthLevelChange(many=True)
    movers = WarmthMover(many=True, help_text="Those whose scores would move furthest.")
