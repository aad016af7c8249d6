"""Work about which nobody may be contacted ranks below all other, so one index gives the order.

The rank is a generated column, whose expression cannot be changed: it goes and comes again.
"""

from decimal import Decimal

from django.db import migrations, models

OPEN = models.Q(closed_at__isnull=True)


class Migration(migrations.Migration):
    dependencies = [("crm", "0009_webhook_triggers")]

    operations = [
        migrations.AlterModelOptions("workitem", {"ordering": ["-rank", "-id"]}),
        migrations.RemoveIndex("workitem", "work_items_ranked"),
        migrations.RemoveIndex("workitem", "work_items_kind_ranked"),
        migrations.RemoveField("workitem", "rank"),
        migrations.AddField(
            "workitem",
            "rank",
            models.GeneratedField(
                db_persist=True,
                expression=models.Case(
                    models.When(barred="", then=models.F("value") * models.F("reach")),
                    default=models.Value(Decimal("-1"), models.DecimalField()),
                ),
                output_field=models.DecimalField(decimal_places=5, max_digits=16),
            ),
        ),
        migrations.AddIndex(
            "workitem",
            models.Index(condition=OPEN, fields=["rank", "id"], name="work_items_ranked"),
        ),
        migrations.AddIndex(
            "workitem",
            models.Index(
                condition=OPEN, fields=["kind", "rank", "id"], name="work_items_kind_ranked"
            ),
        ),
    ]
