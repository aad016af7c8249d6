"""Mistyped names by exact look-ups, however many names there are."""

import django.contrib.postgres.indexes
from django.db import migrations, models

from crm.migrations._sql import sql_file


class Migration(migrations.Migration):
    dependencies = [("crm", "0019_one_search")]

    operations = [
        sql_file("one_letter_less"),
        migrations.AddIndex(
            model_name="nameword",
            index=django.contrib.postgres.indexes.GinIndex(
                models.Func("word", function="one_letter_less"),
                name="name_words_one_letter_less",
                fastupdate=False,
            ),
        ),
        sql_file("similar_names"),
    ]
