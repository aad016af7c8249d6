from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models

from crm.models.base import Record, one_of
from crm.models.people import Customer, User
from warmth.enums import (
    Component,
    ComponentSource,
    DecisionRole,
    EventType,
    ScoringAlgorithm,
    WarmthLevel,
)
from warmth.models.fields import amount, score, share, within
from warmth.querysets import CustomerWarmthQuerySet

NOTHING_KNOWN = ComponentSource.MISSING * len(Component)


class AdjustmentsAreValid(models.Func):
    """Whether each entry has a known component, a value, a reason and an expiry."""

    function = "warmth_adjustments_valid"
    output_field = models.BooleanField()


class CustomerWarmth(Record):
    """How likely a customer is to buy a car: one row for each customer.

    `warmth.services.recompute` brings rows up to date. Whoever writes otherwise (page, admin,
    psql) keeps to what triggers do: the level follows the score, a component that is written
    becomes an entry of `manual_adjustments`, and a change of score or level becomes history.

    `manual_adjustments` maps a component's name to {"value", "reason", "author", "author_id",
    "at", "expires_at"}: the value stands in place of the automatic one until it expires.
    `component_sources` has one letter of ComponentSource for each Component, in its order.
    `recorded_score` is the score of the newest history row.
    """

    customer = models.OneToOneField(Customer, models.CASCADE, related_name="warmth")

    overall_warmth_score = score()
    warmth_level = models.CharField(
        max_length=20,
        choices=WarmthLevel,
        default=WarmthLevel.ICE_COLD,
        db_default=WarmthLevel.ICE_COLD,
        editable=False,
    )
    purchase_probability = share()

    engagement_score = score()
    interaction_frequency_score = score()
    response_rate_score = score()
    budget_qualification_score = score()
    timeline_urgency_score = score()
    decision_making_authority_score = score()
    demographic_fit_score = score()
    past_purchase_behavior_score = score()

    days_since_first_contact = models.IntegerField(null=True, blank=True)
    days_since_last_interaction = models.IntegerField(null=True, blank=True)
    expected_purchase_timeframe = models.IntegerField(
        null=True, blank=True, help_text="Days until the customer decides"
    )

    total_interactions = models.IntegerField(default=0, db_default=0)
    meaningful_interactions = models.IntegerField(default=0, db_default=0)
    last_engagement_type = models.CharField(max_length=30, choices=EventType, null=True, blank=True)
    last_engagement_date = models.DateTimeField(null=True, blank=True)

    interested_vehicle_types = ArrayField(
        models.TextField(),
        default=list,
        db_default=models.Value([], output_field=ArrayField(models.TextField())),
        blank=True,
    )
    price_range_min = amount()
    price_range_max = amount()
    preferred_features = models.JSONField(
        default=dict, db_default=models.Value({}, models.JSONField()), blank=True
    )
    declared_purchase_date = models.DateField(
        null=True, blank=True, help_text="When the customer says they want to buy"
    )
    decision_role = models.CharField(max_length=20, choices=DecisionRole, null=True, blank=True)

    predicted_purchase_value = amount()
    predicted_purchase_date = models.DateField(null=True, blank=True)
    churn_risk_score = share()
    retention_probability = share()

    scoring_algorithm_used = models.CharField(
        max_length=20,
        choices=ScoringAlgorithm,
        default=ScoringAlgorithm.WRITTEN,
        db_default=ScoringAlgorithm.WRITTEN,
        editable=False,
    )
    algorithm_version = models.CharField(
        max_length=50, default="", db_default="", blank=True, editable=False
    )
    confidence_level = share(Decimal("0.00"))
    component_sources = models.CharField(
        max_length=8, default=NOTHING_KNOWN, db_default=NOTHING_KNOWN, editable=False
    )
    recorded_score = models.DecimalField(
        max_digits=5, decimal_places=2, null=True, blank=True, editable=False
    )
    manual_adjustments = models.JSONField(
        default=dict, db_default=models.Value({}, models.JSONField()), blank=True
    )
    warmth_notes = models.TextField(default="", db_default="", blank=True)
    calculated_by = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_column="calculated_by",
        help_text="Who last set a value by hand",
    )
    is_active = models.BooleanField(default=True, db_default=True)

    objects = CustomerWarmthQuerySet.as_manager()

    class Meta:
        db_table = "customer_warmth"
        ordering = ["-overall_warmth_score", "id"]
        verbose_name = "customer's warmth"
        verbose_name_plural = "customers' warmth"
        indexes = [
            models.Index(
                fields=["warmth_level", "-overall_warmth_score", "id"], name="customer_warmth_level"
            ),
            models.Index(fields=["-overall_warmth_score", "id"], name="customer_warmth_hottest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=within(0, 100, "overall_warmth_score"), name="customer_warmth_score_range"
            ),
            models.CheckConstraint(
                condition=within(0, 100, *(part.column for part in Component)),
                name="customer_warmth_components_range",
            ),
            models.CheckConstraint(
                condition=within(
                    0,
                    100,
                    "purchase_probability",
                    "churn_risk_score",
                    "retention_probability",
                    "confidence_level",
                ),
                name="customer_warmth_shares_range",
            ),
            models.CheckConstraint(
                condition=one_of("warmth_level", WarmthLevel.values),
                name="customer_warmth_level_known",
            ),
            models.CheckConstraint(
                condition=one_of("last_engagement_type", EventType.values),
                name="customer_warmth_engagement_known",
            ),
            models.CheckConstraint(
                condition=one_of("scoring_algorithm_used", ScoringAlgorithm.values),
                name="customer_warmth_algorithm_known",
            ),
            models.CheckConstraint(
                condition=one_of("decision_role", DecisionRole.values),
                name="customer_warmth_role_known",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    total_interactions__gte=0,
                    meaningful_interactions__gte=0,
                    meaningful_interactions__lte=models.F("total_interactions"),
                ),
                name="customer_warmth_interactions_counted",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    days_since_first_contact__gte=0,
                    days_since_last_interaction__gte=0,
                    expected_purchase_timeframe__gte=0,
                ),
                name="customer_warmth_days_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(price_range_min__gte=0, price_range_max__gte=0),
                name="customer_warmth_prices_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(price_range_min__lte=models.F("price_range_max")),
                name="customer_warmth_prices_ordered",
            ),
            models.CheckConstraint(
                condition=models.Q(predicted_purchase_value__gte=0),
                name="customer_warmth_value_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(component_sources__regex=r"^[-drp]{8}$"),
                name="customer_warmth_sources_shape",
            ),
            models.CheckConstraint(
                condition=models.Q(AdjustmentsAreValid("manual_adjustments")),
                name="customer_warmth_adjustments_explained",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.overall_warmth_score} {self.get_warmth_level_display()}"

    @property
    def sources(self) -> dict[str, ComponentSource]:
        """Component's name -> where its value comes from."""
        return {
            part.value: ComponentSource(letter)
            for part, letter in zip(Component, self.component_sources, strict=True)
        }

    @property
    def components(self) -> dict[str, Decimal]:
        """Component's name -> effective value, 0 to 100."""
        return {part.value: getattr(self, part.column) for part in Component}
