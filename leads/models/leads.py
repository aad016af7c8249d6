from typing import Any

from django.db import models
from django.db.models.functions import Cast, Coalesce, Concat

from crm.models import Appointment, Customer, DataBatch, ServiceRecord, Vehicle
from crm.models.base import one_of
from leads.enums import (
    ClimateZone,
    EvidenceSource,
    LeadSource,
    LeadStatus,
    VehicleType,
    WeightClass,
)
from leads.querysets import LeadQuerySet
from leads.stressors import START_BASELINE


def _computed(expression: Any, field: models.Field) -> models.Field:
    return models.GeneratedField(expression=expression, output_field=field, db_persist=True)


class Lead(models.Model):
    """What is known about a vehicle that may need a battery; null is unknown.

    The score stands beside it in `LeadScore`. `as_of` is the day for which mileage and age hold.
    """

    lead_id = models.BigAutoField(primary_key=True)

    vin = models.CharField("VIN", max_length=17)
    year = models.IntegerField()
    make = models.CharField(max_length=50)
    model = models.CharField(max_length=50)
    vehicle_type = models.CharField(max_length=20, choices=VehicleType)
    weight_class = _computed(
        models.Case(
            models.When(
                vehicle_type=VehicleType.MIDWEIGHT_TRUCK, then=models.Value(WeightClass.MIDWEIGHT)
            ),
            default=models.Value(WeightClass.LIGHT),
        ),
        models.CharField(max_length=10, choices=WeightClass),
    )
    current_mileage = models.IntegerField(null=True, blank=True)
    vehicle_age = models.IntegerField(null=True, blank=True)
    as_of = models.DateField()

    zip_code = models.CharField("ZIP code", max_length=5, null=True, blank=True)
    city = models.CharField(max_length=100, null=True, blank=True)
    state = models.CharField(max_length=2, null=True, blank=True)
    climate_zone = models.CharField(max_length=20, choices=ClimateZone, null=True, blank=True)
    climate_zip = models.CharField(
        "climate ZIP",
        max_length=5,
        null=True,
        blank=True,
        help_text="ZIP of the station the climate is from",
    )
    temp_winter = models.IntegerField(null=True, blank=True)
    temp_summer = models.IntegerField(null=True, blank=True)
    temperature_delta = _computed(
        models.F("temp_summer") - models.F("temp_winter"), models.IntegerField(null=True)
    )
    temperature_swing = models.IntegerField(null=True, blank=True)

    start_cycles_annual = models.IntegerField(null=True, blank=True)
    start_cycle_deviation = _computed(
        # As floating point, as Python divides: numeric would round the last digit otherwise.
        Cast("start_cycles_annual", models.FloatField()) / models.Value(float(START_BASELINE)),
        models.FloatField(null=True),
    )
    temperature_stress = models.FloatField(null=True, blank=True)
    short_trip_percentage = models.FloatField(null=True, blank=True)
    estimated_cold_starts = _computed(
        (models.F("start_cycles_annual") * 3 + 5) / 10, models.IntegerField(null=True)
    )

    soc_decline = models.BooleanField("SOC decline", null=True, blank=True)
    soc_value = models.FloatField(
        "SOC value", null=True, blank=True, help_text="State of charge in percent"
    )
    soc_source = models.CharField(
        "SOC source", max_length=20, choices=EvidenceSource, null=True, blank=True
    )
    soc_date = models.DateField("SOC date", null=True, blank=True)

    customer_name = models.CharField(max_length=201)
    cohort_assignment = _computed(
        Concat(
            "vehicle_type",
            models.Value("_"),
            Coalesce("climate_zone", models.Value("unknown")),
        ),
        models.CharField(max_length=50),
    )

    vehicle = models.ForeignKey(
        Vehicle, models.CASCADE, null=True, blank=True, related_name="leads"
    )
    customer = models.ForeignKey(
        Customer, models.CASCADE, null=True, blank=True, related_name="leads"
    )
    source = models.CharField(
        max_length=20, choices=LeadSource, default=LeadSource.CRM, db_default=LeadSource.CRM
    )
    status = models.CharField(
        max_length=20, choices=LeadStatus, default=LeadStatus.NEW, db_default=LeadStatus.NEW
    )
    status_changed_at = models.DateTimeField(db_default=models.functions.Now(), editable=False)
    status_reason = models.CharField(max_length=200, blank=True, default="", db_default="")
    snoozed_until = models.DateTimeField(null=True, blank=True)
    appointment = models.ForeignKey(
        Appointment, models.SET_NULL, null=True, blank=True, related_name="leads"
    )
    service_record = models.ForeignKey(
        ServiceRecord, models.SET_NULL, null=True, blank=True, related_name="leads"
    )
    batch = models.ForeignKey(
        DataBatch, models.SET_NULL, null=True, blank=True, editable=False, db_index=False
    )
    created_at = models.DateTimeField(db_default=models.functions.Now(), editable=False)
    updated_at = models.DateTimeField(db_default=models.functions.Now(), editable=False)

    objects = LeadQuerySet.as_manager()

    class Meta:
        db_table = "vin_leads"
        ordering = ["lead_id"]
        indexes = [
            models.Index(fields=["cohort_assignment"], name="vin_leads_cohort"),
            models.Index(fields=["state", "city"], name="vin_leads_place"),
            models.Index(fields=["current_mileage", "lead_id"], name="vin_leads_by_mileage"),
            models.Index(fields=["vehicle_age", "lead_id"], name="vin_leads_by_age"),
            models.Index(
                fields=["batch"], name="vin_leads_batch", condition=models.Q(batch__isnull=False)
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["vin"],
                condition=models.Q(status__in=LeadStatus.open()),
                name="vin_leads_one_open",
            ),
            models.CheckConstraint(
                condition=~models.Q(make="") & ~models.Q(model="") & ~models.Q(vin=""),
                name="vin_leads_described",
            ),
            models.CheckConstraint(
                condition=models.Q(year__range=(1900, 2100)), name="vin_leads_year_plausible"
            ),
            models.CheckConstraint(
                condition=one_of("vehicle_type", VehicleType.values), name="vin_leads_type_known"
            ),
            models.CheckConstraint(
                condition=models.Q(current_mileage__range=(0, 2_000_000)),
                name="vin_leads_mileage_plausible",
            ),
            models.CheckConstraint(
                condition=models.Q(vehicle_age__range=(0, 150)), name="vin_leads_age_plausible"
            ),
            models.CheckConstraint(
                condition=models.Q(zip_code__regex=r"^[0-9]{5}$"), name="vin_leads_zip_shape"
            ),
            models.CheckConstraint(
                condition=models.Q(state__regex=r"^[A-Z]{2}$"), name="vin_leads_state_shape"
            ),
            models.CheckConstraint(
                condition=one_of("climate_zone", ClimateZone.values),
                name="vin_leads_zone_known",
            ),
            models.CheckConstraint(
                condition=models.Q(start_cycles_annual__range=(0, 100_000)),
                name="vin_leads_starts_plausible",
            ),
            models.CheckConstraint(
                condition=models.Q(temperature_stress__range=(0, 0.5)),
                name="vin_leads_stress_range",
            ),
            models.CheckConstraint(
                condition=models.Q(short_trip_percentage__range=(0, 1)),
                name="vin_leads_short_trips_share",
            ),
            models.CheckConstraint(
                condition=models.Q(soc_value__range=(0, 100)), name="vin_leads_charge_percent"
            ),
            models.CheckConstraint(
                condition=models.Q(soc_decline__isnull=True, soc_value__isnull=True)
                | models.Q(soc_source__isnull=False, soc_date__isnull=False),
                name="vin_leads_evidence_sourced",
            ),
            models.CheckConstraint(
                condition=one_of("soc_source", EvidenceSource.values),
                name="vin_leads_evidence_source_known",
            ),
            models.CheckConstraint(
                condition=one_of("source", LeadSource.values), name="vin_leads_source_known"
            ),
            models.CheckConstraint(
                condition=one_of("status", LeadStatus.values), name="vin_leads_status_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year} {self.make} {self.model} of {self.customer_name}"

    @property
    def is_open(self) -> bool:
        return self.status in LeadStatus.open()
