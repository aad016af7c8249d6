from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from crm.models import Appointment, Customer, User
from crm.models.base import Record, one_of
from telephony.enums import (
    AnsweredBy,
    CallOutcome,
    CallStatus,
    CallType,
    Direction,
    EventKind,
    Heard,
    Provider,
    RecordingConsent,
    Sentiment,
)
from telephony.querysets import WITHHELD, CallQuerySet

PHONE = r"^\+[1-9][0-9]{7,14}$"


class CallLog(Record):
    """One call: phoned, answered by the voice agent, placed by click, or logged by hand.

    `caller_phone` is the other side's number in E.164 whichever way the call went, WITHHELD when
    it is not known; `from_number` and `to_number` are the provider's. `answered_at` is when a
    person or the voice agent took the call, not when the provider's greeting began.
    `telephony.services.intake` moves `status`, which never goes back.
    """

    provider = models.CharField(
        max_length=20, choices=Provider, default=Provider.MANUAL, db_default=Provider.MANUAL
    )
    call_sid = models.CharField("call SID", max_length=100, null=True, blank=True)
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="calls", db_index=False
    )
    direction = models.CharField(max_length=10, choices=Direction)
    caller_phone = models.CharField(max_length=20)
    caller_extension = models.CharField(max_length=7, blank=True, default="", db_default="")
    from_number = models.CharField(max_length=100, blank=True, default="", db_default="")
    to_number = models.CharField(max_length=100, blank=True, default="", db_default="")
    call_type = models.CharField(max_length=50, choices=CallType, null=True, blank=True)
    purpose = models.CharField(
        max_length=20,
        blank=True,
        default="",
        db_default="",
        help_text="What an outgoing call was for, as the permission gate was asked",
    )
    status = models.CharField(
        max_length=20,
        choices=CallStatus,
        default=CallStatus.COMPLETED,
        db_default=CallStatus.COMPLETED,
    )
    provider_status = models.CharField(
        max_length=40,
        blank=True,
        default="",
        db_default="",
        help_text="The last status of the provider that Lanewise does not know",
    )
    advisor = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="calls", db_index=False
    )
    answered_by = models.CharField(max_length=10, choices=AnsweredBy, null=True, blank=True)
    is_voicemail = models.BooleanField(default=False, db_default=False)
    duration_seconds = models.IntegerField(null=True, blank=True)
    recording_url = models.TextField("recording URL", null=True, blank=True)
    recording_seconds = models.IntegerField(null=True, blank=True)
    recording_consent = models.CharField(
        max_length=10,
        choices=RecordingConsent,
        default=RecordingConsent.UNKNOWN,
        db_default=RecordingConsent.UNKNOWN,
    )
    recording_disclosed_at = models.DateTimeField(null=True, blank=True)
    recording_consent_at = models.DateTimeField(null=True, blank=True)
    recording_consent_by = models.CharField(max_length=100, blank=True, default="", db_default="")
    recording_deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    transcript = models.TextField(null=True, blank=True)
    summary = models.TextField(blank=True, default="", db_default="")
    customer_sentiment = models.CharField(max_length=20, choices=Sentiment, null=True, blank=True)
    intent_detected = models.CharField(max_length=100, null=True, blank=True)
    analysed_by = models.CharField(
        max_length=50,
        blank=True,
        default="",
        db_default="",
        help_text="Who judged sentiment and intent: an analyser's name, empty for a person",
    )
    issue_resolved = models.BooleanField(null=True, blank=True)
    appointment = models.ForeignKey(
        Appointment, models.SET_NULL, null=True, blank=True, related_name="calls"
    )
    outcome = models.CharField(max_length=50, choices=CallOutcome, null=True, blank=True)
    llm_model_used = models.CharField("LLM model used", max_length=50, null=True, blank=True)
    total_tokens_used = models.IntegerField(null=True, blank=True)
    # Raw SQL may leave it out: a trigger takes the end or the moment of the insert.
    started_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = CallQuerySet.as_manager()

    class Meta:
        db_table = "call_logs"
        ordering = ["-started_at", "-id"]
        verbose_name = "call"
        indexes = [
            models.Index(fields=["customer", "-started_at"], name="call_logs_customer"),
            models.Index(fields=["caller_phone", "-started_at"], name="call_logs_phone"),
            models.Index(fields=["advisor", "-started_at"], name="call_logs_advisor"),
            models.Index(fields=["created_at"], name="call_logs_created"),
            models.Index(fields=["started_at", "id"], name="call_logs_started"),
            models.Index(fields=["updated_at", "id"], name="call_logs_changed"),
            models.Index(
                fields=["status"],
                name="call_logs_open",
                condition=models.Q(status__in=CallStatus.open()),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["provider", "call_sid"], name="call_logs_sid_once"),
            models.CheckConstraint(
                condition=one_of("provider", Provider.values), name="call_logs_provider_known"
            ),
            models.CheckConstraint(
                condition=one_of("direction", Direction.values), name="call_logs_direction_known"
            ),
            models.CheckConstraint(
                condition=models.Q(caller_phone__regex=PHONE) | models.Q(caller_phone=WITHHELD),
                name="call_logs_phone_e164",
            ),
            models.CheckConstraint(
                condition=one_of("call_type", CallType.values), name="call_logs_type_known"
            ),
            models.CheckConstraint(
                condition=one_of("status", CallStatus.values), name="call_logs_status_known"
            ),
            models.CheckConstraint(
                condition=one_of("customer_sentiment", Sentiment.values),
                name="call_logs_sentiment_known",
            ),
            models.CheckConstraint(
                condition=one_of("outcome", CallOutcome.values), name="call_logs_outcome_known"
            ),
            models.CheckConstraint(
                condition=one_of("answered_by", AnsweredBy.values),
                name="call_logs_answered_by_known",
            ),
            models.CheckConstraint(
                condition=one_of("recording_consent", RecordingConsent.values),
                name="call_logs_consent_known",
            ),
            models.CheckConstraint(
                condition=models.Q(recording_consent=RecordingConsent.UNKNOWN)
                | (
                    models.Q(recording_consent_at__isnull=False)
                    & ~models.Q(recording_consent_by="")
                ),
                name="call_logs_consent_by_whom",
            ),
            models.CheckConstraint(
                condition=~models.Q(recording_consent=RecordingConsent.REFUSED)
                | (models.Q(recording_url__isnull=True) & models.Q(transcript__isnull=True)),
                name="call_logs_refused_not_recorded",
            ),
            models.CheckConstraint(
                condition=models.Q(duration_seconds__gte=0), name="call_logs_duration_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(recording_seconds__gte=0),
                name="call_logs_recording_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(total_tokens_used__gte=0), name="call_logs_tokens_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__gte=models.F("started_at")),
                name="call_logs_ends_after_start",
            ),
            models.CheckConstraint(
                condition=models.Q(answered_at__gte=models.F("started_at")),
                name="call_logs_answered_after_start",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True) | ~models.Q(status__in=CallStatus.open()),
                name="call_logs_open_has_no_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_direction_display()} {self.caller_phone}"

    def get_absolute_url(self) -> str:
        return reverse("telephony:call", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.status in CallStatus.open()

    @property
    def is_spoken(self) -> bool:
        """Whether a machine rang to speak a message, whose own contact record says so."""
        return (
            self.direction == Direction.OUTBOUND
            and self.call_type == CallType.REMINDER
            and self.advisor_id is None
            and self.provider == Provider.TWILIO
        )

    @property
    def is_missed(self) -> bool:
        """Twin of `CallQuerySet.missed` for a row at hand."""
        return (
            self.direction == Direction.INBOUND
            and not self.is_open
            and self.answered_by is None
            and self.provider not in (Provider.MANUAL, Provider.OTHER)
        )


class ProviderEvent(models.Model):
    """One callback of a provider as it came, kept once under its id.

    `event_key` is a digest of what was said, so that a replay, whatever unsigned headers it
    wears, is the same event. `call_sid` is the id of the call as the log knows it: of the parent
    when the callback speaks of a further line.
    """

    provider = models.CharField(max_length=20, choices=Provider)
    event_key = models.CharField(max_length=64)
    kind = models.CharField(max_length=20, choices=EventKind)
    call_sid = models.CharField("call SID", max_length=100)
    payload = models.JSONField()
    received_at = models.DateTimeField(db_default=Now())
    processed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "provider_events"
        ordering = ["received_at", "id"]
        indexes = [
            models.Index(fields=["provider", "call_sid"], name="provider_events_call"),
            models.Index(fields=["received_at"], name="provider_events_received"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_key"], name="provider_events_once"),
            models.CheckConstraint(
                condition=one_of("provider", Provider.values),
                name="provider_events_provider_known",
            ),
            models.CheckConstraint(
                condition=one_of("kind", EventKind.values), name="provider_events_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.kind} {self.event_key[:12]}"


class CallAccess(models.Model):
    """Who heard a recording or read a transcript, and when."""

    call = models.ForeignKey(CallLog, models.CASCADE, related_name="accesses")
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    label = models.CharField(max_length=150, help_text="The user's or token's name at that time")
    what = models.CharField(max_length=20, choices=Heard)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "call_accesses"
        ordering = ["-at", "-id"]
        verbose_name_plural = "call accesses"
        indexes = [models.Index(fields=["-at"], name="call_accesses_latest")]
        constraints = [
            models.CheckConstraint(
                condition=one_of("what", Heard.values), name="call_accesses_what_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.what} {timezone.localdate(self.at)}"
