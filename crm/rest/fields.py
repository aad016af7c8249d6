"""Serializer fields that need a word of their own in the schema."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


@extend_schema_field(
    {
        "type": "string",
        "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$",
        "description": "Time of the shop's clock.",
    }
)
class ClockField(serializers.TimeField):
    """A time of day without a zone, which the schema's own `time` must have."""
