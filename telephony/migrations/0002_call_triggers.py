"""What the tables of calls do by themselves: time stamps, audit, delete rule."""

from pathlib import Path

from django.db import migrations

from crm.migrations._sql import cascade, sql_file


class Migration(migrations.Migration):
    dependencies = [("telephony", "0001_calls"), ("crm", "0002_triggers")]

    operations = [
        migrations.RunSQL(
            cascade("call_accesses", "call_id", "call_logs", "CASCADE"),
            cascade("call_accesses", "call_id", "call_logs", "NO ACTION"),
        ),
        sql_file("calls", Path(__file__).parent / "sql"),
    ]
