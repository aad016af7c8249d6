"""Who calls the API: a token in `Authorization: Bearer lw_...`, or the session of a page."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from crm.models import ApiToken, User
from crm.network import client_ip
from crm.rest import limits
from crm.services import tokens


class TokenAuthentication(authentication.BaseAuthentication):
    """A per-user token; unknown, expired, revoked and disabled ones all get the same 401."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = tokens.find_token(secret.strip())
        if token is None:
            # Counted by address only when it fails, so that guessing never locks anybody out.
            limits.count_failure(client_ip(request._request))
            raise exceptions.AuthenticationFailed("This token is unknown, expired or revoked.")
        tokens.touch_token(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Lanewise"'


class SessionAuthentication(authentication.SessionAuthentication):
    """The signed-in browser; writes need the CSRF token."""

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Lanewise"'


class TokenScheme(OpenApiAuthenticationExtension):
    """How the token looks in the schema."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "lw_...",
            "description": "A token from Account → API tokens, or from `manage.py api_token`.",
        }


class SessionScheme(OpenApiAuthenticationExtension):
    """How the session looks in the schema."""

    target_class = SessionAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "The cookie of a signed-in browser; writes need `X-CSRFToken` too.",
        }
