"""What the tables do by themselves: levels, history, immutability, audit, delete rules, views."""

from django.db import migrations

from crm.migrations._sql import cascade
from warmth.migrations._sql import sql_file

CASCADES = (
    ("customer_warmth", "customer_id", "customers"),
    ("warmth_events", "customer_id", "customers"),
    ("warmth_level_crossings", "customer_id", "customers"),
    ("customer_warmth_history", "customer_warmth_id", "customer_warmth"),
    ("customer_warmth_history_archive", "customer_warmth_id", "customer_warmth"),
)


class Migration(migrations.Migration):
    dependencies = [("warmth", "0001_initial")]

    operations = [
        *(
            migrations.RunSQL(
                cascade(table, column, target, "CASCADE"),
                cascade(table, column, target, "NO ACTION"),
            )
            for table, column, target in CASCADES
        ),
        sql_file("triggers"),
        sql_file("views"),
    ]
