from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from django.db import models
from django.db.models.functions import Now

from crm.models import User
from crm.models.base import Record, one_of
from leads.enums import ParameterState
from leads.parameters import EVIDENCE, LikelihoodRatio, Parameters, Price
from leads.querysets import ScoringParametersQuerySet

_MAPPINGS = frozenset({"likelihood_ratios", "prices", "type_prices"})


class ScoringParameters(models.Model):
    """One version of the numbers that scores rest on. Rows are immutable; which one is in use
    stands in `ParameterActivation`."""

    name = models.CharField(max_length=60)
    priors = models.JSONField(help_text="Failure rate by vehicle type")
    cohort_priors = models.JSONField(default=dict, db_default={}, blank=True)
    likelihood_ratios = models.JSONField(help_text="Ratios of present and of absent evidence")
    prices = models.JSONField(help_text="Parts and service by model")
    type_prices = models.JSONField(help_text="Parts and service by vehicle type")
    horizon_days = models.IntegerField(default=90)
    starts_mean = models.FloatField(default=1200)
    starts_sigma = models.FloatField(default=480)
    environment_base = models.FloatField(default=0.66)
    usage_floor = models.FloatField(default=0.90)
    usage_ceiling = models.FloatField(default=1.20)
    usage_slope = models.FloatField(default=0.20)
    usage_centre_miles = models.FloatField(default=12_000)
    prior_floor = models.FloatField(default=0.01)
    prior_ceiling = models.FloatField(default=0.50)
    swing_threshold = models.FloatField(default=40)
    start_z_threshold = models.FloatField(default=2)
    short_trip_threshold = models.FloatField(default=0.50)
    evidence_days = models.IntegerField(default=180)
    high_band = models.FloatField(default=0.60)
    medium_band = models.FloatField(default=0.30)
    recalibration_intercept = models.FloatField(default=0)
    recalibration_slope = models.FloatField(default=1)
    provenance = models.TextField(help_text="Where the numbers come from")
    is_calibrated = models.BooleanField(default=False, db_default=False)
    estimates = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="Intervals and counts behind the values"
    )
    based_on = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="successors"
    )
    author = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.TextField(blank=True, default="", db_default="")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ScoringParametersQuerySet.as_manager()

    class Meta:
        db_table = "scoring_parameters"
        ordering = ["-id"]
        verbose_name_plural = "scoring parameters"
        constraints = [
            models.UniqueConstraint(fields=["name"], name="scoring_parameters_name_once"),
            models.CheckConstraint(
                condition=~models.Q(name="") & ~models.Q(provenance=""),
                name="scoring_parameters_described",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    starts_sigma__gt=0, usage_centre_miles__gt=0, horizon_days__gt=0
                ),
                name="scoring_parameters_scales_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(prior_floor__gt=0, prior_ceiling__lte=0.5)
                & models.Q(prior_floor__lt=models.F("prior_ceiling")),
                name="scoring_parameters_prior_range",
            ),
            models.CheckConstraint(
                condition=models.Q(medium_band__gt=0, high_band__lt=1)
                & models.Q(medium_band__lt=models.F("high_band")),
                name="scoring_parameters_bands_in_order",
            ),
            # Within these limits and those of the ratios a posterior can be neither 0 nor 1.
            models.CheckConstraint(
                condition=models.Q(
                    recalibration_intercept__range=(-5, 5), recalibration_slope__range=(0.1, 2)
                ),
                name="scoring_parameters_recalibration_range",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def values(self) -> Parameters:
        """The set as the pure modules take it."""
        data: dict[str, Any] = {
            f.name: getattr(self, f.name) for f in fields(Parameters) if f.name not in _MAPPINGS
        }
        ratios: Mapping[str, Any] = self.likelihood_ratios
        return Parameters(
            **data,
            likelihood_ratios={name: LikelihoodRatio(**ratios[name]) for name in EVIDENCE},
            prices={model: Price(**price) for model, price in self.prices.items()},
            type_prices={kind: Price(**price) for kind, price in self.type_prices.items()},
        )


def columns(parameters: Parameters) -> dict[str, Any]:
    """`parameters` as the column values of a ScoringParameters row."""
    return asdict(parameters)


class ParameterActivation(Record):
    """What a parameter set is used as now; the audit trail keeps what it was before."""

    parameters = models.OneToOneField(ScoringParameters, models.PROTECT, related_name="activation")
    state = models.CharField(
        max_length=20, choices=ParameterState, default=ParameterState.CHALLENGER
    )
    since = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    reason = models.TextField(blank=True, default="", db_default="")

    class Meta:
        db_table = "parameter_activations"
        ordering = ["-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"],
                condition=models.Q(state=ParameterState.CHAMPION),
                name="parameter_activations_one_champion",
            ),
            models.CheckConstraint(
                condition=one_of("state", ParameterState.values),
                name="parameter_activations_state_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.parameters}: {self.get_state_display()}"
