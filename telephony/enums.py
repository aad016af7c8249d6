"""Choices of the `telephony` tables. The seed's values first; the database checks them too."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Provider(TextChoices):
    """Where a call came from; a provider's call ids are unique within it."""

    MANUAL = "manual", _("Logged by hand")
    TWILIO = "twilio", _("Twilio")
    VAPI = "vapi", _("Vapi")
    RETELL = "retell", _("Retell")
    SIMULATOR = "simulator", _("Simulator")
    OTHER = "other", _("Other phone system")


class Direction(TextChoices):
    INBOUND = "inbound", _("Incoming")
    OUTBOUND = "outbound", _("Outgoing")


class CallStatus(TextChoices):
    """In the order in which a call moves; of two ends the later in this list wins."""

    QUEUED = "queued", _("Queued")
    RINGING = "ringing", _("Ringing")
    IN_PROGRESS = "in_progress", _("In progress")
    CANCELED = "canceled", _("Canceled")
    FAILED = "failed", _("Failed")
    NO_ANSWER = "no_answer", _("No answer")
    BUSY = "busy", _("Busy")
    COMPLETED = "completed", _("Completed")

    @property
    def rank(self) -> int:
        return CallStatus.values.index(self.value)

    @classmethod
    def open(cls) -> list[str]:
        """Statuses of a call that is still going on."""
        return [cls.QUEUED, cls.RINGING, cls.IN_PROGRESS]

    @property
    def is_terminal(self) -> bool:
        return self.value not in CallStatus.open()


class CallType(TextChoices):
    NEW_APPOINTMENT = "new_appointment", _("New appointment")
    RESCHEDULE = "reschedule", _("Reschedule")
    CANCEL = "cancel", _("Cancel")
    INQUIRY = "inquiry", _("Inquiry")
    REMINDER = "reminder", _("Reminder")
    FOLLOW_UP = "follow_up", _("Follow-up")
    COMPLAINT = "complaint", _("Complaint")
    SALES = "sales", _("Sales")


class Sentiment(TextChoices):
    POSITIVE = "positive", _("Positive")
    NEUTRAL = "neutral", _("Neutral")
    NEGATIVE = "negative", _("Negative")


class CallOutcome(TextChoices):
    APPOINTMENT_BOOKED = "appointment_booked", _("Appointment booked")
    RESCHEDULED = "rescheduled", _("Rescheduled")
    CANCELLED = "cancelled", _("Cancelled")
    INFORMATION_PROVIDED = "information_provided", _("Information provided")
    MESSAGE_TAKEN = "message_taken", _("Message taken")
    CALLBACK_REQUESTED = "callback_requested", _("Callback requested")
    TRANSFERRED = "transferred", _("Handed over to a person")
    NOT_INTERESTED = "not_interested", _("Not interested")
    OPTED_OUT = "opted_out", _("Opted out")
    NO_ANSWER = "no_answer", _("No answer")
    LEFT_VOICEMAIL = "left_voicemail", _("Left a voicemail")
    WRONG_NUMBER = "wrong_number", _("Wrong number")
    VERIFICATION_FAILED = "verification_failed", _("Verification failed")


class AnsweredBy(TextChoices):
    PERSON = "person", _("Person")
    AGENT = "agent", _("Voice agent")


class RecordingConsent(TextChoices):
    """What the other side said, or did, about being recorded."""

    UNKNOWN = "unknown", _("Not known")
    IMPLIED = "implied", _("Stayed on after the announcement")
    GIVEN = "given", _("Given")
    REFUSED = "refused", _("Refused")


class EventKind(TextChoices):
    """What a provider's callback tells."""

    VOICE = "voice", _("Call came in")
    STATUS = "status", _("Status of a call")
    LEG = "leg", _("Status of the advisor's or customer's line")
    DIAL = "dial", _("Dialling ended")
    RECORDING = "recording", _("Recording")
    TRANSCRIPTION = "transcription", _("Transcript")
    VOICEMAIL = "voicemail", _("Voicemail ended")
    CONSENT = "consent", _("Answer about recording")


class Heard(TextChoices):
    RECORDING = "recording", _("Recording")
    TRANSCRIPT = "transcript", _("Transcript")


class VerificationChannel(TextChoices):
    AGENT = "agent", _("Voice agent")
    DESK = "desk", _("At the desk")
