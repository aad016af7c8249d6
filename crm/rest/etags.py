"""Versions of records: `ETag` on answers, `If-None-Match` on reads, `If-Match` on writes."""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crm.exceptions import StaleWrite
from crm.rest.renderers import RowEncoder

_TAG = re.compile(r'(?:W/)?"([^"]*)"')


def etag_of(row: Mapping[str, Any]) -> str:
    """The quoted version of a row as the API shows it.

    `updated_at`, which a trigger keeps, for the tables that have one; else a digest of the row.
    """
    changed = row.get("updated_at")
    if isinstance(changed, datetime):
        return f'"{int(changed.timestamp()) * 1_000_000 + changed.microsecond:x}"'
    text = json.dumps(row, cls=RowEncoder, sort_keys=True)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:16]}"'


def matches(header: str, etag: str) -> bool:
    """Whether `header` (a list of tags or `*`) names `etag`.

    A weak tag counts as its strong one: compressing proxies weaken the tags that they pass on.
    """
    return header.strip() == "*" or etag.strip('"') in _TAG.findall(header)


def require_match(header: str | None, row: Mapping[str, Any]) -> None:
    """Raise StaleWrite (412) when the caller's `If-Match` names another version."""
    if header is not None and not matches(header, etag_of(row)):
        raise StaleWrite(
            "Somebody changed this record since you read it.",
            remedy="Read it again and repeat your change.",
        )
