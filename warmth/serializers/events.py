"""Engagement events: one, and thousands in one call."""

from rest_framework import serializers

from crm.rest.inputs import Command
from crm.rest.rows import Rows
from warmth.enums import EventType
from warmth.models import WarmthEvent
from warmth.services.events import MAX_KEY, MAX_ROWS


class WarmthEventRows(Rows):
    """A fact; what it is worth is computed from the rules in force."""

    customer_id = serializers.UUIDField(read_only=True)

    class Meta:
        model = WarmthEvent
        ref_name = "WarmthEvent"
        fields = (
            "id",
            "customer_id",
            "event_type",
            "occurred_at",
            "event_key",
            "source",
            "value",
            "subject",
            "recorded_at",
            "recorded_by",
        )


class WarmthEventInput(Command):
    """Something that a customer did. The same `event_key` again changes nothing."""

    customer_id = serializers.UUIDField()
    event_type = serializers.ChoiceField(EventType.choices)
    occurred_at = serializers.DateTimeField(required=False, help_text="Now without it.")
    event_key = serializers.CharField(
        max_length=MAX_KEY, required=False, help_text="Chosen by you; at random without it."
    )
    value = serializers.DecimalField(12, 2, min_value=0, required=False, allow_null=True)
    subject = serializers.CharField(max_length=200, required=False, allow_blank=True)


class WarmthEventBatch(Command):
    """At most 10,000 events within 2 MiB. Each row is taken or refused for itself."""

    events = serializers.ListField(
        child=serializers.JSONField(help_text="Fields as for a single event."),
        min_length=1,
        max_length=MAX_ROWS,
    )


class WarmthEventRefusal(serializers.Serializer[object]):
    """Why a row of the call was not taken; `pointer` leads to it in the body."""

    row = serializers.IntegerField(help_text="Place in `events`, from 0.")
    pointer = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class WarmthEventReport(serializers.Serializer[object]):
    """What became of the rows: new, there already, refused; and whose scores were brought up to
    date."""

    recorded = serializers.IntegerField()
    known = serializers.IntegerField()
    customers = serializers.IntegerField()
    refused = WarmthEventRefusal(many=True)
