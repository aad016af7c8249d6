"""Vendors of telephone service, each behind one small module."""

from django.conf import settings

from telephony.providers.base import PhoneProvider, ProviderError, Recording

__all__ = ["PhoneProvider", "ProviderError", "Recording", "current", "missing_settings"]


def missing_settings() -> list[str]:
    """Names of the variables without which no call can be placed and no text sent."""
    chosen = settings.TELEPHONY
    if chosen.provider == "fake":
        return []
    needed = {
        "TELEPHONY_PROVIDER": chosen.provider,
        "TWILIO_ACCOUNT_SID": chosen.account_sid,
        "TWILIO_AUTH_TOKEN": chosen.auth_token,
        "TWILIO_NUMBER": chosen.number,
        "PUBLIC_BASE_URL": settings.PUBLIC_BASE_URL,
    }
    return [name for name, value in needed.items() if not value]


def current() -> PhoneProvider:
    """The provider of the settings; raises ProviderError when none is set up."""
    if missing := missing_settings():
        raise ProviderError(f"Telephone service is not set up: {', '.join(missing)} missing.")
    if settings.TELEPHONY.provider == "fake":
        from telephony.providers import fake

        return fake.PROVIDER
    from telephony.providers.twilio import TwilioProvider

    return TwilioProvider.from_settings()
