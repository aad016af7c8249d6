"""Is background work alive? Read by /readyz, the jobs page and `manage.py jobs`."""

from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.db import connection

SNAPSHOT = """
    SELECT
        (SELECT extract(epoch FROM now() - at) FROM job_heartbeats WHERE name = 'tick'),
        (SELECT extract(epoch FROM now() - min(GREATEST(created_at, not_before)))
         FROM outbox WHERE done_at IS NULL AND failed_at IS NULL
           AND (not_before IS NULL OR not_before <= now())),
        (SELECT count(*) FROM outbox WHERE done_at IS NULL AND failed_at IS NULL),
        (SELECT count(*) FROM outbox WHERE failed_at IS NOT NULL),
        (SELECT count(*) FROM job_runs WHERE status IN ('planning', 'running')),
        (SELECT count(*) FROM (
            SELECT DISTINCT ON (job) status FROM job_runs ORDER BY job, id DESC
         ) AS latest WHERE status = 'failed')
"""
BEAT = """
    INSERT INTO job_heartbeats (name, at) VALUES (%s, clock_timestamp())
    ON CONFLICT (name) DO UPDATE SET at = GREATEST(excluded.at, job_heartbeats.at)
"""


@dataclass(frozen=True)
class Snapshot:
    """Ages in seconds by the database's clock; None means "never" or "nothing waits".

    `outbox_oldest_age` is how long the oldest row that may run has been allowed to.
    `runs_failed` counts jobs whose latest run failed.
    """

    tick_age: float | None
    outbox_oldest_age: float | None
    outbox_waiting: int
    outbox_failed: int
    runs_active: int
    runs_failed: int

    @property
    def is_alive(self) -> bool:
        """Whether scheduler, broker and worker have done a tick within the last three."""
        return self.tick_age is not None and self.tick_age <= 3 * settings.JOBS_TICK_SECONDS

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"is_alive": self.is_alive}


def beat(name: str) -> None:
    """Note that the part `name` is alive now."""
    with connection.cursor() as cursor:
        cursor.execute(BEAT, [name])


def snapshot() -> Snapshot:
    """One query."""
    with connection.cursor() as cursor:
        cursor.execute(SNAPSHOT)
        tick_age, oldest, *counts = cursor.fetchone()
    return Snapshot(
        None if tick_age is None else float(tick_age),
        None if oldest is None else float(oldest),
        *counts,
    )
