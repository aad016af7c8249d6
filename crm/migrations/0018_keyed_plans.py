"""Search documents of many customers cost as many look-ups, whatever plan the session keeps."""

from django.db import migrations

from crm.migrations._sql import FOLDER


class Migration(migrations.Migration):
    dependencies = [("crm", "0017_plans_for_many_rows")]

    operations = [
        # The functions do what they did: there is nothing to take back.
        migrations.RunSQL((FOLDER / "keyed_plans.sql").read_text(), migrations.RunSQL.noop)
    ]
