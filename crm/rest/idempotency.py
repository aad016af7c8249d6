"""`Idempotency-Key`: a write that is sent again answers as it did the first time."""

import hashlib
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.http import HttpResponse
from rest_framework import exceptions
from rest_framework.request import Request

from crm.models import IdempotencyKey
from crm.rest.limits import owner_of
from crm.rest.problems import KeyReused, StillRunning
from crm.rest.renderers import RowRenderer

HEADER = "Idempotency-Key"
MAX_LENGTH = 255
KEPT_HEADERS = ("ETag", "Location")


def perform(request: Request, action: Callable[[], Any]) -> Any:
    """Run the write `action` in one transaction with its key, or give its stored answer.

    Only answers of writes that took place are stored: a refused or failed request has written
    nothing, so it may be tried again under its key. Raises KeyReused (422) for another request
    under the same key, StillRunning (409) while the first one runs.
    """
    key = request.headers.get(HEADER)
    with transaction.atomic():
        if key is None:
            return action()
        if not 0 < len(key) <= MAX_LENGTH or not key.isprintable():
            raise exceptions.ParseError(f"{HEADER} has 1 to {MAX_LENGTH} printable characters.")
        owner = owner_of(request)
        _claim(owner, key)
        fingerprint = _fingerprint(request)
        stored = IdempotencyKey.objects.filter(owner=owner, key=key).first()
        if stored is not None:
            return _replay(stored, fingerprint)
        response = action()
        _store(response, owner=owner, key=key, fingerprint=fingerprint)
        return response


def _claim(owner: str, key: str) -> None:
    """Lock the key until the transaction ends, without waiting for another holder.

    An advisory lock, because inserting the row first would make the second request wait for
    the first instead of telling the client to come back.
    """
    name = hashlib.sha256(f"{owner} {key}".encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s)", [int.from_bytes(name[:8], "big", signed=True)]
        )
        if not cursor.fetchone()[0]:
            raise StillRunning


def _fingerprint(request: Request) -> str:
    """What makes two requests the same: method, address with query, body."""
    parts = [str(request.method), request.get_full_path(), hashlib.sha256(request.body).hexdigest()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _replay(stored: IdempotencyKey, fingerprint: str) -> HttpResponse:
    if stored.request_hash != fingerprint:
        raise KeyReused
    response = HttpResponse(stored.body.encode(), status=stored.status)
    del response["Content-Type"]
    for name, value in stored.headers.items():
        response[name] = value
    response["Idempotent-Replayed"] = "true"
    return response


def _store(response: Any, *, owner: str, key: str, fingerprint: str) -> None:
    headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    body = b""
    if response.data is not None:
        body = RowRenderer().render(response.data)
        headers["Content-Type"] = RowRenderer.media_type
    IdempotencyKey.objects.create(
        owner=owner,
        key=key,
        request_hash=fingerprint,
        status=response.status_code,
        headers=headers,
        body=body.decode(),
    )
