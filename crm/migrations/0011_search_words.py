"""Whole words of search documents, in a column and an index of their own."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.expressions
from django.db import migrations, models

from crm.migrations._sql import sql_file


class Migration(migrations.Migration):
    dependencies = [("crm", "0010_barred_work_ranks_last")]

    operations = [
        sql_file("search_words"),
        migrations.AddField(
            model_name="customersearch",
            name="words",
            field=models.GeneratedField(
                expression=django.db.models.expressions.Func(
                    django.db.models.expressions.F("document"), function="search_words"
                ),
                output_field=django.contrib.postgres.search.SearchVectorField(),
                db_persist=True,
            ),
        ),
        migrations.AddIndex(
            model_name="customersearch",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["words"], name="customer_search_words", fastupdate=False
            ),
        ),
        sql_file("documents_with_words"),
    ]
