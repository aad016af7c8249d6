"""Triggers that see thousands of rows cost thousands of rows, not their square."""

from django.db import migrations

from crm.migrations._sql import FOLDER


class Migration(migrations.Migration):
    dependencies = [("crm", "0016_demo_consents")]

    operations = [
        # The functions do what they did: there is nothing to take back.
        migrations.RunSQL((FOLDER / "many_rows.sql").read_text(), migrations.RunSQL.noop)
    ]
