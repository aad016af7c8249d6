from django.db import models

from crm.models.base import one_of
from leads.enums import ClimateZone


class ClimateNormal(models.Model):
    """Seasonal normals of a weather station's town, in whole degrees Fahrenheit: winter is
    December to February, summer June to August."""

    zip_code = models.CharField("ZIP code", max_length=5, primary_key=True)
    city = models.CharField(max_length=100)
    state = models.CharField(max_length=2)
    climate_zone = models.CharField(max_length=20, choices=ClimateZone)
    temp_winter = models.IntegerField(help_text="Mean")
    temp_summer = models.IntegerField(help_text="Mean")
    summer_high = models.IntegerField(help_text="Mean daily high")
    winter_low = models.IntegerField(help_text="Mean daily low")
    temperature_swing = models.GeneratedField(
        expression=models.F("summer_high") - models.F("winter_low"),
        output_field=models.IntegerField(),
        db_persist=True,
    )
    temperature_stress = models.FloatField()
    source = models.TextField()

    class Meta:
        db_table = "climate_normals"
        ordering = ["zip_code"]
        constraints = [
            models.CheckConstraint(
                condition=one_of("climate_zone", ClimateZone.values),
                name="climate_normals_zone_known",
            ),
            models.CheckConstraint(
                condition=models.Q(temperature_stress__range=(0, 0.5)),
                name="climate_normals_stress_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.city}, {self.state}"
