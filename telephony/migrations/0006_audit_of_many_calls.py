"""Joins the old and new rows of an update by hashing, however many the session's first one had."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("telephony", "0005_wrong_answers")]

    operations = [
        migrations.RunSQL(
            f"ALTER FUNCTION audit_calls() SET {setting} = off",
            f"ALTER FUNCTION audit_calls() RESET {setting}",
        )
        for setting in ("enable_nestloop", "jit")
    ]
