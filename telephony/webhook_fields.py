"""The fields of a callback, whether it came as a form or as JSON."""

import json

from django.http import HttpRequest

LONGEST_VALUE = 20_000
MOST_FIELDS = 200


def fields_of(request: HttpRequest) -> dict[str, str]:
    """Name and text of each field; of one that came twice the last.

    Raises ValueError with a sentence when the body is no flat object or larger than any callback.
    """
    if request.content_type == "application/json":
        try:
            body = json.loads(request.body)
        except ValueError:
            raise ValueError("The body is no JSON.") from None
        if not isinstance(body, dict):
            raise ValueError("The body is no JSON object.")
        fields = {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in body.items()
        }
    else:
        fields = request.POST.dict()
    if len(fields) > MOST_FIELDS or any(len(value) > LONGEST_VALUE for value in fields.values()):
        raise ValueError("The callback is too large.")
    # PostgreSQL can hold neither NUL nor half of a surrogate pair.
    return {_storable(name): _storable(value) for name, value in fields.items()}


def _storable(text: str) -> str:
    return text.replace("\x00", "").encode(errors="replace").decode()
