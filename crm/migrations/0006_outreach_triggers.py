"""What the tables of outreach do by themselves: time stamps, append-only ledger, delete rules."""

from django.db import migrations

from crm.migrations._sql import cascade, sql_file

# Everything that hangs on a customer, and what becomes of it when the customer is deleted, also by
# plain SQL. The ledger stays: an opt-out binds whoever gets the number next.
RULES = [
    ("contact_consents", "customer_id", "customers", "SET NULL"),
    ("contact_attempts", "customer_id", "customers", "CASCADE"),
    ("contact_decisions", "customer_id", "customers", "CASCADE"),
    ("work_items", "customer_id", "customers", "CASCADE"),
    ("work_items", "vehicle_id", "vehicles", "SET NULL"),
    ("outbound_messages", "appointment_id", "appointments", "CASCADE"),
]


class Migration(migrations.Migration):
    dependencies = [("crm", "0005_outreach")]

    operations = [
        *(
            migrations.RunSQL(
                cascade(table, column, target, action), cascade(table, column, target, "NO ACTION")
            )
            for table, column, target, action in RULES
        ),
        sql_file("outreach"),
    ]
