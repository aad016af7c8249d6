"""Is background work alive? Read by /readyz, the jobs page and `manage.py jobs`."""

from decimal import Decimal
from typing import TypedDict

from django.conf import settings
from django.db import connection

SNAPSHOT = """
    SELECT
        (SELECT extract(epoch FROM statement_timestamp() - at)
         FROM job_heartbeats WHERE name = 'tick'),
        waiting.age, waiting.due, waiting.total,
        (SELECT count(*) FROM outbox WHERE failed_at IS NOT NULL),
        (SELECT count(*) FROM job_runs WHERE status IN ('planning', 'running')),
        (SELECT count(*) FROM (
            SELECT DISTINCT ON (job) status FROM job_runs ORDER BY job, id DESC
         ) AS latest WHERE status = 'failed')
    FROM (
        SELECT count(*) AS total,
            count(*) FILTER (WHERE may_run_at <= statement_timestamp()) AS due,
            extract(epoch FROM statement_timestamp() - min(may_run_at)
                FILTER (WHERE may_run_at <= statement_timestamp())) AS age
        FROM (
            SELECT GREATEST(created_at, not_before) AS may_run_at FROM outbox
            WHERE done_at IS NULL AND failed_at IS NULL
        ) AS rows
    ) AS waiting
"""
BEAT = """
    INSERT INTO job_heartbeats (name, at) VALUES (%s, clock_timestamp())
    ON CONFLICT (name) DO UPDATE SET at = GREATEST(excluded.at, job_heartbeats.at)
"""


class Snapshot(TypedDict):
    """Ages in seconds by the database's clock; None means "never" or "nothing is due".

    `outbox_age_seconds` is how long the oldest outbox row that may run has been allowed to,
    `outbox_due` the number of such rows, `outbox_waiting` also counts those that wait for a time
    or pause after an error. `runs_failed` counts the jobs whose latest run failed. `is_alive`:
    scheduler, broker and worker have done a tick together within the last three.
    """

    tick_age_seconds: float | None
    outbox_age_seconds: float | None
    outbox_due: int
    outbox_waiting: int
    outbox_failed: int
    runs_active: int
    runs_failed: int
    is_alive: bool


def beat(name: str) -> None:
    """Note that the part `name` is alive now."""
    with connection.cursor() as cursor:
        cursor.execute(BEAT, [name])


def snapshot() -> Snapshot:
    """One query."""
    with connection.cursor() as cursor:
        cursor.execute(SNAPSHOT)
        tick_age, outbox_age, due, waiting, failed, active, runs_failed = cursor.fetchone()
    return Snapshot(
        tick_age_seconds=_seconds(tick_age),
        outbox_age_seconds=_seconds(outbox_age),
        outbox_due=due,
        outbox_waiting=waiting,
        outbox_failed=failed,
        runs_active=active,
        runs_failed=runs_failed,
        is_alive=tick_age is not None and tick_age <= 3 * settings.JOBS_TICK_SECONDS,
    )


def _seconds(age: Decimal | None) -> float | None:
    # A clock that was set back must not make an age negative.
    return None if age is None else max(float(age), 0.0)
