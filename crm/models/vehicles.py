from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Right

from crm.enums import VehicleStatus
from crm.models.base import Record, one_of
from crm.models.people import Customer
from crm.querysets import VehicleQuerySet

PLATE = r"^[A-Z0-9][A-Z0-9 -]{0,14}$"


class IsValidVin(models.Func):
    """SQL twin of `crm.vin.problem`: shape, check digit and model year; parity-tested."""

    function = "vin_is_valid"
    output_field = models.BooleanField()


class Vehicle(Record):
    """A vehicle that the dealership serves; `customer` is its present owner."""

    customer = models.ForeignKey(
        Customer, models.CASCADE, null=True, blank=True, related_name="vehicles"
    )
    vin = models.CharField("VIN", max_length=17)
    vin_exception_reason = models.CharField(
        "VIN exception reason",
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text="Why an invalid VIN stands: built before 1981, grey import …",
    )
    license_plate = models.CharField(max_length=15, null=True, blank=True)
    year = models.IntegerField()
    make = models.CharField(max_length=50)
    model = models.CharField(max_length=50)
    trim = models.CharField(max_length=50, null=True, blank=True)
    engine = models.CharField(max_length=100, null=True, blank=True)
    color = models.CharField(max_length=50, null=True, blank=True)
    purchase_date = models.DateField(null=True, blank=True)
    purchased_from_us = models.BooleanField(default=False, db_default=False, null=True)
    current_mileage = models.IntegerField(null=True, blank=True)
    last_service_date = models.DateField(null=True, blank=True)
    last_service_mileage = models.IntegerField(null=True, blank=True)
    next_service_due_mileage = models.IntegerField(null=True, blank=True)
    is_primary_vehicle = models.BooleanField(default=True, db_default=True, null=True)
    status = models.CharField(
        max_length=20,
        choices=VehicleStatus,
        default=VehicleStatus.ACTIVE,
        db_default=VehicleStatus.ACTIVE,
        null=True,
    )
    batch = models.ForeignKey(
        "crm.DataBatch",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        db_index=False,
    )

    objects = VehicleQuerySet.as_manager()

    class Meta:
        db_table = "vehicles"
        ordering = ["-is_primary_vehicle", "-year", "id"]
        indexes = [
            models.Index(
                OpClass(Right("vin", 8), name="text_pattern_ops"), name="vehicles_vin_last8"
            ),
            models.Index(fields=["license_plate"], name="vehicles_plate"),
            models.Index(fields=["make", "model", "year"], name="vehicles_make_model_year"),
            models.Index(fields=["updated_at", "id"], name="vehicles_changed"),
            models.Index(
                fields=["batch"], name="vehicles_batch", condition=models.Q(batch__isnull=False)
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["vin"], name="vehicles_vin_once"),
            models.CheckConstraint(
                condition=(models.Q(vin_exception_reason="") & models.Q(IsValidVin("vin", "year")))
                | (~models.Q(vin_exception_reason="") & models.Q(vin__regex=r"^[A-Z0-9]{5,17}$")),
                name="vehicles_vin_valid",
            ),
            models.CheckConstraint(
                condition=models.Q(year__range=(1900, 2100)), name="vehicles_year_plausible"
            ),
            models.CheckConstraint(
                condition=~models.Q(make="") & ~models.Q(model=""), name="vehicles_described"
            ),
            models.CheckConstraint(
                condition=models.Q(license_plate__regex=PLATE), name="vehicles_plate_shape"
            ),
            models.CheckConstraint(
                condition=models.Q(current_mileage__range=(0, 2_000_000)),
                name="vehicles_mileage_plausible",
            ),
            models.CheckConstraint(
                condition=models.Q(last_service_mileage__gte=0),
                name="vehicles_last_service_mileage_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(next_service_due_mileage__gte=0),
                name="vehicles_next_due_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(purchase_date__year__gte=models.F("year") - 1),
                name="vehicles_purchase_plausible",
            ),
            models.CheckConstraint(
                condition=one_of("status", VehicleStatus.values), name="vehicles_status_known"
            ),
            models.UniqueConstraint(
                fields=["customer"],
                condition=models.Q(is_primary_vehicle=True),
                name="vehicles_one_primary",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year} {self.make} {self.model}"

    @property
    def vin_last8(self) -> str:
        return self.vin[-8:]
