"""The statements of the search box, planned once for a connection."""

from django.db import migrations

from crm.migrations._sql import sql_file


class Migration(migrations.Migration):
    dependencies = [("crm", "0014_work_without_customer")]

    operations = [sql_file("search_plans")]
