"""Triggers, delete rules and the view of flat records."""

from django.db import migrations

from crm.migrations._sql import cascade
from leads.migrations._sql import sql_file

# (table, column, table it refers to, key column there): rows that go with what they belong to,
# also when a statement of SQL deletes it.
_GO_ALONG = [
    ("vin_leads", "vehicle_id", "vehicles", "id"),
    ("vin_leads", "customer_id", "customers", "id"),
    ("battery_tests", "vehicle_id", "vehicles", "id"),
    ("battery_tests", "lead_id", "vin_leads", "lead_id"),
    ("lead_scores", "lead_id", "vin_leads", "lead_id"),
    ("lead_score_history", "lead_id", "vin_leads", "lead_id"),
]


def delete_rule(table: str, column: str, target: str, key: str) -> migrations.RunSQL:
    def sql(action: str) -> str:
        return cascade(table, column, target, action).replace("(id)", f"({key})")

    return migrations.RunSQL(sql("CASCADE"), sql("NO ACTION"))


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_initial"), ("crm", "0002_triggers")]

    operations = [*(delete_rule(*rule) for rule in _GO_ALONG), sql_file("rules")]
