"""Orders of the API's list of service lines."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0003_imports"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="serviceline",
            index=models.Index(fields=["created_at", "id"], name="service_lines_created"),
        ),
        migrations.AddIndex(
            model_name="serviceline",
            index=models.Index(fields=["updated_at", "id"], name="service_lines_changed"),
        ),
    ]
