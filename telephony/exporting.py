"""What the export of the call log shows: no recordings, no transcripts."""

from crm.exports import Column

CALLS = (
    Column("Call ID", "id"),
    Column("Time", "started_at"),
    Column("Direction", "direction"),
    Column("Number", "caller_phone"),
    Column("Customer", "customer__name"),
    Column("Status", "status"),
    Column("Answered by", "answered_by"),
    Column("Voicemail", "is_voicemail"),
    Column("Seconds", "duration_seconds"),
    Column("Advisor", "advisor__username"),
    Column("About", "call_type"),
    Column("Outcome", "outcome"),
    Column("Settled", "issue_resolved"),
    Column("Sentiment", "customer_sentiment"),
    Column("Wish", "intent_detected"),
    Column("Appointment ID", "appointment_id"),
    Column("Phone system", "provider"),
    Column("Call SID", "call_sid"),
    Column("Model", "llm_model_used"),
    Column("Tokens", "total_tokens_used"),
)
