"""Abbreviations in labels: VIN, ZIP, SOC, LR. Changes nothing in the database."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0004_orders_of_scores"),
    ]

    operations = [
        migrations.AlterField(
            model_name="climatenormal",
            name="zip_code",
            field=models.CharField(
                max_length=5, primary_key=True, serialize=False, verbose_name="ZIP code"
            ),
        ),
        migrations.AlterField(
            model_name="lead",
            name="climate_zip",
            field=models.CharField(
                blank=True,
                help_text="ZIP of the station the climate is from",
                max_length=5,
                null=True,
                verbose_name="climate ZIP",
            ),
        ),
        migrations.AlterField(
            model_name="lead",
            name="soc_date",
            field=models.DateField(blank=True, null=True, verbose_name="SOC date"),
        ),
        migrations.AlterField(
            model_name="lead",
            name="soc_decline",
            field=models.BooleanField(blank=True, null=True, verbose_name="SOC decline"),
        ),
        migrations.AlterField(
            model_name="lead",
            name="soc_source",
            field=models.CharField(
                blank=True,
                choices=[
                    ("battery_test", "Battery test"),
                    ("telematics", "Telematics"),
                    ("simulated", "Simulated"),
                ],
                max_length=20,
                null=True,
                verbose_name="SOC source",
            ),
        ),
        migrations.AlterField(
            model_name="lead",
            name="soc_value",
            field=models.FloatField(
                blank=True,
                help_text="State of charge in percent",
                null=True,
                verbose_name="SOC value",
            ),
        ),
        migrations.AlterField(
            model_name="lead",
            name="vin",
            field=models.CharField(max_length=17, verbose_name="VIN"),
        ),
        migrations.AlterField(
            model_name="lead",
            name="zip_code",
            field=models.CharField(blank=True, max_length=5, null=True, verbose_name="ZIP code"),
        ),
        migrations.AlterField(
            model_name="leadscore",
            name="combined_lr",
            field=models.FloatField(verbose_name="combined LR"),
        ),
        migrations.AlterField(
            model_name="leadscore",
            name="soc_decline",
            field=models.BooleanField(null=True, verbose_name="SOC decline"),
        ),
    ]
