"""Refusals of unsafe or unreadable settings: `manage.py check`, and every start in production."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

SECRET_KEY_LENGTH = 50
SECRET_KEY_VARIETY = 5
ENVIRONMENTS = ("development", "production")
BROKER_SCHEMES = ("redis", "rediss", "redis+socket", "unix")


@register(Tags.security)
def production_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Everything that makes a production installation unsafe and can be told from settings."""
    if settings.LANEWISE_ENV not in ENVIRONMENTS:
        return [
            Error(
                f"LANEWISE_ENV is {settings.LANEWISE_ENV!r}.",
                hint=f"Write one of: {', '.join(ENVIRONMENTS)}.",
                id="lanewise.E009",
            )
        ]
    if not settings.PRODUCTION:
        return []
    return [*_secret_key(), *_debug(), *_hosts()]


def _secret_key() -> list[CheckMessage]:
    key = settings.SECRET_KEY
    good = len(key) >= SECRET_KEY_LENGTH and len(set(key)) >= SECRET_KEY_VARIETY
    if good and key != settings.DEFAULT_SECRET_KEY and not key.startswith("django-insecure-"):
        return []
    return [
        Error(
            "SECRET_KEY is the default or too short for production.",
            hint="Put a random text of at least 50 characters into SECRET_KEY, for example from "
            "python -c 'import secrets; print(secrets.token_urlsafe(50))'.",
            id="lanewise.E001",
        )
    ]


def _debug() -> list[CheckMessage]:
    if not settings.DEBUG:
        return []
    return [
        Error(
            "DEBUG is on in production: error pages would show customer data.",
            hint="Remove DEBUG from the environment.",
            id="lanewise.E002",
        )
    ]


def _hosts() -> list[CheckMessage]:
    hosts = settings.ALLOWED_HOSTS
    if hosts and not any("*" in host or host in ("", ".") for host in hosts):
        return []
    return [
        Error(
            "ALLOWED_HOSTS is empty or has a wildcard.",
            hint="Name the hosts that people type, for example ALLOWED_HOSTS=crm.example.com.",
            id="lanewise.E003",
        )
    ]


@register(Tags.security)
def second_factor(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A password alone opens a production installation only if somebody wanted that."""
    if not settings.PRODUCTION or settings.SECOND_FACTOR_REQUIRED:
        return []
    return [
        Caution(
            "SECOND_FACTOR_REQUIRED is off: a stolen password opens all customer data.",
            hint="Remove it from the environment, or write SECOND_FACTOR_REQUIRED=yes.",
            id="lanewise.W001",
        )
    ]


@register(Tags.database)
def demo_users(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Demonstration logins have a published password, so production may not have them.

    Runs only with `check --database default` and at start, as other checks must not need a
    database. A server that is down or not migrated yet has no demo users to offer.
    """
    if not settings.PRODUCTION or not databases:
        return []
    from crm.models import User

    try:
        names = list(User.objects.filter(is_demo=True).values_list("username", flat=True)[:5])
    except DatabaseError:
        connection.close()
        return []
    if not names:
        return []
    return [
        Error(
            f"Demonstration users exist in production: {', '.join(names)}.",
            hint="Remove them with `manage.py remove_demo`.",
            id="lanewise.E004",
        )
    ]


@register
def dealership(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The shop's zone and currency are ones that exist."""
    found: list[CheckMessage] = []
    try:
        ZoneInfo(settings.DEALERSHIP_TIME_ZONE)
    except (KeyError, ValueError, OSError):  # unknown, malformed, or a folder of the database
        found.append(
            Error(
                f"DEALERSHIP_TIME_ZONE {settings.DEALERSHIP_TIME_ZONE!r} is no time zone.",
                hint="Write a name of the tz database, for example America/New_York.",
                id="lanewise.E005",
            )
        )
    if not re.fullmatch(r"[A-Z]{3}", settings.DEALERSHIP_CURRENCY):
        found.append(
            Error(
                f"DEALERSHIP_CURRENCY {settings.DEALERSHIP_CURRENCY!r} is no currency code.",
                hint="Write the three capital letters of ISO 4217, for example USD.",
                id="lanewise.E006",
            )
        )
    return found


@register
def servers(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Proxy count and server addresses are readable."""
    found: list[CheckMessage] = []
    if settings.TRUSTED_PROXY_COUNT < 0:
        found.append(
            Error(
                "TRUSTED_PROXY_COUNT is negative.",
                hint="Count the proxies of yours in front of Lanewise; 0 when there is none.",
                id="lanewise.E007",
            )
        )
    if not settings.DATABASES["default"].get("NAME"):
        found.append(_bad_url("DATABASE_URL", "postgresql://user:password@host:5432/lanewise"))
    if urlsplit(settings.REDIS_URL).scheme not in BROKER_SCHEMES:
        found.append(_bad_url("REDIS_URL", "redis://host:6379/0"))
    return found


@register
def telephone(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The telephone's settings are ones that mean something."""
    chosen = settings.TELEPHONY
    found: list[CheckMessage] = []
    providers = ("", "twilio") if settings.PRODUCTION else ("", "twilio", "fake")
    if chosen.provider not in providers:
        found.append(
            Error(
                f"TELEPHONY_PROVIDER {chosen.provider!r} cannot be used.",
                hint="Write twilio, or leave it empty; fake calls nobody, so production has none.",
                id="lanewise.E020",
            )
        )
    if chosen.agent_mode not in ("off", "first", "no_answer"):
        found.append(
            Error(
                f"VOICE_AGENT_MODE {chosen.agent_mode!r} is unknown.",
                hint="Write off, first or no_answer.",
                id="lanewise.E021",
            )
        )
    return found


def _bad_url(name: str, example: str) -> CheckMessage:
    return Error(
        f"{name} cannot be read as an address.",
        hint=f"Write it like {example}; encode special characters of the password.",
        id="lanewise.E008",
    )


def refuse_unsafe_start() -> None:
    """Raise ImproperlyConfigured with every problem and its hint; called by web and worker.

    A database that is down does not stop the start: the web server answers 503 until it is up,
    and demo users cannot sign in to production anyway (crm.adapters.StaffBackend).
    """
    problems = [
        *production_settings(None),
        *dealership(None),
        *servers(None),
        *telephone(None),
        *demo_users(None, databases=["default"]),
    ]
    if problems:
        raise ImproperlyConfigured(
            "Lanewise does not start like this:\n"
            + "\n".join(f"  {item.id}: {item.msg} {item.hint}" for item in problems)
        )
