"""JSON as the schema says: decimals as text, times with `Z`, straight from database rows."""

import datetime
import decimal
import uuid
from typing import Any

from rest_framework import renderers
from rest_framework.utils.encoders import JSONEncoder


def _instant(value: datetime.datetime) -> str:
    text = value.isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


_TEXT_OF: dict[type, Any] = {
    datetime.datetime: _instant,
    datetime.date: datetime.date.isoformat,
    datetime.time: datetime.time.isoformat,
    decimal.Decimal: str,
    uuid.UUID: str,
}


class RowEncoder(JSONEncoder):
    """Looks the type up, where DRF's asks a chain of `isinstance` (and makes decimals floats)."""

    def default(self, obj: Any) -> Any:
        as_text = _TEXT_OF.get(type(obj))
        return as_text(obj) if as_text is not None else super().default(obj)


class RowRenderer(renderers.JSONRenderer):
    """Renders what `crm.rest.rows` reads."""

    encoder_class = RowEncoder
