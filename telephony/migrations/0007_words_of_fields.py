"""Abbreviations in labels: SID, URL, LLM. Changes nothing in the database."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("telephony", "0006_audit_of_many_calls"),
    ]

    operations = [
        migrations.AlterField(
            model_name="calllog",
            name="call_sid",
            field=models.CharField(blank=True, max_length=100, null=True, verbose_name="call SID"),
        ),
        migrations.AlterField(
            model_name="calllog",
            name="llm_model_used",
            field=models.CharField(
                blank=True, max_length=50, null=True, verbose_name="LLM model used"
            ),
        ),
        migrations.AlterField(
            model_name="calllog",
            name="recording_url",
            field=models.TextField(blank=True, null=True, verbose_name="recording URL"),
        ),
        migrations.AlterField(
            model_name="providerevent",
            name="call_sid",
            field=models.CharField(max_length=100, verbose_name="call SID"),
        ),
    ]
