"""Real requests to our own addresses: through this process, or to a running server."""

import io
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils import timezone

from crm.enums import Role
from crm.models import ApiToken, User
from crm.services.tokens import create_token

USERNAME = "call-simulator"
TOKEN_LIFE = timedelta(minutes=10)
TIMEOUT_SECONDS = 20
# path, body, headers -> status, body
Post = Callable[[str, bytes, Mapping[str, str]], tuple[int, bytes]]


class ToolError(Exception):
    """An address did not answer as it should."""


@contextmanager
def short_token() -> Iterator[str]:
    """A token for the voice agent's tools, gone when the block ends."""
    user, is_new = User.objects.get_or_create(
        username=USERNAME,
        defaults={"role": Role.API, "first_name": "Call", "last_name": "simulator"},
    )
    if is_new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    token, secret = create_token(
        user=user,
        name="Call simulator",
        scopes=["agent:use"],
        expires_at=timezone.now() + TOKEN_LIFE,
    )
    try:
        yield secret
    finally:
        ApiToken.objects.filter(pk=token.pk).delete()


def tools_over(
    post: Post, token: str, context: Mapping[str, Any]
) -> Callable[[str, dict[str, Any]], Any]:
    """A function that asks a tool by `post`, as the call of `context`."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}

    def ask(tool: str, arguments: dict[str, Any]) -> Any:
        path = f"/api/v1/agent/{tool.replace('_', '-')}/"
        status, body = post(path, json.dumps({**context, **arguments}).encode(), headers)
        if status != 200:
            raise ToolError(f"{path} answered {status}: {detail_of(body)}")
        return json.loads(body)

    return ask


def detail_of(body: bytes) -> str:
    """What an answer of our own says about a refusal."""
    try:
        return str(json.loads(body)["detail"])
    except (ValueError, KeyError, TypeError):
        return "no problem details"


def to_server(base: str) -> Post:
    """Requests to the server at `base`, for example http://localhost:8000."""

    def post(path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        request = urllib.request.Request(  # noqa: S310 (the operator names the server)
            base.rstrip("/") + path, data=body, headers=dict(headers)
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError as error:
            raise ToolError(f"{base} cannot be reached: {error}") from error

    return post


def in_process() -> Post:
    """Requests through this process's own stack, from the first middleware to the last.

    Without the signals around a request: they would close the database connection under the
    page or command that asks.
    """

    def post(path: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        address, _, query = path.partition("?")
        request = WSGIRequest(
            {
                "REQUEST_METHOD": "POST",
                "PATH_INFO": address,
                "QUERY_STRING": query,
                "SERVER_NAME": own_host(),
                "SERVER_PORT": "443",
                "SERVER_PROTOCOL": "HTTP/1.1",
                "REMOTE_ADDR": "127.0.0.1",
                "HTTP_HOST": own_host(),
                "CONTENT_LENGTH": str(len(body)),
                "wsgi.url_scheme": "https",
                "wsgi.input": io.BytesIO(body),
                **{_variable(name): value for name, value in headers.items()},
            }
        )
        response = _application().get_response(request)
        return response.status_code, response.content

    return post


@cache
def _application() -> Any:
    return WSGIHandler()


def _variable(header: str) -> str:
    """The name of a header in the environment of a request."""
    name = header.upper().replace("-", "_")
    return name if name == "CONTENT_TYPE" else f"HTTP_{name}"


def own_host() -> str:
    """A host name that this installation answers to."""
    named = [host.lstrip(".") for host in settings.ALLOWED_HOSTS if host != "*"]
    return named[0] if named else "localhost"
