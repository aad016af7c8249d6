"""Filters of lists that people keep under a name."""

import uuid

import django.contrib.postgres.functions
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0012_audit_tokens"),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedFilter",
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
                ("page", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=60)),
                ("query", models.CharField(blank=True, max_length=2000)),
                ("shared", models.BooleanField(db_default=False, default=False)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_filters",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "saved_filters",
                "ordering": ["name", "id"],
                "indexes": [models.Index(fields=["page", "name"], name="saved_filters_page")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "page", "name"), name="saved_filters_name_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="saved_filters_named"
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            "CREATE TRIGGER saved_filters_touch BEFORE UPDATE ON saved_filters "
            "FOR EACH ROW EXECUTE FUNCTION touch_updated_at()",
            migrations.RunSQL.noop,
        ),
    ]
