"""Battery leads, their explanation and the battery tests that judge them."""

from django.db.models import F
from rest_framework import serializers

from crm.expressions import full_name
from crm.models import Appointment, ServiceRecord, Technician
from crm.rest.inputs import Command, Input
from crm.rest.rows import Rows
from leads.enums import LeadStatus, TestResult
from leads.exporting.fields import NAMES
from leads.models import BatteryTest, LeadRecord

# A lead ends as expired by itself, and never becomes new again.
MOVES = [
    choice for choice in LeadStatus.choices if choice[0] not in (LeadStatus.NEW, LeadStatus.EXPIRED)
]
_NOT_IN_FILES = (
    "soc_value", "is_open", "snoozed_until", "scored_at", "is_calibrated", "customer", "vehicle",
)  # fmt: skip


class LeadRows(Rows):
    """A lead: the specification's fields under its names and in its order, then what explains
    them. Null is unknown. `source` "generated" is synthetic; unless `is_calibrated` nobody has
    measured the numbers that the score rests on."""

    lead_id = serializers.IntegerField(read_only=True)
    customer = serializers.UUIDField(read_only=True, allow_null=True)
    vehicle = serializers.UUIDField(read_only=True, allow_null=True)
    is_calibrated = serializers.BooleanField(read_only=True)

    class Meta:
        model = LeadRecord
        ref_name = "Lead"
        fields = (*NAMES, *_NOT_IN_FILES)
        computed = {
            "customer": F("customer_id"),
            "vehicle": F("vehicle_id"),
            "is_calibrated": F("parameters__is_calibrated"),
        }


class LeadStep(serializers.Serializer[object]):
    """A factor on the way from prior to posterior: `log_odds` is what it adds. `state` is
    present, absent, unknown, or empty for what is no evidence."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    ratio = serializers.FloatField()
    log_odds = serializers.FloatField()
    before = serializers.FloatField()
    after = serializers.FloatField()
    state = serializers.CharField(allow_blank=True)


class LeadChange(serializers.Serializer[object]):
    """The posterior if this evidence were present, and if it were absent."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    state = serializers.CharField()
    if_present = serializers.FloatField()
    if_absent = serializers.FloatField()


class LeadParameters(serializers.Serializer[object]):
    """The numbers that a score rests on, and where they come from."""

    name = serializers.CharField()
    is_calibrated = serializers.BooleanField()
    provenance = serializers.CharField()
    horizon_days = serializers.IntegerField()


class LeadExplanation(serializers.Serializer[object]):
    """Why a lead has its score. The `log_odds` of the steps add up to `log_odds`. `unknown` was
    never guessed; `is_synthetic` says that no such vehicle or customer is meant."""

    lead_id = serializers.IntegerField()
    vin = serializers.CharField()
    posterior_probability = serializers.FloatField()
    log_odds = serializers.FloatField()
    base_prior = serializers.FloatField()
    adjusted_prior = serializers.FloatField()
    is_clamped = serializers.BooleanField()
    annual_mileage = serializers.FloatField(allow_null=True)
    environment = serializers.FloatField()
    usage = serializers.FloatField()
    steps = LeadStep(many=True)
    unknown = serializers.ListField(child=serializers.CharField())
    changes = LeadChange(many=True)
    sentence = serializers.CharField()
    price_source = serializers.CharField()
    parameters = LeadParameters()
    scored_at = serializers.DateTimeField()
    is_synthetic = serializers.BooleanField()


class LeadMoveInput(Command):
    """The lead's next status; `lost` needs a reason."""

    status = serializers.ChoiceField(choices=MOVES)
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)
    appointment = serializers.PrimaryKeyRelatedField(
        queryset=Appointment.objects.all(), required=False
    )
    service_record = serializers.PrimaryKeyRelatedField(
        queryset=ServiceRecord.objects.all(), required=False
    )


class LeadSnoozeInput(Command):
    """Until when the lead rests; null wakes it."""

    until = serializers.DateTimeField(allow_null=True)


class LeadOutcomeRows(Rows):
    """A battery test, and what had been predicted before it."""

    recorded_by_name = serializers.CharField(read_only=True, allow_null=True)
    technician_name = serializers.CharField(read_only=True, allow_null=True)
    predicted_by_name = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = BatteryTest
        ref_name = "LeadOutcome"
        fields = (
            "id",
            "lead",
            "vehicle",
            "tested_at",
            "result",
            "technician",
            "technician_name",
            "appointment",
            "service_record",
            "recorded_by",
            "recorded_by_name",
            "state_of_charge",
            "voltage",
            "cold_cranking_amps",
            "rated_cold_cranking_amps",
            "note",
            "predicted_probability",
            "predicted_by_name",
            "created_at",
            "updated_at",
        )
        computed = {
            "recorded_by_name": full_name("recorded_by__"),
            "technician_name": F("technician__name"),
            "predicted_by_name": F("predicted_by__name"),
        }


class LeadOutcomeInput(Input):
    """What a battery test came to; `tested_at` is now when left out."""

    result = serializers.ChoiceField(choices=TestResult.choices)
    tested_at = serializers.DateTimeField(required=False)
    technician = serializers.PrimaryKeyRelatedField(
        queryset=Technician.objects.all(), required=False, allow_null=True
    )
    appointment = serializers.PrimaryKeyRelatedField(
        queryset=Appointment.objects.all(), required=False, allow_null=True
    )
    service_record = serializers.PrimaryKeyRelatedField(
        queryset=ServiceRecord.objects.all(), required=False, allow_null=True
    )

    class Meta(Input.Meta):
        model = BatteryTest
        ref_name = "LeadOutcomeInput"
        fields = (
            "result",
            "tested_at",
            "technician",
            "appointment",
            "service_record",
            "state_of_charge",
            "voltage",
            "cold_cranking_amps",
            "rated_cold_cranking_amps",
            "note",
        )
