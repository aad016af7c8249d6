"""Vehicles, and what a VIN says."""

from django.db.models import F
from rest_framework import serializers

from crm.models import Customer, Vehicle
from crm.rest.inputs import Command, Input
from crm.rest.rows import Rows

_WRITABLE = (
    "customer",
    "vin",
    "vin_exception_reason",
    "license_plate",
    "year",
    "make",
    "model",
    "trim",
    "engine",
    "color",
    "purchase_date",
    "purchased_from_us",
    "current_mileage",
    "last_service_date",
    "last_service_mileage",
    "next_service_due_mileage",
    "is_primary_vehicle",
    "status",
)


class VehicleRows(Rows):
    """A vehicle and its present owner's name."""

    customer_name = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = Vehicle
        ref_name = "Vehicle"
        fields = ("id", *_WRITABLE, "customer_name", "created_at", "updated_at")
        computed = {"customer_name": F("customer__name")}


class VehicleInput(Input):
    """A vehicle; a mileage below the recorded one is refused (use correct-mileage)."""

    vin = serializers.CharField(max_length=40)
    license_plate = serializers.CharField(
        max_length=40, required=False, allow_null=True, allow_blank=True
    )
    customer = serializers.PrimaryKeyRelatedField(
        queryset=Customer.objects.present(), required=False, allow_null=True
    )

    class Meta(Input.Meta):
        model = Vehicle
        ref_name = "VehicleInput"
        fields = _WRITABLE


class MileageCorrection(Command):
    """The right mileage, and why the recorded one was wrong."""

    mileage = serializers.IntegerField(min_value=0, max_value=2_000_000)
    reason = serializers.CharField(max_length=200)


class DecodedVin(serializers.Serializer[object]):
    """What a VIN says. Texts are empty where nothing is known; `problem` says what is wrong."""

    vin = serializers.CharField()
    is_valid = serializers.BooleanField()  # type: ignore[assignment]
    problem = serializers.CharField(allow_blank=True)
    year = serializers.IntegerField(allow_null=True)
    make = serializers.CharField(allow_blank=True)
    model = serializers.CharField(allow_blank=True)
    trim = serializers.CharField(allow_blank=True)
    engine = serializers.CharField(allow_blank=True)
    body = serializers.CharField(allow_blank=True)
    drive = serializers.CharField(allow_blank=True)
