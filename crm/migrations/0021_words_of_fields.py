"""Abbreviations in labels: VIN, ZIP, URL, API. Changes nothing in the database."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0020_names_one_letter_off"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="apitoken",
            options={"ordering": ["-created_at"], "verbose_name": "API token"},
        ),
        migrations.AlterField(
            model_name="customer",
            name="zip_code",
            field=models.CharField(blank=True, max_length=10, null=True, verbose_name="ZIP code"),
        ),
        migrations.AlterField(
            model_name="vehicle",
            name="vin",
            field=models.CharField(max_length=17, verbose_name="VIN"),
        ),
        migrations.AlterField(
            model_name="vehicle",
            name="vin_exception_reason",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Why an invalid VIN stands: built before 1981, grey import …",
                max_length=200,
                verbose_name="VIN exception reason",
            ),
        ),
        migrations.AlterField(
            model_name="webhookendpoint",
            name="url",
            field=models.URLField(max_length=500, verbose_name="URL"),
        ),
        migrations.AlterField(
            model_name="workitem",
            name="url",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=200, verbose_name="URL"
            ),
        ),
    ]
