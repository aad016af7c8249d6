"""What-if scores of vehicles that are not stored."""

from rest_framework import serializers

from crm.rest.inputs import Command
from leads.enums import EvidenceSource, VehicleType
from leads.models import ScoringParameters
from leads.serializers.leads import LeadStep

MOST_VEHICLES = 1_000
# Simulated evidence never expires; from outside it must have a date that counts.
MEASURED = [choice for choice in EvidenceSource.choices if choice[0] != EvidenceSource.SIMULATED]


class ScoreVehicle(serializers.Serializer[object]):
    """A VIN, or type or model with the year. What is left out is unknown and never guessed; what
    is stated wins over what the VIN says."""

    vin = serializers.CharField(max_length=25, required=False)
    vehicle_type = serializers.ChoiceField(choices=VehicleType.choices, required=False)
    year = serializers.IntegerField(min_value=1900, max_value=2100, required=False)
    make = serializers.CharField(max_length=50, required=False)
    model = serializers.CharField(max_length=50, required=False)
    current_mileage = serializers.IntegerField(
        min_value=0, max_value=2_000_000, required=False, allow_null=True
    )
    zip_code = serializers.RegexField(r"^\d{5}(-\d{4})?$", required=False, allow_null=True)
    start_cycles_annual = serializers.IntegerField(
        min_value=0, max_value=100_000, required=False, allow_null=True
    )
    short_trip_percentage = serializers.FloatField(
        min_value=0,
        max_value=1,
        required=False,
        allow_null=True,
        help_text="Share of trips under 6 miles, 0 to 1.",
    )
    soc_decline = serializers.BooleanField(
        required=False, allow_null=True, help_text="Whether the charge was seen to fall."
    )
    soc_source = serializers.ChoiceField(choices=MEASURED, required=False)
    soc_date = serializers.DateField(required=False, help_text="Today when left out.")


class ScoreInput(Command):
    """Vehicles to score by the parameter set in use, or by the one named."""

    vehicles = ScoreVehicle(many=True, allow_empty=False, max_length=MOST_VEHICLES)  # type: ignore[call-arg]
    parameters = serializers.SlugRelatedField(
        slug_field="name", queryset=ScoringParameters.objects.all(), required=False
    )


class ScoreResult(serializers.Serializer[object]):
    """The score of the vehicle at `index`. Percentile and urgency need a place among the stored
    leads, which it does not have."""

    index = serializers.IntegerField()
    vin = serializers.CharField(allow_blank=True)
    year = serializers.IntegerField(allow_null=True)
    make = serializers.CharField(allow_blank=True)
    model = serializers.CharField(allow_blank=True)
    vehicle_type = serializers.CharField()
    vehicle_age = serializers.IntegerField(allow_null=True)
    cohort_assignment = serializers.CharField()
    climate_zip = serializers.CharField(allow_null=True)
    base_prior = serializers.FloatField()
    adjusted_prior = serializers.FloatField()
    is_clamped = serializers.BooleanField()
    start_cycle_z = serializers.FloatField(allow_null=True)
    active_lrs = serializers.ListField(child=serializers.FloatField())
    combined_lr = serializers.FloatField()
    posterior_probability = serializers.FloatField()
    contact_urgency = serializers.CharField()
    predicted_failure_window = serializers.CharField()
    primary_service = serializers.CharField()
    parts_cost = serializers.IntegerField()
    service_cost = serializers.IntegerField()
    total_opportunity = serializers.IntegerField()
    price_source = serializers.CharField()
    expected_value = serializers.DecimalField(max_digits=10, decimal_places=2)
    steps = LeadStep(many=True)
    unknown = serializers.ListField(child=serializers.CharField())


class ScoreAnswer(serializers.Serializer[object]):
    """Unless `is_calibrated` nobody has measured the numbers that the scores rest on."""

    parameters = serializers.CharField()
    is_calibrated = serializers.BooleanField()
    as_of = serializers.DateField()
    results = ScoreResult(many=True)
