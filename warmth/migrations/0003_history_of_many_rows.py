"""A session plans the join of old and new rows once, for as many as its first statement had: after
a single update, 20,000 rows would be compared in a loop of 400 million steps."""

from django.db import migrations

FUNCTIONS = ("record_warmth_history()", "audit_customer_warmth()")


class Migration(migrations.Migration):
    dependencies = [("warmth", "0002_triggers")]

    operations = [
        migrations.RunSQL(
            f"ALTER FUNCTION {name} SET {setting} = off", f"ALTER FUNCTION {name} RESET {setting}"
        )
        for name in FUNCTIONS
        for setting in ("enable_nestloop", "jit")
    ]
