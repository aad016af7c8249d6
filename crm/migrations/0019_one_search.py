"""The search box asks the database one question, and finds two words of a name together."""

import django.contrib.postgres.indexes
from django.db import migrations, models

from crm.migrations._sql import sql_file


class Migration(migrations.Migration):
    dependencies = [("crm", "0018_keyed_plans")]

    operations = [
        migrations.RemoveIndex(model_name="nameword", name="name_words_word"),
        migrations.AddIndex(
            model_name="nameword",
            index=models.Index(
                django.contrib.postgres.indexes.OpClass("word", name="text_pattern_ops"),
                name="name_words_prefix",
            ),
        ),
        sql_file("one_search"),
    ]
