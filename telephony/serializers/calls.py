"""The call log in the API. Neither recordings nor transcripts stand in lists."""

from django.db.models import BooleanField, ExpressionWrapper, F, Q
from rest_framework import serializers

from crm.expressions import full_name
from crm.models import Appointment, Customer, User
from crm.rest.inputs import Input
from crm.rest.rows import Rows
from telephony.models import CallLog
from telephony.querysets import WITHHELD
from telephony.services.calls import DECIDED, REPORTED


class CallRows(Rows):
    """One call with the names of those who spoke. `has_recording` and `has_transcript` say what
    the sub-addresses give to those who may listen."""

    customer_name = serializers.CharField(read_only=True, allow_null=True)
    advisor_name = serializers.CharField(read_only=True, allow_null=True)
    has_recording = serializers.BooleanField(read_only=True)
    has_transcript = serializers.BooleanField(read_only=True)

    class Meta:
        model = CallLog
        ref_name = "Call"
        fields = (
            "id",
            "provider",
            "call_sid",
            "customer",
            "customer_name",
            "direction",
            "caller_phone",
            "caller_extension",
            "call_type",
            "purpose",
            "status",
            "provider_status",
            "advisor",
            "advisor_name",
            "answered_by",
            "is_voicemail",
            "duration_seconds",
            "has_recording",
            "recording_seconds",
            "recording_consent",
            "recording_disclosed_at",
            "recording_consent_at",
            "recording_consent_by",
            "has_transcript",
            "summary",
            "customer_sentiment",
            "intent_detected",
            "analysed_by",
            "issue_resolved",
            "appointment",
            "outcome",
            "llm_model_used",
            "total_tokens_used",
            "started_at",
            "answered_at",
            "ended_at",
            "created_at",
            "updated_at",
        )
        computed = {
            "customer_name": F("customer__name"),
            "advisor_name": full_name("advisor__"),
            "has_recording": ExpressionWrapper(
                Q(recording_url__isnull=False), output_field=BooleanField()
            ),
            "has_transcript": ExpressionWrapper(
                Q(transcript__isnull=False), output_field=BooleanField()
            ),
        }


class CallDecisions(Input):
    """What may be said about any call. Recording consent `refused` deletes what was recorded."""

    customer = serializers.PrimaryKeyRelatedField(
        queryset=Customer.objects.present(), required=False, allow_null=True
    )
    appointment = serializers.PrimaryKeyRelatedField(
        queryset=Appointment.objects.all(), required=False, allow_null=True
    )
    advisor = serializers.PrimaryKeyRelatedField(
        queryset=User.objects.filter(is_active=True), required=False, allow_null=True
    )
    summary = serializers.CharField(max_length=4000, required=False, allow_blank=True)

    class Meta(Input.Meta):
        model = CallLog
        ref_name = "CallDecisions"
        fields: tuple[str, ...] = DECIDED


class CallInput(CallDecisions):
    """A call that Lanewise did not see itself. Its customer is found by `caller_phone`."""

    caller_phone = serializers.CharField(
        max_length=40,
        required=False,
        help_text=f"The other side's number in any notation, or “{WITHHELD}”.",
    )
    transcript = serializers.CharField(
        max_length=200_000, required=False, allow_null=True, trim_whitespace=True
    )
    recording_url = serializers.URLField(
        max_length=1000,
        required=False,
        allow_null=True,
        help_text="Only at the hosts of RECORDING_HOSTS.",
    )

    class Meta(CallDecisions.Meta):
        ref_name = "CallInput"
        fields = REPORTED


class Transcript(serializers.Serializer[object]):
    """What was said."""

    transcript = serializers.CharField()
