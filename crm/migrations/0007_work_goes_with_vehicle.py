"""Work about a vehicle goes when the vehicle goes, so that an import can be taken back.

Contact attempts are somebody's work and keep an import from being taken back.
"""

import django.db.models.deletion
from django.db import migrations, models

from crm.migrations._sql import cascade


class Migration(migrations.Migration):
    dependencies = [("crm", "0006_outreach_triggers")]

    operations = [
        migrations.AlterField(
            model_name="workitem",
            name="vehicle",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="work_items",
                to="crm.vehicle",
            ),
        ),
        migrations.RunSQL(
            cascade("work_items", "vehicle_id", "vehicles", "CASCADE"),
            cascade("work_items", "vehicle_id", "vehicles", "SET NULL"),
        ),
        migrations.RunSQL(
            cascade("contact_attempts", "customer_id", "customers", "NO ACTION"),
            cascade("contact_attempts", "customer_id", "customers", "CASCADE"),
        ),
    ]
