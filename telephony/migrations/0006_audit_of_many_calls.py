"""Joins the old and new rows of an update by hashing, however many the session's first one had."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("telephony", "0005_wrong_answers")]

    operations = [
        migrations.RunSQL(
            "ALTER FUNCTION audit_calls() SET enable_nestloop = off",
            "ALTER FUNCTION audit_calls() RESET enable_nestloop",
        )
    ]
