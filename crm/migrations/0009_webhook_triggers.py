"""What the tables of webhooks do by themselves: time stamps, audit, delete rules."""

from django.db import migrations

from crm.migrations._sql import cascade, sql_file

RULES = [
    ("webhook_deliveries", "message_id", "webhook_messages"),
    ("webhook_deliveries", "endpoint_id", "webhook_endpoints"),
]


class Migration(migrations.Migration):
    dependencies = [("crm", "0008_webhooks")]

    operations = [
        *(
            migrations.RunSQL(
                cascade(table, column, target, "CASCADE"),
                cascade(table, column, target, "NO ACTION"),
            )
            for table, column, target in RULES
        ),
        sql_file("webhooks"),
    ]
