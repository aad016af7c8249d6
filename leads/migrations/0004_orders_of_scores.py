from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0003_orders_of_the_list"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="leadscore",
            index=models.Index(
                fields=["posterior_probability", "lead"],
                name="lead_scores_by_posterior",
                condition=models.Q(("is_open", True)),
            ),
        ),
        migrations.AddIndex(
            model_name="leadscore",
            index=models.Index(
                fields=["expected_value", "lead"],
                name="lead_scores_by_value",
                condition=models.Q(("is_open", True)),
            ),
        ),
    ]
