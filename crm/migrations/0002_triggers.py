"""What the tables do by themselves: time stamps, audit, search documents, delete rules."""

from django.db import migrations

from crm.migrations._sql import cascade, sql_file


class Migration(migrations.Migration):
    dependencies = [("crm", "0001_initial")]

    operations = [
        # As in the seed: a customer without history takes its vehicles along. Appointments and
        # service history keep NO ACTION, so nobody with a past can be deleted.
        migrations.RunSQL(
            cascade("vehicles", "customer_id", "customers", "CASCADE"),
            cascade("vehicles", "customer_id", "customers", "NO ACTION"),
        ),
        migrations.RunSQL(
            cascade("customer_search", "customer_id", "customers", "CASCADE"),
            cascade("customer_search", "customer_id", "customers", "NO ACTION"),
        ),
        sql_file("triggers"),
    ]
