"""The views count the dealership's days: those of UTC end in its evening.

A database that is made now has got them from 0002; one from before gets them here.
"""

from django.db import migrations

from warmth.migrations._sql import FOLDER


class Migration(migrations.Migration):
    dependencies = [("warmth", "0003_history_of_many_rows")]

    operations = [
        migrations.RunSQL(
            [(FOLDER / f"{name}.sql").read_text() for name in ("views_reverse", "views")],
            migrations.RunSQL.noop,
        )
    ]
