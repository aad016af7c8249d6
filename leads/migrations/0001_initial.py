import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("crm", "0005_outreach"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Lead",
            fields=[
                ("lead_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("vin", models.CharField(max_length=17)),
                ("year", models.IntegerField()),
                ("make", models.CharField(max_length=50)),
                ("model", models.CharField(max_length=50)),
                (
                    "vehicle_type",
                    models.CharField(
                        choices=[
                            ("light_truck", "Light truck"),
                            ("midweight_truck", "Midweight truck"),
                            ("suv", "SUV"),
                            ("car", "Passenger car"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "weight_class",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Case(
                            models.When(
                                then=models.Value("midweight"), vehicle_type="midweight_truck"
                            ),
                            default=models.Value("light"),
                        ),
                        output_field=models.CharField(
                            choices=[("light", "Light"), ("midweight", "Midweight")], max_length=10
                        ),
                    ),
                ),
                ("current_mileage", models.IntegerField(blank=True, null=True)),
                ("vehicle_age", models.IntegerField(blank=True, null=True)),
                ("as_of", models.DateField()),
                ("zip_code", models.CharField(blank=True, max_length=5, null=True)),
                ("city", models.CharField(blank=True, max_length=100, null=True)),
                ("state", models.CharField(blank=True, max_length=2, null=True)),
                (
                    "climate_zone",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("coastal_hot", "Coastal, hot"),
                            ("inland_hot", "Inland, hot"),
                            ("coastal_moderate", "Coastal, moderate"),
                            ("inland_moderate", "Inland, moderate"),
                            ("mountain_cool", "Mountain, cool"),
                        ],
                        max_length=20,
                        null=True,
                    ),
                ),
                (
                    "climate_zip",
                    models.CharField(
                        blank=True,
                        help_text="ZIP of the station the climate is from",
                        max_length=5,
                        null=True,
                    ),
                ),
                ("temp_winter", models.IntegerField(blank=True, null=True)),
                ("temp_summer", models.IntegerField(blank=True, null=True)),
                (
                    "temperature_delta",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.expressions.CombinedExpression(
                            models.F("temp_summer"), "-", models.F("temp_winter")
                        ),
                        output_field=models.IntegerField(null=True),
                    ),
                ),
                ("temperature_swing", models.IntegerField(blank=True, null=True)),
                ("start_cycles_annual", models.IntegerField(blank=True, null=True)),
                (
                    "start_cycle_deviation",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.expressions.CombinedExpression(
                            django.db.models.functions.comparison.Cast(
                                "start_cycles_annual", models.FloatField()
                            ),
                            "/",
                            models.Value(1200.0),
                        ),
                        output_field=models.FloatField(null=True),
                    ),
                ),
                ("temperature_stress", models.FloatField(blank=True, null=True)),
                ("short_trip_percentage", models.FloatField(blank=True, null=True)),
                (
                    "estimated_cold_starts",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    models.F("start_cycles_annual"), "*", models.Value(3)
                                ),
                                "+",
                                models.Value(5),
                            ),
                            "/",
                            models.Value(10),
                        ),
                        output_field=models.IntegerField(null=True),
                    ),
                ),
                ("soc_decline", models.BooleanField(blank=True, null=True)),
                (
                    "soc_value",
                    models.FloatField(
                        blank=True, help_text="State of charge in percent", null=True
                    ),
                ),
                (
                    "soc_source",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("battery_test", "Battery test"),
                            ("telematics", "Telematics"),
                            ("simulated", "Simulated"),
                        ],
                        max_length=20,
                        null=True,
                    ),
                ),
                ("soc_date", models.DateField(blank=True, null=True)),
                ("customer_name", models.CharField(max_length=201)),
                (
                    "cohort_assignment",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.functions.text.Concat(
                            "vehicle_type",
                            models.Value("_"),
                            django.db.models.functions.comparison.Coalesce(
                                "climate_zone", models.Value("unknown")
                            ),
                        ),
                        output_field=models.CharField(max_length=50),
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("crm", "A vehicle of the CRM"),
                            ("imported", "Imported file"),
                            ("generated", "Synthetic"),
                        ],
                        db_default="crm",
                        default="crm",
                        max_length=20,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("contacted", "Contacted"),
                            ("booked", "Booked"),
                            ("arrived", "Arrived"),
                            ("won", "Won"),
                            ("lost", "Lost"),
                            ("expired", "Expired"),
                        ],
                        db_default="new",
                        default="new",
                        max_length=20,
                    ),
                ),
                (
                    "status_changed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "status_reason",
                    models.CharField(blank=True, db_default="", default="", max_length=200),
                ),
                ("snoozed_until", models.DateTimeField(blank=True, null=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "appointment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="leads",
                        to="crm.appointment",
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="crm.databatch",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="leads",
                        to="crm.customer",
                    ),
                ),
                (
                    "service_record",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="leads",
                        to="crm.servicerecord",
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="leads",
                        to="crm.vehicle",
                    ),
                ),
            ],
            options={
                "db_table": "vin_leads",
                "ordering": ["lead_id"],
            },
        ),
        migrations.CreateModel(
            name="LeadRecord",
            fields=[
                (
                    "lead",
                    models.OneToOneField(
                        db_column="lead_id",
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="record",
                        serialize=False,
                        to="leads.lead",
                    ),
                ),
                ("vin", models.CharField(max_length=17)),
                ("year", models.IntegerField()),
                ("make", models.CharField(max_length=50)),
                ("model", models.CharField(max_length=50)),
                ("vehicle_type", models.CharField(max_length=20)),
                ("weight_class", models.CharField(max_length=10)),
                ("current_mileage", models.IntegerField(null=True)),
                ("vehicle_age", models.IntegerField(null=True)),
                ("zip_code", models.CharField(max_length=5, null=True)),
                ("city", models.CharField(max_length=100, null=True)),
                ("state", models.CharField(max_length=2, null=True)),
                ("climate_zone", models.CharField(max_length=20, null=True)),
                ("temp_winter", models.IntegerField(null=True)),
                ("temp_summer", models.IntegerField(null=True)),
                ("temperature_delta", models.IntegerField(null=True)),
                ("start_cycles_annual", models.IntegerField(null=True)),
                ("start_cycle_deviation", models.FloatField(null=True)),
                ("temperature_stress", models.FloatField(null=True)),
                ("short_trip_percentage", models.FloatField(null=True)),
                ("estimated_cold_starts", models.IntegerField(null=True)),
                ("base_prior", models.FloatField()),
                ("adjusted_prior", models.FloatField()),
                (
                    "active_lrs",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.FloatField(), size=None
                    ),
                ),
                ("combined_lr", models.FloatField()),
                ("posterior_probability", models.FloatField()),
                ("risk_percentile", models.SmallIntegerField()),
                ("urgency_score", models.SmallIntegerField()),
                ("primary_service", models.CharField(max_length=40)),
                ("parts_cost", models.IntegerField()),
                ("service_cost", models.IntegerField()),
                ("total_opportunity", models.IntegerField()),
                ("contact_urgency", models.CharField(max_length=10)),
                ("predicted_failure_window", models.CharField(max_length=12)),
                ("customer_name", models.CharField(max_length=201)),
                ("cohort_assignment", models.CharField(max_length=50)),
                ("temperature_swing", models.IntegerField(null=True)),
                ("start_cycle_z", models.FloatField(null=True)),
                ("expected_value", models.DecimalField(decimal_places=2, max_digits=10)),
                ("is_clamped", models.BooleanField()),
                ("temperature_cycling", models.BooleanField(null=True)),
                ("ignition_frequency", models.BooleanField(null=True)),
                ("soc_decline", models.BooleanField(null=True)),
                ("short_trips", models.BooleanField(null=True)),
                ("soc_value", models.FloatField(null=True)),
                ("soc_source", models.CharField(max_length=20, null=True)),
                ("soc_date", models.DateField(null=True)),
                ("parameters_name", models.CharField(max_length=60)),
                ("scored_at", models.DateTimeField()),
                ("source", models.CharField(max_length=20)),
                ("status", models.CharField(max_length=20)),
                ("is_open", models.BooleanField()),
                ("snoozed_until", models.DateTimeField(null=True)),
                ("vehicle_id", models.UUIDField(null=True)),
                ("customer_id", models.UUIDField(null=True)),
                ("batch_id", models.UUIDField(null=True)),
                ("as_of", models.DateField()),
            ],
            options={
                "db_table": "lead_records",
                "ordering": ["lead"],
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="ClimateNormal",
            fields=[
                ("zip_code", models.CharField(max_length=5, primary_key=True, serialize=False)),
                ("city", models.CharField(max_length=100)),
                ("state", models.CharField(max_length=2)),
                (
                    "climate_zone",
                    models.CharField(
                        choices=[
                            ("coastal_hot", "Coastal, hot"),
                            ("inland_hot", "Inland, hot"),
                            ("coastal_moderate", "Coastal, moderate"),
                            ("inland_moderate", "Inland, moderate"),
                            ("mountain_cool", "Mountain, cool"),
                        ],
                        max_length=20,
                    ),
                ),
                ("temp_winter", models.IntegerField(help_text="Mean")),
                ("temp_summer", models.IntegerField(help_text="Mean")),
                ("summer_high", models.IntegerField(help_text="Mean daily high")),
                ("winter_low", models.IntegerField(help_text="Mean daily low")),
                (
                    "temperature_swing",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.expressions.CombinedExpression(
                            models.F("summer_high"), "-", models.F("winter_low")
                        ),
                        output_field=models.IntegerField(),
                    ),
                ),
                ("temperature_stress", models.FloatField()),
                ("source", models.TextField()),
            ],
            options={
                "db_table": "climate_normals",
                "ordering": ["zip_code"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "climate_zone__in",
                                [
                                    "coastal_hot",
                                    "inland_hot",
                                    "coastal_moderate",
                                    "inland_moderate",
                                    "mountain_cool",
                                ],
                            )
                        ),
                        name="climate_normals_zone_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("temperature_stress__range", (0, 0.5))),
                        name="climate_normals_stress_range",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ScoringParameters",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("priors", models.JSONField(help_text="Failure rate by vehicle type")),
                ("cohort_priors", models.JSONField(blank=True, db_default={}, default=dict)),
                (
                    "likelihood_ratios",
                    models.JSONField(help_text="Ratios of present and of absent evidence"),
                ),
                ("prices", models.JSONField(help_text="Parts and service by model")),
                ("type_prices", models.JSONField(help_text="Parts and service by vehicle type")),
                ("horizon_days", models.IntegerField(default=90)),
                ("starts_mean", models.FloatField(default=1200)),
                ("starts_sigma", models.FloatField(default=480)),
                ("environment_base", models.FloatField(default=0.66)),
                ("usage_floor", models.FloatField(default=0.9)),
                ("usage_ceiling", models.FloatField(default=1.2)),
                ("usage_slope", models.FloatField(default=0.2)),
                ("usage_centre_miles", models.FloatField(default=12000)),
                ("prior_floor", models.FloatField(default=0.01)),
                ("prior_ceiling", models.FloatField(default=0.5)),
                ("swing_threshold", models.FloatField(default=40)),
                ("start_z_threshold", models.FloatField(default=2)),
                ("short_trip_threshold", models.FloatField(default=0.5)),
                ("evidence_days", models.IntegerField(default=180)),
                ("high_band", models.FloatField(default=0.6)),
                ("medium_band", models.FloatField(default=0.3)),
                ("recalibration_intercept", models.FloatField(default=0)),
                ("recalibration_slope", models.FloatField(default=1)),
                ("provenance", models.TextField(help_text="Where the numbers come from")),
                ("is_calibrated", models.BooleanField(db_default=False, default=False)),
                (
                    "estimates",
                    models.JSONField(
                        blank=True,
                        db_default={},
                        default=dict,
                        help_text="Intervals and counts behind the values",
                    ),
                ),
                ("reason", models.TextField(blank=True, db_default="", default="")),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "based_on",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="successors",
                        to="leads.scoringparameters",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "scoring parameters",
                "db_table": "scoring_parameters",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="ScoreHistory",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("posterior_probability", models.FloatField()),
                (
                    "contact_urgency",
                    models.CharField(
                        choices=[
                            ("immediate", "Immediate"),
                            ("24_hours", "Within 24 hours"),
                            ("48_hours", "Within 48 hours"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("created", "First score"),
                            ("facts", "New facts"),
                            ("nightly", "Nightly recompute"),
                            ("parameters", "Other parameters"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="score_history",
                        to="leads.lead",
                    ),
                ),
                (
                    "parameters",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.scoringparameters",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "score history",
                "db_table": "lead_score_history",
                "ordering": ["lead", "-at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="ParameterActivation",
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
                    "state",
                    models.CharField(
                        choices=[
                            ("champion", "In use"),
                            ("challenger", "Challenger"),
                            ("retired", "Retired"),
                        ],
                        default="challenger",
                        max_length=20,
                    ),
                ),
                (
                    "since",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("reason", models.TextField(blank=True, db_default="", default="")),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "parameters",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="activation",
                        to="leads.scoringparameters",
                    ),
                ),
            ],
            options={
                "db_table": "parameter_activations",
                "ordering": ["-since"],
            },
        ),
        migrations.CreateModel(
            name="BatteryTest",
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
                    "tested_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "result",
                    models.CharField(
                        choices=[
                            ("good", "Good"),
                            ("recharge", "Recharged"),
                            ("replace_customer_pay", "Replaced, customer pays"),
                            ("replace_warranty", "Replaced under warranty"),
                            ("declined", "Replacement declined"),
                            ("replaced_elsewhere", "Replaced elsewhere"),
                        ],
                        max_length=25,
                    ),
                ),
                ("state_of_charge", models.FloatField(blank=True, help_text="Percent", null=True)),
                (
                    "voltage",
                    models.FloatField(blank=True, help_text="Resting, in volts", null=True),
                ),
                (
                    "cold_cranking_amps",
                    models.IntegerField(blank=True, help_text="Measured", null=True),
                ),
                ("rated_cold_cranking_amps", models.IntegerField(blank=True, null=True)),
                ("note", models.CharField(blank=True, db_default="", default="", max_length=500)),
                ("predicted_probability", models.FloatField(blank=True, editable=False, null=True)),
                (
                    "predicted_from",
                    models.JSONField(blank=True, db_default={}, default=dict, editable=False),
                ),
                (
                    "appointment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="battery_tests",
                        to="crm.appointment",
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="battery_tests",
                        to="leads.lead",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "service_record",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="battery_tests",
                        to="crm.servicerecord",
                    ),
                ),
                (
                    "technician",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="crm.technician",
                    ),
                ),
                (
                    "vehicle",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="battery_tests",
                        to="crm.vehicle",
                    ),
                ),
                (
                    "predicted_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="leads.scoringparameters",
                    ),
                ),
            ],
            options={
                "db_table": "battery_tests",
                "ordering": ["-tested_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="LeadScore",
            fields=[
                (
                    "lead",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="score",
                        serialize=False,
                        to="leads.lead",
                    ),
                ),
                ("base_prior", models.FloatField()),
                ("adjusted_prior", models.FloatField()),
                ("combined_lr", models.FloatField()),
                ("posterior_probability", models.FloatField()),
                (
                    "recorded_posterior",
                    models.FloatField(help_text="The posterior of the last row in the history"),
                ),
                ("start_cycle_z", models.FloatField(null=True)),
                (
                    "scored_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        help_text="Since when the score is this",
                    ),
                ),
                ("expected_value", models.DecimalField(decimal_places=2, max_digits=10)),
                ("parts_cost", models.IntegerField()),
                ("service_cost", models.IntegerField()),
                ("total_opportunity", models.IntegerField()),
                ("risk_percentile", models.SmallIntegerField()),
                ("urgency_score", models.SmallIntegerField()),
                ("is_open", models.BooleanField(db_default=True)),
                ("is_clamped", models.BooleanField()),
                ("temperature_cycling", models.BooleanField(null=True)),
                ("ignition_frequency", models.BooleanField(null=True)),
                ("soc_decline", models.BooleanField(null=True)),
                ("short_trips", models.BooleanField(null=True)),
                (
                    "contact_urgency",
                    models.CharField(
                        choices=[
                            ("immediate", "Immediate"),
                            ("24_hours", "Within 24 hours"),
                            ("48_hours", "Within 48 hours"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "predicted_failure_window",
                    models.CharField(
                        choices=[
                            ("1-4_weeks", "1 to 4 weeks"),
                            ("2-6_weeks", "2 to 6 weeks"),
                            ("4-10_weeks", "4 to 10 weeks"),
                            ("2-4_months", "2 to 4 months"),
                            ("3-6_months", "3 to 6 months"),
                            ("6-12_months", "6 to 12 months"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "active_lrs",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.FloatField(), size=None
                    ),
                ),
                (
                    "parameters",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="scores",
                        to="leads.scoringparameters",
                    ),
                ),
            ],
            options={
                "db_table": "lead_scores",
            },
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(fields=["cohort_assignment"], name="vin_leads_cohort"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(fields=["state", "city"], name="vin_leads_place"),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("batch__isnull", False)),
                fields=["batch"],
                name="vin_leads_batch",
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["new", "contacted", "booked", "arrived"])),
                fields=("vin",),
                name="vin_leads_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("make", ""), _negated=True),
                    models.Q(("model", ""), _negated=True),
                    models.Q(("vin", ""), _negated=True),
                ),
                name="vin_leads_described",
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(("year__range", (1900, 2100))), name="vin_leads_year_plausible"
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("vehicle_type__in", ["light_truck", "midweight_truck", "suv", "car"])
                ),
                name="vin_leads_type_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(("current_mileage__range", (0, 2000000))),
                name="vin_leads_mileage_plausible",
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(("vehicle_age__range", (0, 150))), name="vin_leads_age_plausible"
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(("zip_code__regex", "^[0-9]{5}$")), name="vin_leads_zip_shape"
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__regex", "^[A-Z]{2}$")), name="vin_leads_state_shape"
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "climate_zone__in",
                        [
                            "coastal_hot",
                            "inland_hot",
                            "coastal_moderate",
                            "inland_moderate",
                            "mountain_cool",
                        ],
                    )
                ),
                name="vin_leads_zone_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(("start_cycles_annual__range", (0, 100000))),
                name="vin_leads_starts_plausible",
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(("temperature_stress__range", (0, 0.5))),
                name="vin_leads_stress_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(("short_trip_percentage__range", (0, 1))),
                name="vin_leads_short_trips_share",
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(("soc_value__range", (0, 100))), name="vin_leads_charge_percent"
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("soc_decline__isnull", True), ("soc_value__isnull", True)),
                    models.Q(("soc_date__isnull", False), ("soc_source__isnull", False)),
                    _connector="OR",
                ),
                name="vin_leads_evidence_sourced",
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(("soc_source__in", ["battery_test", "telematics", "simulated"])),
                name="vin_leads_evidence_source_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["crm", "imported", "generated"])),
                name="vin_leads_source_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="lead",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        ["new", "contacted", "booked", "arrived", "won", "lost", "expired"],
                    )
                ),
                name="vin_leads_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoringparameters",
            constraint=models.UniqueConstraint(
                fields=("name",), name="scoring_parameters_name_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="scoringparameters",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("name", ""), _negated=True),
                    models.Q(("provenance", ""), _negated=True),
                ),
                name="scoring_parameters_described",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoringparameters",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("horizon_days__gt", 0), ("starts_sigma__gt", 0), ("usage_centre_miles__gt", 0)
                ),
                name="scoring_parameters_scales_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoringparameters",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("prior_ceiling__lte", 0.5),
                    ("prior_floor__gt", 0),
                    ("prior_floor__lt", models.F("prior_ceiling")),
                ),
                name="scoring_parameters_prior_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoringparameters",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("high_band__lt", 1),
                    ("medium_band__gt", 0),
                    ("medium_band__lt", models.F("high_band")),
                ),
                name="scoring_parameters_bands_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoringparameters",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("recalibration_intercept__range", (-5, 5)),
                    ("recalibration_slope__range", (0.1, 2)),
                ),
                name="scoring_parameters_recalibration_range",
            ),
        ),
        migrations.AddIndex(
            model_name="scorehistory",
            index=models.Index(fields=["lead", "-at"], name="lead_score_history_lead"),
        ),
        migrations.AddConstraint(
            model_name="scorehistory",
            constraint=models.CheckConstraint(
                condition=models.Q(("cause__in", ["created", "facts", "nightly", "parameters"])),
                name="lead_score_history_cause_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="parameteractivation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "champion")),
                fields=("state",),
                name="parameter_activations_one_champion",
            ),
        ),
        migrations.AddConstraint(
            model_name="parameteractivation",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["champion", "challenger", "retired"])),
                name="parameter_activations_state_known",
            ),
        ),
        migrations.AddIndex(
            model_name="batterytest",
            index=models.Index(fields=["vehicle", "-tested_at"], name="battery_tests_vehicle"),
        ),
        migrations.AddIndex(
            model_name="batterytest",
            index=models.Index(fields=["-tested_at", "id"], name="battery_tests_latest"),
        ),
        migrations.AddConstraint(
            model_name="batterytest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("lead__isnull", False), ("vehicle__isnull", False), _connector="OR"
                ),
                name="battery_tests_belong",
            ),
        ),
        migrations.AddConstraint(
            model_name="batterytest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "result__in",
                        [
                            "good",
                            "recharge",
                            "replace_customer_pay",
                            "replace_warranty",
                            "declined",
                            "replaced_elsewhere",
                        ],
                    )
                ),
                name="battery_tests_result_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="batterytest",
            constraint=models.CheckConstraint(
                condition=models.Q(("state_of_charge__range", (0, 100))),
                name="battery_tests_charge_percent",
            ),
        ),
        migrations.AddConstraint(
            model_name="batterytest",
            constraint=models.CheckConstraint(
                condition=models.Q(("voltage__range", (0, 30))),
                name="battery_tests_voltage_plausible",
            ),
        ),
        migrations.AddConstraint(
            model_name="batterytest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("cold_cranking_amps__range", (0, 3000)),
                    ("rated_cold_cranking_amps__range", (0, 3000)),
                ),
                name="battery_tests_amps_plausible",
            ),
        ),
        migrations.AddIndex(
            model_name="leadscore",
            index=models.Index(
                condition=models.Q(("is_open", True)),
                fields=["-urgency_score", "-lead"],
                name="lead_scores_work_list",
            ),
        ),
        migrations.AddConstraint(
            model_name="leadscore",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("posterior_probability__gt", 0), ("posterior_probability__lt", 1)
                ),
                name="lead_scores_posterior_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="leadscore",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("risk_percentile__range", (0, 100)), ("urgency_score__range", (0, 100))
                ),
                name="lead_scores_percentages",
            ),
        ),
    ]
