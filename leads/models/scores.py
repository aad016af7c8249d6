from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from crm.models.base import one_of
from leads.enums import ContactUrgency, FailureWindow, ScoreCause
from leads.models.leads import Lead
from leads.models.parameters import ScoringParameters
from leads.querysets import LeadRecordQuerySet, LeadScoreQuerySet


class LeadScore(models.Model):
    """What is computed about a lead, in a narrow table of its own that is cheap to rewrite.

    The four pieces of evidence are True, False or, when unknown, null. `is_open` follows the
    lead's status by trigger; a closed lead keeps the score it was closed with.
    """

    lead = models.OneToOneField(Lead, models.CASCADE, primary_key=True, related_name="score")
    # Without a constraint in the database: sets cannot be deleted, and checking each row would cost
    # a third of the time when another set is activated.
    parameters = models.ForeignKey(
        ScoringParameters,
        models.PROTECT,
        related_name="scores",
        db_index=False,
        db_constraint=False,
    )
    base_prior = models.FloatField()
    adjusted_prior = models.FloatField()
    combined_lr = models.FloatField("combined LR")
    posterior_probability = models.FloatField()
    recorded_posterior = models.FloatField(help_text="The posterior of the last row in the history")
    start_cycle_z = models.FloatField(null=True)
    scored_at = models.DateTimeField(db_default=Now(), help_text="Since when the score is this")
    expected_value = models.DecimalField(max_digits=10, decimal_places=2)
    parts_cost = models.IntegerField()
    service_cost = models.IntegerField()
    total_opportunity = models.IntegerField()
    risk_percentile = models.SmallIntegerField()
    urgency_score = models.SmallIntegerField()
    is_open = models.BooleanField(db_default=True)
    is_clamped = models.BooleanField()
    temperature_cycling = models.BooleanField(null=True)
    ignition_frequency = models.BooleanField(null=True)
    soc_decline = models.BooleanField("SOC decline", null=True)
    short_trips = models.BooleanField(null=True)
    contact_urgency = models.CharField(max_length=10, choices=ContactUrgency)
    predicted_failure_window = models.CharField(max_length=12, choices=FailureWindow)
    active_lrs = ArrayField(models.FloatField())

    objects = LeadScoreQuerySet.as_manager()

    class Meta:
        db_table = "lead_scores"
        indexes = [
            models.Index(
                fields=["-urgency_score", "-lead"],
                name="lead_scores_work_list",
                condition=models.Q(is_open=True),
            ),
            models.Index(
                fields=["posterior_probability", "lead"],
                name="lead_scores_by_posterior",
                condition=models.Q(is_open=True),
            ),
            models.Index(
                fields=["expected_value", "lead"],
                name="lead_scores_by_value",
                condition=models.Q(is_open=True),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(posterior_probability__gt=0, posterior_probability__lt=1),
                name="lead_scores_posterior_range",
            ),
            models.CheckConstraint(
                condition=models.Q(risk_percentile__range=(0, 100), urgency_score__range=(0, 100)),
                name="lead_scores_percentages",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.posterior_probability:.3f}"


class ScoreHistory(models.Model):
    """Append-only: a row for the first score of a lead, and for each change of its band or of
    the posterior by 0.01 or more since the last row."""

    # The database deletes these rows with their lead; a DELETE of their own is refused.
    lead = models.ForeignKey(Lead, models.DO_NOTHING, related_name="score_history", db_index=False)
    at = models.DateTimeField(db_default=Now())
    posterior_probability = models.FloatField()
    contact_urgency = models.CharField(max_length=10, choices=ContactUrgency)
    parameters = models.ForeignKey(
        ScoringParameters, models.PROTECT, related_name="+", db_index=False
    )
    cause = models.CharField(max_length=10, choices=ScoreCause)

    class Meta:
        db_table = "lead_score_history"
        ordering = ["lead", "-at", "-id"]
        verbose_name_plural = "score history"
        indexes = [models.Index(fields=["lead", "-at"], name="lead_score_history_lead")]
        constraints = [
            models.CheckConstraint(
                condition=one_of("cause", ScoreCause.values),
                name="lead_score_history_cause_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.posterior_probability:.3f} on {timezone.localdate(self.at)}"


class LeadRecord(models.Model):
    """The seed's flat record: a view in which every field of the specification stands under its
    name and in its order, for leads that have a score."""

    lead = models.OneToOneField(
        Lead, models.DO_NOTHING, primary_key=True, related_name="record", db_column="lead_id"
    )
    vin = models.CharField(max_length=17)
    year = models.IntegerField()
    make = models.CharField(max_length=50)
    model = models.CharField(max_length=50)
    vehicle_type = models.CharField(max_length=20)
    weight_class = models.CharField(max_length=10)
    current_mileage = models.IntegerField(null=True)
    vehicle_age = models.IntegerField(null=True)
    zip_code = models.CharField(max_length=5, null=True)
    city = models.CharField(max_length=100, null=True)
    state = models.CharField(max_length=2, null=True)
    climate_zone = models.CharField(max_length=20, null=True)
    temp_winter = models.IntegerField(null=True)
    temp_summer = models.IntegerField(null=True)
    temperature_delta = models.IntegerField(null=True)
    start_cycles_annual = models.IntegerField(null=True)
    start_cycle_deviation = models.FloatField(null=True)
    temperature_stress = models.FloatField(null=True)
    short_trip_percentage = models.FloatField(null=True)
    estimated_cold_starts = models.IntegerField(null=True)
    base_prior = models.FloatField()
    adjusted_prior = models.FloatField()
    active_lrs = ArrayField(models.FloatField())
    combined_lr = models.FloatField()
    posterior_probability = models.FloatField()
    risk_percentile = models.SmallIntegerField()
    urgency_score = models.SmallIntegerField()
    primary_service = models.CharField(max_length=40)
    parts_cost = models.IntegerField()
    service_cost = models.IntegerField()
    total_opportunity = models.IntegerField()
    contact_urgency = models.CharField(max_length=10)
    predicted_failure_window = models.CharField(max_length=12)
    customer_name = models.CharField(max_length=201)
    cohort_assignment = models.CharField(max_length=50)
    temperature_swing = models.IntegerField(null=True)
    start_cycle_z = models.FloatField(null=True)
    expected_value = models.DecimalField(max_digits=10, decimal_places=2)
    is_clamped = models.BooleanField()
    temperature_cycling = models.BooleanField(null=True)
    ignition_frequency = models.BooleanField(null=True)
    soc_decline = models.BooleanField(null=True)
    short_trips = models.BooleanField(null=True)
    soc_value = models.FloatField(null=True)
    soc_source = models.CharField(max_length=20, null=True)
    soc_date = models.DateField(null=True)
    parameters = models.ForeignKey(ScoringParameters, models.DO_NOTHING, related_name="+")
    parameters_name = models.CharField(max_length=60)
    scored_at = models.DateTimeField()
    source = models.CharField(max_length=20)
    status = models.CharField(max_length=20)
    is_open = models.BooleanField()
    snoozed_until = models.DateTimeField(null=True)
    vehicle_id = models.UUIDField(null=True)
    customer_id = models.UUIDField(null=True)
    batch_id = models.UUIDField(null=True)
    as_of = models.DateField()

    objects = LeadRecordQuerySet.as_manager()

    class Meta:
        db_table = "lead_records"
        managed = False
        ordering = ["lead"]

    def __str__(self) -> str:
        return f"{self.vin}"
