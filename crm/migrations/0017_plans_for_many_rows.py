"""A session plans the join of old and new rows once, for as many as its first statement had: after
a single update, an update of 4,000 customers compared them in a loop and took minutes."""

from django.db import migrations

FUNCTIONS = ("audit_changes()", "search_customers_changed()", "search_parts_changed()")


class Migration(migrations.Migration):
    dependencies = [("crm", "0016_demo_consents")]

    operations = [
        migrations.RunSQL(
            f"ALTER FUNCTION {name} SET enable_nestloop = off",
            f"ALTER FUNCTION {name} RESET enable_nestloop",
        )
        for name in FUNCTIONS
    ]
