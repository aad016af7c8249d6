"""Exact rate limits: one row and one statement a request, counted by PostgreSQL.

DRF's own throttles read, add and write back through the cache, so parallel requests slip
through. The row lock of one `INSERT .. ON CONFLICT` cannot be raced, and needs no broker.
"""

import math
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from crm.models import ApiToken

WINDOW_SECONDS = 60

# A window opens with the first request after the last one has ended. The clock is the
# database's, as several web servers never agree on theirs. The commit does not wait for the
# disk: a count lost in a crash harms nobody, and a wait would be part of every request.
_COUNT = """
INSERT INTO rate_buckets AS bucket (owner, window_start, count)
SELECT %(owner)s, clock_timestamp(), 1
FROM (SELECT set_config('synchronous_commit', 'off', true)) AS quickly
ON CONFLICT (owner) DO UPDATE SET (window_start, count) = (
    SELECT CASE WHEN ended THEN EXCLUDED.window_start ELSE bucket.window_start END,
           CASE WHEN ended THEN 1 ELSE bucket.count + 1 END
    FROM (VALUES (
        bucket.window_start <= EXCLUDED.window_start - %(window)s * interval '1 second'
    )) AS window_of (ended)
)
RETURNING count,
    extract(epoch FROM window_start)::float8 + %(window)s,
    extract(epoch FROM window_start - clock_timestamp())::float8 + %(window)s
"""


@dataclass(frozen=True)
class Standing:
    """How an owner stands after a request: `reset_at` is Unix time, `wait_seconds` until then."""

    limit: int
    used: int
    reset_at: float
    wait_seconds: float

    @property
    def allowed(self) -> bool:
        return self.used <= self.limit

    def headers(self) -> dict[str, str]:
        return {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(max(0, self.limit - self.used)),
            "x-ratelimit-reset": str(math.ceil(self.reset_at)),
            "x-ratelimit-resource": "api",
        }


def count(owner: str, limit: int) -> Standing:
    """Count one request of `owner`; one statement that commits by itself."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"owner": owner, "window": WINDOW_SECONDS})
        used, reset_at, wait = cursor.fetchone()
    return Standing(limit=limit, used=used, reset_at=reset_at, wait_seconds=max(1.0, wait))


def count_failure(address: str) -> None:
    """Count a token that did not fit; raises Throttled when one address sends too many."""
    standing = count(f"failed:{address}", settings.API_FAILED_TOKENS_PER_MINUTE)
    if not standing.allowed:
        raise exceptions.Throttled(standing.wait_seconds)


def owner_of(request: Request) -> str:
    """`token:<id>` or `user:<id>`: whose limit and whose idempotency keys a request uses."""
    if isinstance(request.auth, ApiToken):
        return f"token:{request.auth.pk}"
    return f"user:{request.user.pk}"


class ExactRateLimit(BaseThrottle):
    """`API_RATE_LIMIT_PER_MINUTE` requests a minute for each token and each signed-in user."""

    def __init__(self) -> None:
        self.standing: Standing | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        if not request.user or not request.user.is_authenticated:
            return True
        self.standing = count(owner_of(request), settings.API_RATE_LIMIT_PER_MINUTE)
        view.rate_limit_headers = self.standing.headers()
        return self.standing.allowed

    def wait(self) -> float | None:
        return self.standing.wait_seconds if self.standing else None
