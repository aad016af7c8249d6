"""What the tables of caller verification do by themselves: time stamps, audit."""

from pathlib import Path

from django.db import migrations

from crm.migrations._sql import sql_file


class Migration(migrations.Migration):
    dependencies = [("telephony", "0003_verification"), ("crm", "0002_triggers")]

    operations = [sql_file("verification", Path(__file__).parent / "sql")]
