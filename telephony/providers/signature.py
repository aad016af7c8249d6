"""Whether a callback comes from Twilio: its signature over the address as the world knows it.

https://www.twilio.com/docs/usage/webhooks/webhooks-security. The call simulator signs in the same
way, with a token of its own, and says in the address that it is not Twilio.
"""

from collections.abc import Sequence

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from twilio.request_validator import (
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)

from telephony.enums import Provider

SIMULATED = {"line": Provider.SIMULATOR.value}


def public_base(request: HttpRequest) -> str:
    """Scheme and host under which the provider calls us.

    Behind a proxy neither is what this process sees: PUBLIC_BASE_URL says it outright; else the
    request's own Host counts, and the scheme that a trusted proxy reports.
    """
    return settings.PUBLIC_BASE_URL or request.build_absolute_uri("/").rstrip("/")


def provider_of(request: HttpRequest) -> str:
    """Who the address says it is. It is signed too: neither can pass for the other."""
    simulated = request.GET.get("line") == SIMULATED["line"]
    return Provider.SIMULATOR if simulated else Provider.TWILIO


def simulator_token() -> str:
    """What the simulator signs with: only who has the SECRET_KEY can, and it opens no call of a
    real provider."""
    return salted_hmac("telephony.simulator", "line", algorithm="sha256").hexdigest()


def is_genuine(request: HttpRequest) -> bool:
    """Whether one of the caller's auth tokens signed this very request, address and body.

    A body of JSON is signed by its hash in the address (`bodySHA256`); without one it is not
    signed at all, so it is refused.
    """
    signature = request.headers.get("X-Twilio-Signature", "")
    url = public_base(request) + request.get_full_path()
    body = _signed_body(request)
    if body is None:
        return False
    algorithm = get_signature_algorithm(request.headers.get(SIGNATURE_SETTINGS_HEADER))
    return any(
        RequestValidator(token).validate(url, body, signature, algorithm)
        for token in _tokens(request)
    )


def _tokens(request: HttpRequest) -> Sequence[str]:
    if provider_of(request) == Provider.SIMULATOR:
        return [simulator_token()]
    return settings.TELEPHONY.auth_tokens


def _signed_body(request: HttpRequest) -> object:
    if request.content_type != "application/json":
        return request.POST
    if "bodySHA256" not in request.GET:
        return None
    try:
        return request.body.decode()
    except UnicodeDecodeError:
        return None
