"""What the OpenAPI schema says beyond what drf-spectacular sees by itself."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from crm.rest.examples import example_of
from crm.rest.problems import MEDIA_TYPE, Problem, too_large

_PROBLEMS = {
    400: "The body or a query parameter is not valid.",
    401: "No valid token and no session.",
    403: "The role or the token's scopes do not allow this.",
    404: "There is no such record.",
    409: "The dealership's books do not allow this, or the idempotency key is in use.",
    412: "`If-Match` names an older version.",
    413: "The body is larger than 2 MiB.",
    415: "The body is not `application/json`.",
    422: "A business rule refuses a value, or the idempotency key belongs to another request.",
    429: "The rate limit is used up; `Retry-After` says for how long.",
    503: "The database cannot answer right now.",
}
_WITH_BODY = ("POST", "PUT", "PATCH")
_ALWAYS = (400, 401, 403, 429, 503)
_ON_WRITE = (409, 413, 415, 422)
_EXAMPLE = {
    "type": "urn:lanewise:problem:appointments_bay_free",
    "title": "Conflict",
    "status": 409,
    "detail": "This bay is taken at that time. Choose another time, or let Lanewise pick a free "
    "bay and technician.",
    "instance": "/api/v1/appointments/",
    "code": "appointments_bay_free",
    "errors": [
        {
            "pointer": "/service_bay",
            "parameter": None,
            "code": "appointments_bay_free",
            "detail": "This bay is taken at that time.",
        }
    ],
    "request_id": "5f0c8a3e9d2b4c1f8e7a6b5c4d3e2f10",
}
_IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="Chosen by you, a UUID for example: the same request sent again under the same "
    "key within 24 hours gets the stored answer with `Idempotent-Replayed: true`.",
)
_IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The `ETag` you read; 412 when the record has changed since.",
)
_IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="The `ETag` you have; 304 when it is still current.",
)


class Schema(AutoSchema):
    """Takes bodies from the view's `input_class`, answers from its `rows`, and adds the errors
    and headers that every operation has."""

    def get_request_serializer(self) -> Any:
        return getattr(self.view, "input_class", None) if self.method != "DELETE" else None

    def get_response_serializers(self) -> Any:
        rows = getattr(self.view, "answers", None) or getattr(self.view, "rows", None)
        if self.method == "DELETE":
            return {204: OpenApiResponse(description="Done.")}
        status = 201 if self._makes_something() else 200
        answers: dict[Any, Any] = {status: rows}
        if status == 201 and getattr(self.view, "finds", False):
            answers[200] = OpenApiResponse(rows, description="It was there already.")
        if self._has_version() and self.method == "GET":
            answers[304] = OpenApiResponse(description="Not changed.")
        return answers

    def _is_list_view(self, serializer: Any = None) -> bool:
        listing = getattr(self.view, "listing", False)
        return self.method == "GET" and (listing or getattr(self.view, "action", "") == "list")

    def _described(self, status: int) -> str:
        most_bytes = getattr(self.view, "most_bytes", None)
        return too_large(most_bytes) if status == 413 and most_bytes else _PROBLEMS[status]

    def _makes_something(self) -> bool:
        creates = getattr(self.view, "creates", False)
        return self.method == "POST" and (creates or getattr(self.view, "action", "") == "create")

    def _has_version(self) -> bool:
        return getattr(self.view, "action", "") == "retrieve"

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        """The answers, a view's own ones too, and the problems that any operation may answer."""
        bodies = super()._get_response_bodies(direction)
        for status in sorted(self._problem_statuses()):
            problem = OpenApiResponse(
                Problem,
                description=self._described(status),
                examples=[OpenApiExample("Slot taken", _EXAMPLE)] if status == 409 else [],
            )
            bodies.setdefault(
                str(status),
                self._get_response_for_code(problem, str(status), [MEDIA_TYPE], direction),
            )
        return bodies

    def _problem_statuses(self) -> set[int]:
        statuses = set(_ALWAYS)
        if "{" in self.path:
            statuses.add(404)
        if self.method != "GET":
            statuses.update(_ON_WRITE)
            if "{" in self.path:
                statuses.add(412)
        if getattr(self.view, "refuses", False):
            statuses.add(422)
        return statuses

    def get_examples(self) -> list[OpenApiExample]:
        taken = self.get_request_serializer() if self.method in _WITH_BODY else None
        shown = getattr(self.view, "answers", None) or getattr(self.view, "rows", None)
        examples = []
        if taken:
            examples.append(OpenApiExample("Example", example_of(taken), request_only=True))
        if shown and self.method != "DELETE":
            examples.append(
                OpenApiExample(
                    "Example", example_of(shown), response_only=True, status_codes=["200", "201"]
                )
            )
        return examples

    def get_override_parameters(self) -> list[Any]:
        parameters = [*super().get_override_parameters()]
        if self.method == "GET":
            return [*parameters, _IF_NONE_MATCH] if self._has_version() else parameters
        parameters.append(_IDEMPOTENCY)
        return [*parameters, _IF_MATCH] if "{" in self.path else parameters
