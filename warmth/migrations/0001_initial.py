"""Tables of the purchase-likelihood engine."""

import uuid
from decimal import Decimal

import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import django.db.models.functions.math
from django.conf import settings
from django.db import migrations, models

import warmth.models.scores
from warmth.migrations._sql import sql_file


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("crm", "0004_service_line_orders"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        sql_file("functions"),
        migrations.CreateModel(
            name="CustomerWarmth",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        default=uuid.uuid4,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.contrib.postgres.functions.TransactionNow(),
                        editable=False,
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        db_default=django.contrib.postgres.functions.TransactionNow(),
                        editable=False,
                    ),
                ),
                (
                    "overall_warmth_score",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=5,
                    ),
                ),
                (
                    "warmth_level",
                    models.CharField(
                        choices=[
                            ("ice_cold", "Ice cold"),
                            ("cold", "Cold"),
                            ("cool", "Cool"),
                            ("lukewarm", "Lukewarm"),
                            ("warm", "Warm"),
                            ("hot", "Hot"),
                            ("scorching", "Scorching"),
                        ],
                        db_default="ice_cold",
                        default="ice_cold",
                        editable=False,
                        max_length=20,
                    ),
                ),
                (
                    "purchase_probability",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True),
                ),
                (
                    "engagement_score",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=5,
                    ),
                ),
                (
                    "interaction_frequency_score",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=5,
                    ),
                ),
                (
                    "response_rate_score",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=5,
                    ),
                ),
                (
                    "budget_qualification_score",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=5,
                    ),
                ),
                (
                    "timeline_urgency_score",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=5,
                    ),
                ),
                (
                    "decision_making_authority_score",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=5,
                    ),
                ),
                (
                    "demographic_fit_score",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=5,
                    ),
                ),
                (
                    "past_purchase_behavior_score",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=5,
                    ),
                ),
                ("days_since_first_contact", models.IntegerField(blank=True, null=True)),
                ("days_since_last_interaction", models.IntegerField(blank=True, null=True)),
                (
                    "expected_purchase_timeframe",
                    models.IntegerField(
                        blank=True, help_text="Days until the customer decides", null=True
                    ),
                ),
                ("total_interactions", models.IntegerField(db_default=0, default=0)),
                ("meaningful_interactions", models.IntegerField(db_default=0, default=0)),
                (
                    "last_engagement_type",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("website_visit", "Website visit"),
                            ("inquiry", "Inquiry"),
                            ("brochure", "Brochure asked for"),
                            ("showroom_visit", "Showroom visit"),
                            ("test_drive", "Test drive"),
                            ("quote", "Quote asked for"),
                            ("financing_inquiry", "Financing inquiry"),
                            ("financing_approval", "Financing approved"),
                            ("trade_in_evaluation", "Trade-in evaluation"),
                            ("callback", "Callback asked for"),
                            ("referral", "Referred somebody"),
                            ("call", "Call from the customer"),
                            ("message", "Message from the customer"),
                            ("outreach", "We did not reach them"),
                            ("reply", "Answered us"),
                            ("appointment_booked", "Appointment booked"),
                            ("service_visit", "Service visit"),
                            ("no_show", "No-show"),
                            ("cancellation", "Appointment cancelled"),
                            ("declined_repair", "Declined a big repair"),
                            ("opt_out", "Opted out"),
                            ("purchase", "Purchase"),
                        ],
                        max_length=30,
                        null=True,
                    ),
                ),
                ("last_engagement_date", models.DateTimeField(blank=True, null=True)),
                (
                    "interested_vehicle_types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        blank=True,
                        db_default=models.Value(
                            [],
                            output_field=django.contrib.postgres.fields.ArrayField(
                                base_field=models.TextField(), size=None
                            ),
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "price_range_min",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True),
                ),
                (
                    "price_range_max",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True),
                ),
                (
                    "preferred_features",
                    models.JSONField(
                        blank=True, db_default=models.Value({}, models.JSONField()), default=dict
                    ),
                ),
                (
                    "declared_purchase_date",
                    models.DateField(
                        blank=True, help_text="When the customer says they want to buy", null=True
                    ),
                ),
                (
                    "decision_role",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("sole", "Decides alone"),
                            ("joint", "Decides together with somebody"),
                            ("influencer", "Advises the one who decides"),
                            ("none", "Has no say"),
                        ],
                        max_length=20,
                        null=True,
                    ),
                ),
                (
                    "predicted_purchase_value",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True),
                ),
                ("predicted_purchase_date", models.DateField(blank=True, null=True)),
                (
                    "churn_risk_score",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True),
                ),
                (
                    "retention_probability",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True),
                ),
                (
                    "scoring_algorithm_used",
                    models.CharField(
                        choices=[
                            ("champion", "Published version"),
                            ("challenger", "Version on trial"),
                            ("written", "Written directly, not yet calculated"),
                        ],
                        db_default="written",
                        default="written",
                        editable=False,
                        max_length=20,
                    ),
                ),
                (
                    "algorithm_version",
                    models.CharField(
                        blank=True, db_default="", default="", editable=False, max_length=50
                    ),
                ),
                (
                    "confidence_level",
                    models.DecimalField(
                        db_default=Decimal("0.00"),
                        decimal_places=2,
                        default=Decimal("0.00"),
                        max_digits=5,
                    ),
                ),
                (
                    "component_sources",
                    models.CharField(
                        db_default="--------", default="--------", editable=False, max_length=8
                    ),
                ),
                (
                    "recorded_score",
                    models.DecimalField(
                        blank=True, decimal_places=2, editable=False, max_digits=5, null=True
                    ),
                ),
                (
                    "manual_adjustments",
                    models.JSONField(
                        blank=True, db_default=models.Value({}, models.JSONField()), default=dict
                    ),
                ),
                ("warmth_notes", models.TextField(blank=True, db_default="", default="")),
                ("is_active", models.BooleanField(db_default=True, default=True)),
                (
                    "calculated_by",
                    models.ForeignKey(
                        blank=True,
                        db_column="calculated_by",
                        help_text="Who last set a value by hand",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="warmth",
                        to="crm.customer",
                    ),
                ),
            ],
            options={
                "verbose_name": "customer's warmth",
                "verbose_name_plural": "customers' warmth",
                "db_table": "customer_warmth",
                "ordering": ["-overall_warmth_score", "id"],
            },
        ),
        migrations.CreateModel(
            name="ArchivedWarmthHistory",
            fields=[
                ("warmth_score_snapshot", models.DecimalField(decimal_places=2, max_digits=5)),
                (
                    "warmth_level_snapshot",
                    models.CharField(
                        choices=[
                            ("ice_cold", "Ice cold"),
                            ("cold", "Cold"),
                            ("cool", "Cool"),
                            ("lukewarm", "Lukewarm"),
                            ("warm", "Warm"),
                            ("hot", "Hot"),
                            ("scorching", "Scorching"),
                        ],
                        max_length=20,
                    ),
                ),
                ("change_trigger", models.CharField(max_length=255)),
                ("change_description", models.TextField(blank=True, db_default="", default="")),
                ("score_change", models.DecimalField(decimal_places=2, max_digits=5)),
                (
                    "algorithm_version",
                    models.CharField(blank=True, db_default="", default="", max_length=50),
                ),
                ("actor_id", models.BigIntegerField(blank=True, null=True)),
                (
                    "actor_label",
                    models.CharField(blank=True, db_default="", default="", max_length=150),
                ),
                ("source", models.CharField(blank=True, db_default="", default="", max_length=40)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                (
                    "archived_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "customer_warmth",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="archived_history",
                        to="warmth.customerwarmth",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "archived warmth history",
                "db_table": "customer_warmth_history_archive",
                "ordering": ["-created_at", "-id"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="CustomerWarmthHistory",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("warmth_score_snapshot", models.DecimalField(decimal_places=2, max_digits=5)),
                (
                    "warmth_level_snapshot",
                    models.CharField(
                        choices=[
                            ("ice_cold", "Ice cold"),
                            ("cold", "Cold"),
                            ("cool", "Cool"),
                            ("lukewarm", "Lukewarm"),
                            ("warm", "Warm"),
                            ("hot", "Hot"),
                            ("scorching", "Scorching"),
                        ],
                        max_length=20,
                    ),
                ),
                ("change_trigger", models.CharField(max_length=255)),
                ("change_description", models.TextField(blank=True, db_default="", default="")),
                ("score_change", models.DecimalField(decimal_places=2, max_digits=5)),
                (
                    "algorithm_version",
                    models.CharField(blank=True, db_default="", default="", max_length=50),
                ),
                ("actor_id", models.BigIntegerField(blank=True, null=True)),
                (
                    "actor_label",
                    models.CharField(blank=True, db_default="", default="", max_length=150),
                ),
                ("source", models.CharField(blank=True, db_default="", default="", max_length=40)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "customer_warmth",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="history",
                        to="warmth.customerwarmth",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "warmth history",
                "db_table": "customer_warmth_history",
                "ordering": ["-created_at", "-id"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="WarmthAlgorithm",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        default=uuid.uuid4,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.contrib.postgres.functions.TransactionNow(),
                        editable=False,
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        db_default=django.contrib.postgres.functions.TransactionNow(),
                        editable=False,
                    ),
                ),
                ("version", models.CharField(max_length=50)),
                ("description", models.TextField(blank=True, db_default="", default="")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("published", "Published"),
                            ("retired", "Retired"),
                        ],
                        db_default="draft",
                        default="draft",
                        max_length=20,
                    ),
                ),
                (
                    "split_percent",
                    models.PositiveSmallIntegerField(
                        db_default=100,
                        default=100,
                        help_text="Share of the customers that a version on trial scores; 100 for the main one",
                    ),
                ),
                (
                    "engagement_weight",
                    models.DecimalField(
                        db_default=Decimal("0.20"),
                        decimal_places=4,
                        default=Decimal("0.20"),
                        max_digits=5,
                    ),
                ),
                (
                    "interaction_frequency_weight",
                    models.DecimalField(
                        db_default=Decimal("0.15"),
                        decimal_places=4,
                        default=Decimal("0.15"),
                        max_digits=5,
                    ),
                ),
                (
                    "response_rate_weight",
                    models.DecimalField(
                        db_default=Decimal("0.10"),
                        decimal_places=4,
                        default=Decimal("0.10"),
                        max_digits=5,
                    ),
                ),
                (
                    "budget_qualification_weight",
                    models.DecimalField(
                        db_default=Decimal("0.20"),
                        decimal_places=4,
                        default=Decimal("0.20"),
                        max_digits=5,
                    ),
                ),
                (
                    "timeline_urgency_weight",
                    models.DecimalField(
                        db_default=Decimal("0.15"),
                        decimal_places=4,
                        default=Decimal("0.15"),
                        max_digits=5,
                    ),
                ),
                (
                    "decision_making_authority_weight",
                    models.DecimalField(
                        db_default=Decimal("0.10"),
                        decimal_places=4,
                        default=Decimal("0.10"),
                        max_digits=5,
                    ),
                ),
                (
                    "demographic_fit_weight",
                    models.DecimalField(
                        db_default=Decimal("0.05"),
                        decimal_places=4,
                        default=Decimal("0.05"),
                        max_digits=5,
                    ),
                ),
                (
                    "past_purchase_behavior_weight",
                    models.DecimalField(
                        db_default=Decimal("0.05"),
                        decimal_places=4,
                        default=Decimal("0.05"),
                        max_digits=5,
                    ),
                ),
                (
                    "scorching_from",
                    models.DecimalField(
                        db_default=Decimal("90"),
                        decimal_places=2,
                        default=Decimal("90"),
                        max_digits=5,
                    ),
                ),
                (
                    "hot_from",
                    models.DecimalField(
                        db_default=Decimal("75"),
                        decimal_places=2,
                        default=Decimal("75"),
                        max_digits=5,
                    ),
                ),
                (
                    "warm_from",
                    models.DecimalField(
                        db_default=Decimal("60"),
                        decimal_places=2,
                        default=Decimal("60"),
                        max_digits=5,
                    ),
                ),
                (
                    "lukewarm_from",
                    models.DecimalField(
                        db_default=Decimal("45"),
                        decimal_places=2,
                        default=Decimal("45"),
                        max_digits=5,
                    ),
                ),
                (
                    "cool_from",
                    models.DecimalField(
                        db_default=Decimal("30"),
                        decimal_places=2,
                        default=Decimal("30"),
                        max_digits=5,
                    ),
                ),
                (
                    "cold_from",
                    models.DecimalField(
                        db_default=Decimal("15"),
                        decimal_places=2,
                        default=Decimal("15"),
                        max_digits=5,
                    ),
                ),
                (
                    "probability_midpoint",
                    models.DecimalField(
                        db_default=Decimal("69.960"),
                        decimal_places=3,
                        default=Decimal("69.960"),
                        help_text="Score at which a purchase is as likely as not",
                        max_digits=7,
                    ),
                ),
                (
                    "probability_scale",
                    models.DecimalField(
                        db_default=Decimal("12.000"),
                        decimal_places=3,
                        default=Decimal("12.000"),
                        help_text="Points of score for one unit of log-odds",
                        max_digits=7,
                    ),
                ),
                (
                    "typical_purchase_value",
                    models.DecimalField(
                        db_default=Decimal("35000.00"),
                        decimal_places=2,
                        default=Decimal("35000.00"),
                        help_text="Predicted for who has named no price",
                        max_digits=12,
                    ),
                ),
                (
                    "is_calibrated",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="Whether the curve was fitted to recorded sales",
                    ),
                ),
                ("published_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("retired_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "based_on",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="successors",
                        to="warmth.warmthalgorithm",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "published_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "warmth_algorithms",
                "ordering": ["-created_at"],
            },
        ),
        migrations.CreateModel(
            name="WarmthEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "event_type",
                    models.CharField(
                        choices=[
                            ("website_visit", "Website visit"),
                            ("inquiry", "Inquiry"),
                            ("brochure", "Brochure asked for"),
                            ("showroom_visit", "Showroom visit"),
                            ("test_drive", "Test drive"),
                            ("quote", "Quote asked for"),
                            ("financing_inquiry", "Financing inquiry"),
                            ("financing_approval", "Financing approved"),
                            ("trade_in_evaluation", "Trade-in evaluation"),
                            ("callback", "Callback asked for"),
                            ("referral", "Referred somebody"),
                            ("call", "Call from the customer"),
                            ("message", "Message from the customer"),
                            ("outreach", "We did not reach them"),
                            ("reply", "Answered us"),
                            ("appointment_booked", "Appointment booked"),
                            ("service_visit", "Service visit"),
                            ("no_show", "No-show"),
                            ("cancellation", "Appointment cancelled"),
                            ("declined_repair", "Declined a big repair"),
                            ("opt_out", "Opted out"),
                            ("purchase", "Purchase"),
                        ],
                        max_length=30,
                    ),
                ),
                (
                    "occurred_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "event_key",
                    models.CharField(
                        db_default=django.db.models.functions.comparison.Cast(
                            django.contrib.postgres.functions.RandomUUID(),
                            models.CharField(max_length=200),
                        ),
                        max_length=200,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("crm", "Service drive"),
                            ("telephony", "Telephone"),
                            ("api", "API"),
                            ("page", "Entered by hand"),
                            ("import", "Import"),
                            ("seed", "Generated data"),
                            ("sql", "Written directly"),
                        ],
                        db_default="api",
                        default="api",
                        max_length=20,
                    ),
                ),
                (
                    "value",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True),
                ),
                (
                    "subject",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="What it was about, for example a model",
                        max_length=200,
                    ),
                ),
                (
                    "recorded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "recorded_by",
                    models.CharField(blank=True, db_default="", default="", max_length=150),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="warmth_events",
                        to="crm.customer",
                    ),
                ),
            ],
            options={
                "db_table": "warmth_events",
                "ordering": ["-occurred_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="WarmthLevelCrossing",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "direction",
                    models.CharField(choices=[("up", "Warmer"), ("down", "Cooler")], max_length=4),
                ),
                (
                    "previous_level",
                    models.CharField(
                        choices=[
                            ("ice_cold", "Ice cold"),
                            ("cold", "Cold"),
                            ("cool", "Cool"),
                            ("lukewarm", "Lukewarm"),
                            ("warm", "Warm"),
                            ("hot", "Hot"),
                            ("scorching", "Scorching"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("ice_cold", "Ice cold"),
                            ("cold", "Cold"),
                            ("cool", "Cool"),
                            ("lukewarm", "Lukewarm"),
                            ("warm", "Warm"),
                            ("hot", "Hot"),
                            ("scorching", "Scorching"),
                        ],
                        max_length=20,
                    ),
                ),
                ("score", models.DecimalField(decimal_places=2, max_digits=5)),
                ("reason", models.TextField(blank=True, db_default="", default="")),
                (
                    "crossed_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("delivered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="warmth_crossings",
                        to="crm.customer",
                    ),
                ),
            ],
            options={
                "db_table": "warmth_level_crossings",
                "ordering": ["-crossed_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="WarmthScoringTrigger",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        default=uuid.uuid4,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.contrib.postgres.functions.TransactionNow(),
                        editable=False,
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        db_default=django.contrib.postgres.functions.TransactionNow(),
                        editable=False,
                    ),
                ),
                ("trigger_name", models.CharField(max_length=255)),
                (
                    "trigger_type",
                    models.CharField(
                        choices=[
                            ("website_visit", "Website visit"),
                            ("inquiry", "Inquiry"),
                            ("brochure", "Brochure asked for"),
                            ("showroom_visit", "Showroom visit"),
                            ("test_drive", "Test drive"),
                            ("quote", "Quote asked for"),
                            ("financing_inquiry", "Financing inquiry"),
                            ("financing_approval", "Financing approved"),
                            ("trade_in_evaluation", "Trade-in evaluation"),
                            ("callback", "Callback asked for"),
                            ("referral", "Referred somebody"),
                            ("call", "Call from the customer"),
                            ("message", "Message from the customer"),
                            ("outreach", "We did not reach them"),
                            ("reply", "Answered us"),
                            ("appointment_booked", "Appointment booked"),
                            ("service_visit", "Service visit"),
                            ("no_show", "No-show"),
                            ("cancellation", "Appointment cancelled"),
                            ("declined_repair", "Declined a big repair"),
                            ("opt_out", "Opted out"),
                            ("purchase", "Purchase"),
                        ],
                        max_length=30,
                    ),
                ),
                (
                    "target_component",
                    models.CharField(
                        choices=[
                            ("engagement", "Engagement"),
                            ("interaction_frequency", "Interaction frequency"),
                            ("response_rate", "Response rate"),
                            ("budget_qualification", "Budget"),
                            ("timeline_urgency", "Timeline"),
                            ("decision_making_authority", "Decision making"),
                            ("demographic_fit", "Fit"),
                            ("past_purchase_behavior", "Past purchases"),
                        ],
                        db_default="engagement",
                        default="engagement",
                        max_length=30,
                    ),
                ),
                ("base_score_impact", models.DecimalField(decimal_places=2, max_digits=5)),
                (
                    "decay_rate",
                    models.DecimalField(
                        db_default=Decimal("0.10"),
                        decimal_places=2,
                        default=Decimal("0.10"),
                        max_digits=5,
                    ),
                ),
                ("max_occurrences", models.IntegerField(db_default=1, default=1)),
                ("time_window_days", models.IntegerField(db_default=90, default=90)),
                ("is_active", models.BooleanField(db_default=True, default=True)),
                (
                    "decay_exponent",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.expressions.CombinedExpression(
                            django.db.models.functions.math.Ln(
                                django.db.models.functions.comparison.Greatest(
                                    django.db.models.expressions.CombinedExpression(
                                        models.Value(1.0),
                                        "-",
                                        django.db.models.functions.comparison.Cast(
                                            "decay_rate", models.FloatField()
                                        ),
                                    ),
                                    models.Value(0.0001),
                                )
                            ),
                            "/",
                            django.db.models.functions.comparison.Greatest(
                                models.F("time_window_days"), models.Value(1)
                            ),
                        ),
                        output_field=models.FloatField(),
                    ),
                ),
                (
                    "algorithm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="triggers",
                        to="warmth.warmthalgorithm",
                    ),
                ),
            ],
            options={
                "db_table": "warmth_scoring_triggers",
                "ordering": ["trigger_type", "target_component"],
            },
        ),
        migrations.AddIndex(
            model_name="customerwarmth",
            index=models.Index(
                fields=["warmth_level", "-overall_warmth_score", "id"], name="customer_warmth_level"
            ),
        ),
        migrations.AddIndex(
            model_name="customerwarmth",
            index=models.Index(
                fields=["-overall_warmth_score", "id"], name="customer_warmth_hottest"
            ),
        ),
        migrations.AddConstraint(
            model_name="customerwarmth",
            constraint=models.CheckConstraint(
                condition=models.Q(("overall_warmth_score__range", (0, 100))),
                name="customer_warmth_score_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="customerwarmth",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("budget_qualification_score__range", (0, 100)),
                    ("decision_making_authority_score__range", (0, 100)),
                    ("demographic_fit_score__range", (0, 100)),
                    ("engagement_score__range", (0, 100)),
                    ("interaction_frequency_score__range", (0, 100)),
                    ("past_purchase_behavior_score__range", (0, 100)),
                    ("response_rate_score__range", (0, 100)),
                    ("timeline_urgency_score__range", (0, 100)),
                ),
                name="customer_warmth_components_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="customerwarmth",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("churn_risk_score__range", (0, 100)),
                    ("confidence_level__range", (0, 100)),
                    ("purchase_probability__range", (0, 100)),
                    ("retention_probability__range", (0, 100)),
                ),
                name="customer_warmth_shares_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="customerwarmth",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "warmth_level__in",
                        ["ice_cold", "cold", "cool", "lukewarm", "warm", "hot", "scorching"],
                    )
                ),
                name="customer_warmth_level_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="customerwarmth",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "last_engagement_type__in",
                        [
                            "website_visit",
                            "inquiry",
                            "brochure",
                            "showroom_visit",
                            "test_drive",
                            "quote",
                            "financing_inquiry",
                            "financing_approval",
                            "trade_in_evaluation",
                            "callback",
                            "referral",
                            "call",
                            "message",
                            "outreach",
                            "reply",
                            "appointment_booked",
                            "service_visit",
                            "no_show",
                            "cancellation",
                            "declined_repair",
                            "opt_out",
                            "purchase",
                        ],
                    )
                ),
                name="customer_warmth_engagement_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="customerwarmth",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("scoring_algorithm_used__in", ["champion", "challenger", "written"])
                ),
                name="customer_warmth_algorithm_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="customerwarmth",
            constraint=models.CheckConstraint(
                condition=models.Q(("decision_role__in", ["sole", "joint", "influencer", "none"])),
                name="customer_warmth_role_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="customerwarmth",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("meaningful_interactions__gte", 0),
                    ("meaningful_interactions__lte", models.F("total_interactions")),
                    ("total_interactions__gte", 0),
                ),
                name="customer_warmth_interactions_counted",
            ),
        ),
        migrations.AddConstraint(
            model_name="customerwarmth",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("days_since_first_contact__gte", 0),
                    ("days_since_last_interaction__gte", 0),
                    ("expected_purchase_timeframe__gte", 0),
                ),
                name="customer_warmth_days_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="customerwarmth",
            constraint=models.CheckConstraint(
                condition=models.Q(("price_range_max__gte", 0), ("price_range_min__gte", 0)),
                name="customer_warmth_prices_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="customerwarmth",
            constraint=models.CheckConstraint(
                condition=models.Q(("price_range_min__lte", models.F("price_range_max"))),
                name="customer_warmth_prices_ordered",
            ),
        ),
        migrations.AddConstraint(
            model_name="customerwarmth",
            constraint=models.CheckConstraint(
                condition=models.Q(("predicted_purchase_value__gte", 0)),
                name="customer_warmth_value_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="customerwarmth",
            constraint=models.CheckConstraint(
                condition=models.Q(("component_sources__regex", "^[-drp]{8}$")),
                name="customer_warmth_sources_shape",
            ),
        ),
        migrations.AddConstraint(
            model_name="customerwarmth",
            constraint=models.CheckConstraint(
                condition=models.Q(warmth.models.scores.AdjustmentsAreValid("manual_adjustments")),
                name="customer_warmth_adjustments_explained",
            ),
        ),
        migrations.AddIndex(
            model_name="archivedwarmthhistory",
            index=models.Index(
                fields=["customer_warmth", "-created_at", "-id"], name="warmth_archive_customer"
            ),
        ),
        migrations.AddIndex(
            model_name="archivedwarmthhistory",
            index=django.contrib.postgres.indexes.BrinIndex(
                fields=["created_at"], name="warmth_archive_time", pages_per_range=16
            ),
        ),
        migrations.AddIndex(
            model_name="customerwarmthhistory",
            index=models.Index(
                fields=["customer_warmth", "-created_at", "-id"], name="warmth_history_customer"
            ),
        ),
        migrations.AddIndex(
            model_name="customerwarmthhistory",
            index=django.contrib.postgres.indexes.BrinIndex(
                fields=["created_at"], name="warmth_history_time", pages_per_range=16
            ),
        ),
        migrations.AddConstraint(
            model_name="warmthalgorithm",
            constraint=models.UniqueConstraint(
                fields=("version",), name="warmth_algorithms_version_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="warmthalgorithm",
            constraint=models.CheckConstraint(
                condition=models.Q(("version", ""), _negated=True),
                name="warmth_algorithms_version_given",
            ),
        ),
        migrations.AddConstraint(
            model_name="warmthalgorithm",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["draft", "published", "retired"])),
                name="warmth_algorithms_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="warmthalgorithm",
            constraint=models.UniqueConstraint(
                models.F("state"),
                condition=models.Q(("split_percent", 100), ("state", "published")),
                name="warmth_algorithms_one_published",
            ),
        ),
        migrations.AddConstraint(
            model_name="warmthalgorithm",
            constraint=models.UniqueConstraint(
                models.F("state"),
                condition=models.Q(("split_percent__lt", 100), ("state", "published")),
                name="warmth_algorithms_one_on_trial",
            ),
        ),
        migrations.AddConstraint(
            model_name="warmthalgorithm",
            constraint=models.CheckConstraint(
                condition=models.Q(("split_percent__range", (1, 100))),
                name="warmth_algorithms_split_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="warmthalgorithm",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("budget_qualification_weight__range", (0, 1)),
                    ("decision_making_authority_weight__range", (0, 1)),
                    ("demographic_fit_weight__range", (0, 1)),
                    ("engagement_weight__range", (0, 1)),
                    ("interaction_frequency_weight__range", (0, 1)),
                    ("past_purchase_behavior_weight__range", (0, 1)),
                    ("response_rate_weight__range", (0, 1)),
                    ("timeline_urgency_weight__range", (0, 1)),
                ),
                name="warmth_algorithms_weights_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="warmthalgorithm",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "past_purchase_behavior_weight",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                django.db.models.expressions.CombinedExpression(
                                                    models.Value(Decimal("1")),
                                                    "-",
                                                    models.F("engagement_weight"),
                                                ),
                                                "-",
                                                models.F("interaction_frequency_weight"),
                                            ),
                                            "-",
                                            models.F("response_rate_weight"),
                                        ),
                                        "-",
                                        models.F("budget_qualification_weight"),
                                    ),
                                    "-",
                                    models.F("timeline_urgency_weight"),
                                ),
                                "-",
                                models.F("decision_making_authority_weight"),
                            ),
                            "-",
                            models.F("demographic_fit_weight"),
                        ),
                    )
                ),
                name="warmth_algorithms_weights_sum",
            ),
        ),
        migrations.AddConstraint(
            model_name="warmthalgorithm",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("cold_from__gt", 0),
                    ("cool_from__gt", models.F("cold_from")),
                    ("hot_from__gt", models.F("warm_from")),
                    ("lukewarm_from__gt", models.F("cool_from")),
                    ("scorching_from__gt", models.F("hot_from")),
                    ("scorching_from__lte", 100),
                    ("warm_from__gt", models.F("lukewarm_from")),
                ),
                name="warmth_algorithms_bounds_ordered",
            ),
        ),
        migrations.AddConstraint(
            model_name="warmthalgorithm",
            constraint=models.CheckConstraint(
                condition=models.Q(("typical_purchase_value__gt", 0)),
                name="warmth_algorithms_value_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="warmthalgorithm",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("probability_midpoint__range", (0, 100)), ("probability_scale__gte", 1)
                ),
                name="warmth_algorithms_curve_plausible",
            ),
        ),
        migrations.AddIndex(
            model_name="warmthevent",
            index=models.Index(
                fields=["customer", "event_type", "-occurred_at"],
                include=("value",),
                name="warmth_events_walk",
            ),
        ),
        migrations.AddIndex(
            model_name="warmthevent",
            index=models.Index(fields=["-occurred_at", "-id"], name="warmth_events_newest"),
        ),
        migrations.AddConstraint(
            model_name="warmthevent",
            constraint=models.UniqueConstraint(
                fields=("event_key",), name="warmth_events_key_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="warmthevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("event_key", ""), _negated=True), name="warmth_events_key_given"
            ),
        ),
        migrations.AddConstraint(
            model_name="warmthevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "event_type__in",
                        [
                            "website_visit",
                            "inquiry",
                            "brochure",
                            "showroom_visit",
                            "test_drive",
                            "quote",
                            "financing_inquiry",
                            "financing_approval",
                            "trade_in_evaluation",
                            "callback",
                            "referral",
                            "call",
                            "message",
                            "outreach",
                            "reply",
                            "appointment_booked",
                            "service_visit",
                            "no_show",
                            "cancellation",
                            "declined_repair",
                            "opt_out",
                            "purchase",
                        ],
                    )
                ),
                name="warmth_events_type_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="warmthevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("source__in", ["crm", "telephony", "api", "page", "import", "seed", "sql"])
                ),
                name="warmth_events_source_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="warmthevent",
            constraint=models.CheckConstraint(
                condition=models.Q(("value__gte", 0)), name="warmth_events_value_positive"
            ),
        ),
        migrations.AddIndex(
            model_name="warmthlevelcrossing",
            index=models.Index(
                fields=["customer", "-crossed_at", "-id"], name="warmth_crossings_customer"
            ),
        ),
        migrations.AddIndex(
            model_name="warmthlevelcrossing",
            index=models.Index(
                condition=models.Q(("delivered_at__isnull", True)),
                fields=["crossed_at", "id"],
                name="warmth_crossings_undelivered",
            ),
        ),
        migrations.AddConstraint(
            model_name="warmthlevelcrossing",
            constraint=models.CheckConstraint(
                condition=models.Q(("direction__in", ["up", "down"])),
                name="warmth_crossings_direction_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="warmthlevelcrossing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "level__in",
                        ["ice_cold", "cold", "cool", "lukewarm", "warm", "hot", "scorching"],
                    ),
                    (
                        "previous_level__in",
                        ["ice_cold", "cold", "cool", "lukewarm", "warm", "hot", "scorching"],
                    ),
                ),
                name="warmth_crossings_levels_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="warmthlevelcrossing",
            constraint=models.CheckConstraint(
                condition=models.Q(("level", models.F("previous_level")), _negated=True),
                name="warmth_crossings_levels_differ",
            ),
        ),
        migrations.AddConstraint(
            model_name="warmthscoringtrigger",
            constraint=models.UniqueConstraint(
                fields=("algorithm", "trigger_type", "target_component"),
                name="warmth_triggers_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="warmthscoringtrigger",
            constraint=models.CheckConstraint(
                condition=models.Q(("trigger_name", ""), _negated=True),
                name="warmth_triggers_named",
            ),
        ),
        migrations.AddConstraint(
            model_name="warmthscoringtrigger",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "trigger_type__in",
                        [
                            "website_visit",
                            "inquiry",
                            "brochure",
                            "showroom_visit",
                            "test_drive",
                            "quote",
                            "financing_inquiry",
                            "financing_approval",
                            "trade_in_evaluation",
                            "callback",
                            "referral",
                            "call",
                            "message",
                            "outreach",
                            "reply",
                            "appointment_booked",
                            "service_visit",
                            "no_show",
                            "cancellation",
                            "declined_repair",
                            "opt_out",
                            "purchase",
                        ],
                    )
                ),
                name="warmth_triggers_type_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="warmthscoringtrigger",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "target_component__in",
                        [
                            "engagement",
                            "interaction_frequency",
                            "response_rate",
                            "budget_qualification",
                            "timeline_urgency",
                            "decision_making_authority",
                            "demographic_fit",
                            "past_purchase_behavior",
                        ],
                    )
                ),
                name="warmth_triggers_component_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="warmthscoringtrigger",
            constraint=models.CheckConstraint(
                condition=models.Q(("base_score_impact__range", (-100, 100))),
                name="warmth_triggers_impact_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="warmthscoringtrigger",
            constraint=models.CheckConstraint(
                condition=models.Q(("decay_rate__gte", 0), ("decay_rate__lt", 1)),
                name="warmth_triggers_decay_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="warmthscoringtrigger",
            constraint=models.CheckConstraint(
                condition=models.Q(("max_occurrences__gte", 1)),
                name="warmth_triggers_occurrences_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="warmthscoringtrigger",
            constraint=models.CheckConstraint(
                condition=models.Q(("time_window_days__range", (1, 1825))),
                name="warmth_triggers_window_range",
            ),
        ),
    ]
