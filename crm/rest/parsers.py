"""JSON that cannot hurt: bounded in size and depth, and free of half characters."""

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework import exceptions, parsers
from rest_framework.request import Request

from crm.rest.problems import TooLarge, too_large

_HALF_CHARACTER = b"\\ud"


class StrictJSONParser(parsers.JSONParser):
    """JSON bodies up to Django's limit; nesting that exhausts the parser and surrogates are
    malformed, as neither can be stored or answered."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        # `body`, unlike the stream, is bounded by DATA_UPLOAD_MAX_MEMORY_SIZE.
        raw = parser_context["request"].body if parser_context else stream.read()
        try:
            data = json.loads(raw.decode(), parse_constant=_refuse_constant)
            if _HALF_CHARACTER in raw.lower():
                json.dumps(data, ensure_ascii=False).encode()
        except RecursionError as error:
            raise exceptions.ParseError("The JSON is nested too deeply.") from error
        except ValueError as error:
            raise exceptions.ParseError(f"This is not JSON: {error}") from error
        return data


def read_body(request: Request, most_bytes: int) -> None:
    """Read a body that may be larger than DATA_UPLOAD_MAX_MEMORY_SIZE: `request.body` has it then.

    Raises TooLarge beyond `most_bytes`.
    """
    if int(request.META.get("CONTENT_LENGTH") or 0) > most_bytes:
        raise TooLarge(too_large(most_bytes))
    http = request._request
    if not hasattr(http, "_body"):
        # Where `HttpRequest.body` keeps what it has read within the limit of all requests.
        http._body = http.read()


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
