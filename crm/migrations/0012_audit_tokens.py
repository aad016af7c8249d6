"""Who made and revoked an API token stands in the audit log."""

from django.db import migrations

from crm.migrations._sql import sql_file


class Migration(migrations.Migration):
    dependencies = [("crm", "0011_search_words")]

    operations = [sql_file("audit_tokens")]
