from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models.functions import Cast, Greatest, Ln

from crm.models.base import Record, one_of
from crm.models.people import User
from warmth.enums import AlgorithmState, Component, EventType
from warmth.models.fields import within
from warmth.querysets import AlgorithmQuerySet, TriggerQuerySet

CHAMPION_PERCENT = 100


def weight(default: str) -> models.DecimalField[Any, Any]:
    value = Decimal(default)
    return models.DecimalField(max_digits=5, decimal_places=4, default=value, db_default=value)


def bound(default: str) -> models.DecimalField[Any, Any]:
    value = Decimal(default)
    return models.DecimalField(max_digits=5, decimal_places=2, default=value, db_default=value)


def parameter(default: str, help_text: str) -> models.DecimalField[Any, Any]:
    value = Decimal(default)
    return models.DecimalField(
        max_digits=7, decimal_places=3, default=value, db_default=value, help_text=help_text
    )


class WarmthAlgorithm(Record):
    """One version of weights, level bounds, curve and rules.

    Only a draft can be changed; publishing, retiring and the share of a trial are states of a
    version, not changes to it. Of the published versions one has `split_percent` 100 and scores
    everybody whom the other, on trial, does not.
    """

    version = models.CharField(max_length=50)
    description = models.TextField(default="", db_default="", blank=True)
    state = models.CharField(
        max_length=20,
        choices=AlgorithmState,
        default=AlgorithmState.DRAFT,
        db_default=AlgorithmState.DRAFT,
    )
    split_percent = models.PositiveSmallIntegerField(
        default=CHAMPION_PERCENT,
        db_default=CHAMPION_PERCENT,
        help_text="Share of the customers that a version on trial scores; 100 for the main one",
    )

    engagement_weight = weight("0.20")
    interaction_frequency_weight = weight("0.15")
    response_rate_weight = weight("0.10")
    budget_qualification_weight = weight("0.20")
    timeline_urgency_weight = weight("0.15")
    decision_making_authority_weight = weight("0.10")
    demographic_fit_weight = weight("0.05")
    past_purchase_behavior_weight = weight("0.05")

    scorching_from = bound("90")
    hot_from = bound("75")
    warm_from = bound("60")
    lukewarm_from = bound("45")
    cool_from = bound("30")
    cold_from = bound("15")

    probability_midpoint = parameter("69.960", "Score at which a purchase is as likely as not")
    probability_scale = parameter("12.000", "Points of score for one unit of log-odds")
    typical_purchase_value = models.DecimalField(
        max_digits=12,
        decimal_places=2,
        default=Decimal("35000.00"),
        db_default=Decimal("35000.00"),
        help_text="Predicted for who has named no price",
    )
    is_calibrated = models.BooleanField(
        default=False, db_default=False, help_text="Whether the curve was fitted to recorded sales"
    )

    based_on = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="successors"
    )
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    published_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = AlgorithmQuerySet.as_manager()

    class Meta:
        db_table = "warmth_algorithms"
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["version"], name="warmth_algorithms_version_once"),
            models.CheckConstraint(
                condition=~models.Q(version=""), name="warmth_algorithms_version_given"
            ),
            models.CheckConstraint(
                condition=one_of("state", AlgorithmState.values),
                name="warmth_algorithms_state_known",
            ),
            models.UniqueConstraint(
                models.F("state"),
                condition=models.Q(state=AlgorithmState.PUBLISHED, split_percent=CHAMPION_PERCENT),
                name="warmth_algorithms_one_published",
            ),
            models.UniqueConstraint(
                models.F("state"),
                condition=models.Q(
                    state=AlgorithmState.PUBLISHED, split_percent__lt=CHAMPION_PERCENT
                ),
                name="warmth_algorithms_one_on_trial",
            ),
            models.CheckConstraint(
                condition=models.Q(split_percent__range=(1, CHAMPION_PERCENT)),
                name="warmth_algorithms_split_range",
            ),
            models.CheckConstraint(
                condition=within(0, 1, *(f"{part}_weight" for part in Component)),
                name="warmth_algorithms_weights_range",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    past_purchase_behavior_weight=models.Value(Decimal(1))
                    - models.F("engagement_weight")
                    - models.F("interaction_frequency_weight")
                    - models.F("response_rate_weight")
                    - models.F("budget_qualification_weight")
                    - models.F("timeline_urgency_weight")
                    - models.F("decision_making_authority_weight")
                    - models.F("demographic_fit_weight")
                ),
                name="warmth_algorithms_weights_sum",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    cold_from__gt=0,
                    cool_from__gt=models.F("cold_from"),
                    lukewarm_from__gt=models.F("cool_from"),
                    warm_from__gt=models.F("lukewarm_from"),
                    hot_from__gt=models.F("warm_from"),
                    scorching_from__gt=models.F("hot_from"),
                    scorching_from__lte=100,
                ),
                name="warmth_algorithms_bounds_ordered",
            ),
            models.CheckConstraint(
                condition=models.Q(typical_purchase_value__gt=0),
                name="warmth_algorithms_value_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(probability_scale__gte=1, probability_midpoint__range=(0, 100)),
                name="warmth_algorithms_curve_plausible",
            ),
        ]

    def __str__(self) -> str:
        return self.version

    @property
    def weights(self) -> dict[str, Decimal]:
        """Component's name -> weight; they sum to 1."""
        return {part.value: getattr(self, f"{part}_weight") for part in Component}


class WarmthScoringTrigger(Record):
    """A rule of one version: what an event of a type adds to a component, and for how long.

    On day `age` an event is worth base x (1 - decay_rate)^(age / window) up to and including the
    window's last day, then nothing; only the newest `max_occurrences` inside the window count.
    """

    algorithm = models.ForeignKey(WarmthAlgorithm, models.CASCADE, related_name="triggers")
    trigger_name = models.CharField(max_length=255)
    trigger_type = models.CharField(max_length=30, choices=EventType)
    target_component = models.CharField(
        max_length=30,
        choices=Component,
        default=Component.ENGAGEMENT,
        db_default=Component.ENGAGEMENT,
    )
    base_score_impact = models.DecimalField(max_digits=5, decimal_places=2)
    decay_rate = models.DecimalField(
        max_digits=5, decimal_places=2, default=Decimal("0.10"), db_default=Decimal("0.10")
    )
    max_occurrences = models.IntegerField(default=1, db_default=1)
    time_window_days = models.IntegerField(default=90, db_default=90)
    is_active = models.BooleanField(default=True, db_default=True)
    # ln(1 - decay) / window, so that a night multiplies and never takes a logarithm. The floor is
    # for values that the constraint below is about to refuse.
    decay_exponent = models.GeneratedField(
        expression=Ln(Greatest(1.0 - Cast("decay_rate", models.FloatField()), models.Value(0.0001)))
        / Greatest(models.F("time_window_days"), models.Value(1)),
        output_field=models.FloatField(),
        db_persist=True,
    )

    objects = TriggerQuerySet.as_manager()

    class Meta:
        db_table = "warmth_scoring_triggers"
        ordering = ["trigger_type", "target_component"]
        constraints = [
            models.UniqueConstraint(
                fields=["algorithm", "trigger_type", "target_component"],
                name="warmth_triggers_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(trigger_name=""), name="warmth_triggers_named"
            ),
            models.CheckConstraint(
                condition=one_of("trigger_type", EventType.values),
                name="warmth_triggers_type_known",
            ),
            models.CheckConstraint(
                condition=one_of("target_component", Component.values),
                name="warmth_triggers_component_known",
            ),
            models.CheckConstraint(
                condition=within(-100, 100, "base_score_impact"),
                name="warmth_triggers_impact_range",
            ),
            models.CheckConstraint(
                condition=models.Q(decay_rate__gte=0, decay_rate__lt=1),
                name="warmth_triggers_decay_range",
            ),
            models.CheckConstraint(
                condition=models.Q(max_occurrences__gte=1),
                name="warmth_triggers_occurrences_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(time_window_days__range=(1, 1825)),
                name="warmth_triggers_window_range",
            ),
        ]

    def __str__(self) -> str:
        return self.trigger_name
