"""Sentences for the constraints of the tables of `telephony`."""

from crm.exceptions import Duplicate, Invalid, Refused

RULES: dict[str, tuple[type[Refused], str | None, str, str]] = {
    "call_logs_sid_once": (
        Duplicate, "call_sid", "This call is in the log already.",
        "Change the entry that is there.",
    ),
    "call_logs_provider_known": (
        Invalid, "provider", "Unknown phone system.",
        "Choose manual, twilio, vapi, retell, simulator or other.",
    ),
    "call_logs_direction_known": (
        Invalid, "direction", "A call goes in or out.", "Choose inbound or outbound.",
    ),
    "call_logs_phone_e164": (
        Invalid, "caller_phone", "This is not a telephone number.", "Write ten digits.",
    ),
    "call_logs_type_known": (
        Invalid, "call_type", "Unknown type of call.",
        "Choose new_appointment, reschedule, cancel, inquiry, reminder, follow_up, complaint or "
        "sales.",
    ),
    "call_logs_status_known": (
        Invalid, "status", "Unknown status of a call.",
        "Choose queued, ringing, in_progress, completed, busy, failed, no_answer or canceled.",
    ),
    "call_logs_sentiment_known": (
        Invalid, "customer_sentiment", "Unknown sentiment.",
        "Choose positive, neutral or negative.",
    ),
    "call_logs_outcome_known": (
        Invalid, "outcome", "Unknown outcome.", "Choose a listed one.",
    ),
    "call_logs_answered_by_known": (
        Invalid, "answered_by", "A person or the voice agent answers.", "Choose person or agent.",
    ),
    "call_logs_consent_known": (
        Invalid, "recording_consent", "Unknown answer about recording.",
        "Choose unknown, implied, given or refused.",
    ),
    "call_logs_consent_by_whom": (
        Invalid, "recording_consent", "Consent to recording needs a name and a time.",
        "Say who consented or refused, and when.",
    ),
    "call_logs_refused_not_recorded": (
        Invalid, "recording_consent",
        "Recording was refused, so neither recording nor transcript may be kept.",
        "Remove them first.",
    ),
    "call_logs_duration_positive": (
        Invalid, "duration_seconds", "A duration cannot be negative.", "Check it.",
    ),
    "call_logs_recording_positive": (
        Invalid, "recording_seconds", "A duration cannot be negative.", "Check it.",
    ),
    "call_logs_tokens_positive": (
        Invalid, "total_tokens_used", "A number of tokens cannot be negative.", "Check it.",
    ),
    "call_logs_ends_after_start": (
        Invalid, "ended_at", "The call ended before it began.", "Check both times.",
    ),
    "call_logs_answered_after_start": (
        Invalid, "answered_at", "The call was answered before it began.", "Check both times.",
    ),
    "call_logs_open_has_no_end": (
        Invalid, "ended_at", "A call that is going on has no end yet.", "Change the status too.",
    ),
    "provider_events_once": (
        Duplicate, None, "This event was received already.", "Nothing is to be done.",
    ),
    "provider_events_provider_known": (
        Invalid, "provider", "Unknown phone system.", "Choose a listed one.",
    ),
    "provider_events_kind_known": (
        Invalid, "kind", "Unknown kind of event.", "Choose a listed one.",
    ),
    "call_accesses_what_known": (
        Invalid, "what", "A recording is heard or a transcript read.",
        "Choose recording or transcript.",
    ),
    "caller_verifications_one_claim": (
        Duplicate, None, "Somebody is being verified in this call.", "Go on with that one.",
    ),
    "caller_verifications_channel_known": (
        Invalid, "channel", "Unknown place of a verification.", "Choose agent or desk.",
    ),
    "caller_verifications_factors_known": (
        Invalid, "factor", "Unknown question.",
        "Ask date_of_birth, last_service, vehicle or address.",
    ),
    "caller_verifications_private_fact": (
        Invalid, "factor", "Nobody is verified without a private fact.",
        "Ask for the birth date or the last service.",
    ),
    "verification_attempts_factor_known": (
        Invalid, "factor", "Unknown question.",
        "Ask date_of_birth, last_service, vehicle or address.",
    ),
    "verification_unlocks_with_reason": (
        Invalid, "reason", "Unlocking needs a reason.", "Say why.",
    ),
    "agent_actions_once": (
        Duplicate, None, "This was asked for in this call already.", "Use the first answer.",
    ),
}  # fmt: skip
