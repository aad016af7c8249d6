"""Is the process alive, and can it do its work? Answers for load balancers and operators.

`/healthz` says that the process answers. `/readyz` is 503 only when a page could not be served:
without database or with missing migrations. A silent broker or scheduler makes it "degraded"
with 200, because pages keep working and a load balancer must not take them away.
"""

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from redis import Redis, RedisError

from config.environment import redis_py_url
from jobs import health as jobs_health

BROKER_TIMEOUT_SECONDS = 0.5
OUTBOX_LATE_SECONDS = 300


def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    needed = _database_checks()
    ready = all(needed.values())
    wanted = {"broker": _broker_answers(), **(_job_checks() if ready else {})}
    status = "unavailable" if not ready else "ok" if all(wanted.values()) else "degraded"
    return JsonResponse(
        {"status": status, "checks": needed | wanted},
        status=200 if ready else 503,
        headers={} if ready else {"Retry-After": "5"},
    )


def _database_checks() -> dict[str, bool]:
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        connection.close()
        return {"database": False, "migrations": False}
    return {"database": True, "migrations": not pending}


def _broker_answers() -> bool:
    try:
        with Redis.from_url(
            redis_py_url(settings.REDIS_URL),
            socket_connect_timeout=BROKER_TIMEOUT_SECONDS,
            socket_timeout=BROKER_TIMEOUT_SECONDS,
        ) as client:
            return bool(client.ping())
    except (RedisError, OSError, ValueError):
        return False


def _job_checks() -> dict[str, bool]:
    """Whether the scheduler ticks and the outbox is being emptied."""
    state = jobs_health.snapshot()
    oldest = state["outbox_age_seconds"]
    return {
        "scheduler": state["is_alive"],
        "outbox": oldest is None or oldest <= OUTBOX_LATE_SECONDS,
    }
