"""Every error of the API as RFC 9457 problem details, `application/problem+json`."""

import logging
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions, serializers
from rest_framework.response import Response

from crm.constraints import explain
from crm.exceptions import Refused

log = logging.getLogger("crm.api")

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5


class ProblemItem(serializers.Serializer[Any]):
    """One fault: `pointer` is a JSON pointer into the body, `parameter` a part of the query."""

    pointer = serializers.CharField(allow_null=True)
    parameter = serializers.CharField(allow_null=True)
    code = serializers.CharField()
    detail = serializers.CharField()


class Problem(serializers.Serializer[Any]):
    """The one shape of errors; `code` is stable and for programs, `detail` is for people."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    code = serializers.CharField()
    errors = ProblemItem(many=True)  # type: ignore[assignment]
    request_id = serializers.CharField(allow_blank=True)


class BadParameter(exceptions.ValidationError):
    """A query parameter that is unknown or has a bad value; `detail` maps names to sentences."""


def too_large(most_bytes: int) -> str:
    return f"The body is larger than {most_bytes // 1024**2} MiB."


class TooLarge(exceptions.APIException):
    """The body is larger than the server reads."""

    status_code = 413
    default_code = "too_large"
    default_detail = "The body is larger than 2 MiB."


class StillRunning(exceptions.APIException):
    """An equal request with the same idempotency key has not been answered yet."""

    status_code = 409
    default_code = "still_running"
    default_detail = "A request with this Idempotency-Key is still running."
    wait = RETRY_SECONDS


class KeyReused(exceptions.APIException):
    """The idempotency key stands for another request."""

    status_code = 422
    default_code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key was used for a different request; choose a new key."


class Unavailable(exceptions.APIException):
    """The database cannot answer now."""

    status_code = 503
    default_code = "unavailable"
    default_detail = "The database cannot answer right now; try again."
    wait = RETRY_SECONDS


class Unexpected(exceptions.APIException):
    """A fault of ours; the log has the trace under the request's id."""

    default_code = "unexpected"
    default_detail = "Something went wrong on our side; quote the request id when you report it."


# Django's exceptions, the special ones before the general.
_MEANINGS: tuple[tuple[Any, type[exceptions.APIException]], ...] = (
    (Http404, exceptions.NotFound),
    (PermissionDenied, exceptions.PermissionDenied),
    (RequestDataTooBig, TooLarge),
    (SuspiciousOperation, exceptions.ParseError),
    ((OperationalError, InterfaceError), Unavailable),
)


def handle_exception(exc: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's exception handler: an answer for everything, so that no page of HTML gets out."""
    error = _as_known(exc)
    request = context["request"]
    if isinstance(error, Refused):
        return _answer(request, error.status, error.code, str(error), _of_refusal(error))
    if error.status_code >= 500:
        # The text of a database error can hold values of customers; its trace names the place.
        log.error("API request failed", exc_info=exc, extra={"path": request.path})
    response = _answer(request, error.status_code, _code(error), _detail(error), _items(error))
    if getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = error.auth_header
    if getattr(error, "wait", None):
        response["Retry-After"] = str(max(1, round(error.wait)))
    return response


def _as_known(exc: Exception) -> Any:
    """The `Refused` or `APIException` that `exc` amounts to."""
    if isinstance(exc, (Refused, exceptions.APIException)):
        return exc
    if isinstance(exc, (IntegrityError, DataError)):
        return explain(exc)
    meant = (known for kinds, known in _MEANINGS if isinstance(exc, kinds))
    return next(meant, Unexpected)()


def _answer(
    request: Any, status: int, code: str, detail: str, errors: list[dict[str, Any]]
) -> Response:
    body = {
        "type": f"urn:lanewise:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.path,
        "code": code,
        "errors": errors,
        "request_id": getattr(request, "request_id", ""),
    }
    return Response(body, status=status, content_type=MEDIA_TYPE)


def _code(error: exceptions.APIException) -> str:
    if isinstance(error, BadParameter):
        return "bad_parameter"
    if isinstance(error, exceptions.ValidationError):
        return "invalid"
    codes = error.get_codes()
    return codes if isinstance(codes, str) else str(error.default_code)


def _detail(error: exceptions.APIException) -> str:
    if not isinstance(error, exceptions.ValidationError):
        return str(error.detail)
    items = _items(error)
    named = [
        f"{(item['parameter'] or item['pointer'] or '').lstrip('/')}: {item['detail']}".lstrip(": ")
        for item in items
    ]
    return " ".join(named[:5]) or "The request is not valid."


def _of_refusal(refused: Refused) -> list[dict[str, Any]]:
    if not refused.field:
        return []
    return [_item(pointer=f"/{refused.field}", code=refused.code, detail=str(refused))]


def _items(error: exceptions.APIException) -> list[dict[str, Any]]:
    if isinstance(error, BadParameter):
        return [
            _item(parameter=name.strip("/"), code=code, detail=detail)
            for name, code, detail in _walk(error.detail, "")
        ]
    if isinstance(error, exceptions.ValidationError):
        return [
            _item(pointer=pointer, code=code, detail=detail)
            for pointer, code, detail in _walk(error.detail, "")
        ]
    return []


def _item(
    *, pointer: str | None = None, parameter: str | None = None, code: str, detail: str
) -> dict[str, Any]:
    return {"pointer": pointer, "parameter": parameter, "code": code, "detail": detail}


def _walk(detail: Any, pointer: str) -> Iterator[tuple[str, str, str]]:
    """(JSON pointer, code, sentence) of each fault in DRF's nest of dictionaries and lists."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            plain = str(name).replace("~", "~0").replace("/", "~1")
            yield from _walk(inner, pointer if name == "non_field_errors" else f"{pointer}/{plain}")
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, (Mapping, list))
            yield from _walk(inner, f"{pointer}/{index}" if nested else pointer)
    else:
        yield pointer, str(getattr(detail, "code", "invalid")), str(detail)
