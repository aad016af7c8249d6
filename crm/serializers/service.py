"""Service history and its lines."""

from django.db.models import F
from rest_framework import serializers

from crm.enums import ClosedAs, LineOutcome
from crm.expressions import full_name, vehicle_name
from crm.models import OpCode, ServiceLine, ServiceRecord, Technician, User, Vehicle
from crm.rest.inputs import Command, Input
from crm.rest.rows import Rows
from crm.services.records import WRITABLE

_RECORD = ("vehicle", *WRITABLE)
_LINE = (
    "op_code",
    "description",
    "pay_type",
    "hours",
    "price",
    "outcome",
    "reason",
    "deferred_until",
    "deferred_until_mileage",
)


class LineRows(Rows):
    """One operation of a visit; `resolved_by` is the later line that did refused work, `closed_as`
    why nobody offers it any more although none did ("" while somebody does)."""

    closed_as = serializers.CharField(read_only=True)
    customer = serializers.UUIDField(read_only=True, allow_null=True)
    customer_name = serializers.CharField(read_only=True, allow_null=True)
    vehicle_name = serializers.CharField(read_only=True)

    class Meta:
        model = ServiceLine
        ref_name = "ServiceLine"
        fields = (
            "id",
            "vehicle",
            "vehicle_name",
            "customer",
            "customer_name",
            "appointment",
            "service_record",
            *_LINE,
            "resolved_by",
            "closed_as",
            "closed_reason",
            "created_at",
            "updated_at",
        )
        computed = {
            "customer": F("vehicle__customer_id"),
            "customer_name": F("vehicle__customer__name"),
            "vehicle_name": vehicle_name("vehicle__"),
        }


class RecordRows(Rows):
    """One closed repair order."""

    customer_name = serializers.CharField(read_only=True, allow_null=True)
    vehicle_name = serializers.CharField(read_only=True)
    vin = serializers.CharField(read_only=True)
    advisor_name = serializers.CharField(read_only=True, allow_null=True)
    technician_name = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = ServiceRecord
        ref_name = "ServiceRecord"
        fields: tuple[str, ...] = (
            "id",
            "customer",
            "customer_name",
            "appointment",
            *_RECORD,
            "vehicle_name",
            "vin",
            "advisor_name",
            "technician_name",
            "created_at",
            "updated_at",
        )
        computed = {
            "customer_name": F("customer__name"),
            "vehicle_name": vehicle_name("vehicle__"),
            "vin": F("vehicle__vin"),
            "advisor_name": full_name("advisor__"),
            "technician_name": F("technician__name"),
        }


class RecordWithLines(RecordRows):
    """A closed repair order with its lines."""

    lines = LineRows(many=True, read_only=True)

    class Meta(RecordRows.Meta):
        ref_name = "ServiceRecordWithLines"
        fields = (*RecordRows.Meta.fields, "lines")
        apart = ("lines",)


class LineInput(Input):
    """An operation. Description, hours and price come from the op code when left out."""

    op_code = serializers.PrimaryKeyRelatedField(
        queryset=OpCode.objects.all(), required=False, allow_null=True
    )
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)
    outcome = serializers.ChoiceField(
        choices=[choice for choice in LineOutcome.choices if choice[0] != LineOutcome.PLANNED],
        required=False,
    )

    class Meta(Input.Meta):
        model = ServiceLine
        ref_name = "ServiceLineInput"
        fields = _LINE


class RecordInput(Input):
    """A service that was done outside the appointment book."""

    vehicle = serializers.PrimaryKeyRelatedField(queryset=Vehicle.objects.all())
    advisor = serializers.PrimaryKeyRelatedField(
        queryset=User.objects.filter(is_active=True), required=False, allow_null=True
    )
    technician = serializers.PrimaryKeyRelatedField(
        queryset=Technician.objects.all(), required=False, allow_null=True
    )
    lines = LineInput(many=True, required=False, max_length=200)  # type: ignore[call-arg]

    class Meta(Input.Meta):
        model = ServiceRecord
        ref_name = "ServiceRecordInput"
        fields = (*_RECORD, "lines")


class ClosingInput(Command):
    """Why declined or deferred work is not offered any more; `not_wanted` needs the reason."""

    closed_as = serializers.ChoiceField(choices=ClosedAs.choices)
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)

    class Meta:
        ref_name = "ServiceLineClosing"
