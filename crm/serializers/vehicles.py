"""Vehicles, and what a VIN says."""

from django.db.models import F
from rest_framework import serializers

from crm.models import Customer, Vehicle
from crm.rest.inputs import Command, Input
from crm.rest.rows import Rows
from crm.services.vehicles import WRITABLE


class VehicleRows(Rows):
    """A vehicle and its present owner's name."""

    customer_name = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = Vehicle
        ref_name = "Vehicle"
        fields = ("id", *WRITABLE, "customer_name", "created_at", "updated_at")
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
        fields = WRITABLE


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
