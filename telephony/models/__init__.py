from telephony.models.calls import CallAccess, CallLog, ProviderEvent

__all__ = ["CallAccess", "CallLog", "ProviderEvent"]
