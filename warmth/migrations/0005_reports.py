import django.core.serializers.json
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("warmth", "0004_days_of_the_shop"),
    ]

    operations = [
        migrations.CreateModel(
            name="WarmthReport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("rules", "Rules: what their events said about buying"),
                            ("distribution", "Distribution of levels"),
                            ("weights", "Weights: components of buyers and of others"),
                            ("adjustments", "Values that people set"),
                            ("stale", "Stale: warm on paper, silent for 90 days"),
                        ],
                        max_length=20,
                    ),
                ),
                ("period", models.DateField()),
                (
                    "rows",
                    models.JSONField(
                        default=list, encoder=django.core.serializers.json.DjangoJSONEncoder
                    ),
                ),
                (
                    "made_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
            options={
                "db_table": "warmth_reports",
                "ordering": ["-period", "kind"],
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "period"), name="warmth_reports_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                ["rules", "distribution", "weights", "adjustments", "stale"],
                            )
                        ),
                        name="warmth_reports_kind_known",
                    ),
                ],
            },
        ),
    ]
