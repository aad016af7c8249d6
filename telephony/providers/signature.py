"""Whether a callback comes from Twilio: its signature over the address as the world knows it.

https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

from django.conf import settings
from django.http import HttpRequest
from twilio.request_validator import (
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)


def public_base(request: HttpRequest) -> str:
    """Scheme and host under which the provider calls us.

    Behind a proxy neither is what this process sees: PUBLIC_BASE_URL says it outright; else the
    request's own Host counts, and the scheme that a trusted proxy reports.
    """
    return settings.PUBLIC_BASE_URL or request.build_absolute_uri("/").rstrip("/")


def is_genuine(request: HttpRequest) -> bool:
    """Whether one of our auth tokens signed this very request, address and body.

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
        for token in settings.TELEPHONY.auth_tokens
    )


def _signed_body(request: HttpRequest) -> object:
    if request.content_type != "application/json":
        return request.POST
    if "bodySHA256" not in request.GET:
        return None
    try:
        return request.body.decode()
    except UnicodeDecodeError:
        return None
