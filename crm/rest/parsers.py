"""JSON that cannot hurt: bounded in size and depth, and free of half characters."""

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework import exceptions, parsers

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


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
