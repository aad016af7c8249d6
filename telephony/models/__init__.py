from telephony.models.calls import CallAccess, CallLog, ProviderEvent
from telephony.models.verification import (
    AgentAction,
    CallerVerification,
    VerificationAttempt,
    VerificationCounter,
    VerificationUnlock,
)

__all__ = [
    "AgentAction",
    "CallAccess",
    "CallLog",
    "CallerVerification",
    "ProviderEvent",
    "VerificationAttempt",
    "VerificationCounter",
    "VerificationUnlock",
]
