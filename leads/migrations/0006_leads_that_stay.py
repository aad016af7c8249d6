"""What the recompute of scores asks before it adds one (leads/sql/merge.sql)."""

from django.db import migrations

# Volatile, and so not of the statement's snapshot: it sees a lead that went while the statement
# waited. The lock is the one that the foreign key takes at the end of the transaction anyway.
FORWARD = """
CREATE FUNCTION keep_lead(wanted bigint) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM FROM vin_leads WHERE lead_id = wanted FOR KEY SHARE;
    RETURN found;
END
$$;
COMMENT ON FUNCTION keep_lead(bigint) IS
    'Whether the lead is there now; it then stays until the end of the transaction.';
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0005_words_of_fields")]

    operations = [migrations.RunSQL(FORWARD, "DROP FUNCTION keep_lead(bigint)")]
