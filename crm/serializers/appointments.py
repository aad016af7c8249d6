"""The appointment book."""

from django.db.models import F
from rest_framework import serializers

from crm.enums import ServiceCategory
from crm.expressions import full_name, vehicle_name
from crm.models import Appointment, Customer, ServiceBay, Technician, User, Vehicle
from crm.rest.inputs import Command, Input
from crm.rest.rows import Rows
from crm.serializers.service import LineInput

_DETAILS = (
    "vehicle",
    "service_type",
    "service_category",
    "service_description",
    "customer_concerns",
    "recommended_services",
    "estimated_cost",
    "actual_cost",
    "calendar_event_id",
    "advisor",
    "transport",
    "promised_at",
)


class AppointmentRows(Rows):
    """One visit with the names of everybody and everything on it."""

    customer_name = serializers.CharField(read_only=True)
    vehicle_name = serializers.CharField(read_only=True, allow_null=True)
    vin = serializers.CharField(read_only=True, allow_null=True)
    assigned_technician_name = serializers.CharField(read_only=True, allow_null=True)
    service_bay_name = serializers.CharField(read_only=True, allow_null=True)
    advisor_name = serializers.CharField(read_only=True, allow_null=True)
    service_record = serializers.UUIDField(read_only=True, allow_null=True)

    class Meta:
        model = Appointment
        ref_name = "Appointment"
        fields = (
            "id",
            "customer",
            "customer_name",
            "vehicle",
            "vehicle_name",
            "vin",
            "scheduled_at",
            "duration_minutes",
            *_DETAILS[1:],
            "advisor_name",
            "status",
            "cancellation_reason",
            "confirmation_sent",
            "reminder_sent",
            "assigned_technician",
            "assigned_technician_name",
            "service_bay",
            "service_bay_name",
            "booking_method",
            "booked_by",
            "arrived_at",
            "started_at",
            "completed_at",
            "service_record",
            "created_at",
            "updated_at",
        )
        computed = {
            "customer_name": F("customer__name"),
            "vehicle_name": vehicle_name("vehicle__"),
            "vin": F("vehicle__vin"),
            "assigned_technician_name": F("assigned_technician__name"),
            "service_bay_name": F("service_bay__name"),
            "advisor_name": full_name("advisor__"),
        }


class DetailsInput(Input):
    """What may change without moving the visit or its status."""

    vehicle = serializers.PrimaryKeyRelatedField(
        queryset=Vehicle.objects.all(), required=False, allow_null=True
    )
    advisor = serializers.PrimaryKeyRelatedField(
        queryset=User.objects.filter(is_active=True), required=False, allow_null=True
    )

    class Meta(Input.Meta):
        model = Appointment
        ref_name = "AppointmentDetails"
        fields: tuple[str, ...] = _DETAILS


class BookingInput(DetailsInput):
    """A new appointment. Without bay or technician, free ones are picked."""

    customer = serializers.PrimaryKeyRelatedField(queryset=Customer.objects.all())
    duration_minutes = serializers.IntegerField(min_value=5, max_value=1440, default=60)
    assigned_technician = serializers.PrimaryKeyRelatedField(
        queryset=Technician.objects.filter(is_active=True), required=False, allow_null=True
    )
    service_bay = serializers.PrimaryKeyRelatedField(
        queryset=ServiceBay.objects.filter(is_active=True), required=False, allow_null=True
    )

    class Meta(DetailsInput.Meta):
        ref_name = "Booking"
        fields = (
            "customer",
            "scheduled_at",
            "duration_minutes",
            "assigned_technician",
            "service_bay",
            "booking_method",
            "booked_by",
            *_DETAILS,
        )


class MoveInput(Command):
    """Another time or place. What is left out stays; null lets Lanewise pick a free one."""

    scheduled_at = serializers.DateTimeField()
    duration_minutes = serializers.IntegerField(min_value=5, max_value=1440, required=False)
    assigned_technician = serializers.PrimaryKeyRelatedField(
        queryset=Technician.objects.filter(is_active=True), required=False, allow_null=True
    )
    service_bay = serializers.PrimaryKeyRelatedField(
        queryset=ServiceBay.objects.filter(is_active=True), required=False, allow_null=True
    )

    class Meta:
        ref_name = "Move"


class ArrivalInput(Command):
    """The odometer at the desk, when it was read."""

    mileage = serializers.IntegerField(
        min_value=0, max_value=2_000_000, required=False, allow_null=True
    )

    class Meta:
        ref_name = "Arrival"


class CompletionInput(ArrivalInput):
    """What was done, declined and deferred."""

    lines = LineInput(many=True, required=False, max_length=200)  # type: ignore[call-arg]
    ro_number = serializers.CharField(max_length=20, required=False, allow_null=True)
    parts_replaced = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, max_length=200
    )
    next_service_type = serializers.CharField(max_length=100, required=False, allow_null=True)
    next_service_due_date = serializers.DateField(required=False, allow_null=True)
    next_service_due_mileage = serializers.IntegerField(
        min_value=0, max_value=2_000_000, required=False, allow_null=True
    )
    technician = serializers.PrimaryKeyRelatedField(
        queryset=Technician.objects.all(), required=False, allow_null=True
    )

    class Meta:
        ref_name = "Completion"


class SlotQuery(serializers.Serializer[object]):
    """What to look for among the free slots."""

    first = serializers.DateField(help_text="First day, as the shop's calendar has it.")
    last = serializers.DateField(required=False, help_text="Last day, inclusive; at most 92 days.")
    duration_minutes = serializers.IntegerField(min_value=5, max_value=1440, default=60)
    category = serializers.ChoiceField(choices=ServiceCategory.choices, required=False)
    technician = serializers.PrimaryKeyRelatedField(
        queryset=Technician.objects.filter(is_active=True), required=False
    )
    bay = serializers.PrimaryKeyRelatedField(
        queryset=ServiceBay.objects.filter(is_active=True), required=False
    )
    limit = serializers.IntegerField(min_value=1, max_value=500, default=100)


class FreeSlot(serializers.Serializer[object]):
    """A start that is free, with the bays and technicians free for all of it, least busy first."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    bays = serializers.ListField(child=serializers.CharField())
    technicians = serializers.ListField(child=serializers.UUIDField())


class FreeSlots(serializers.Serializer[object]):
    """Free slots in time order."""

    results = FreeSlot(many=True)
