"""The consent ledger lets go of the demonstration's statements, and of no others."""

from django.db import migrations

from crm.migrations._sql import sql_file


class Migration(migrations.Migration):
    dependencies = [("crm", "0015_search_plans")]

    operations = [sql_file("demo_consents")]
