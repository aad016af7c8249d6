"""What other apps, pages and commands may ask of the background work."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from psycopg.types.json import Jsonb

from jobs import registry
from jobs.engine import announce
from jobs.enums import ChunkStatus, RunSource, RunStatus
from jobs.exceptions import JobRefused
from jobs.models import JobRun, Outbox
from jobs.outbox import Poke, task_function

# DO UPDATE instead of DO NOTHING: it locks the waiting row until our commit, so that no worker can
# start on it with a view of the database that lacks what this transaction is about to add.
ENQUEUE = """
    INSERT INTO outbox (task, args, dedup_key, not_before) VALUES (%s, %s, %s, %s)
    ON CONFLICT (dedup_key)
        WHERE done_at IS NULL AND failed_at IS NULL AND started_at IS NULL
    DO UPDATE SET not_before = CASE
        WHEN outbox.not_before IS NULL OR excluded.not_before IS NULL THEN NULL
        ELSE LEAST(outbox.not_before, excluded.not_before) END
    RETURNING id, xmax = 0 AS is_new
"""


def enqueue(
    task: str,
    *,
    args: Mapping[str, str | int] | None = None,
    dedup_key: str | None = None,
    not_before: datetime | None = None,
) -> Outbox | None:
    """Record that `task` must run once the caller's transaction has committed.

    `args` are the handler's keywords: ids, no personal data. While a row with the same
    `dedup_key` waits and has not been started there will be no second one: the answer is None,
    and the earlier `not_before` of both holds. Costs one query, and one more after commit. The
    broker is told after commit within half a second at most; if it cannot be, the minute tick
    does it. Raises UnknownTaskError for a name that no `@outbox_task` has.
    """
    task_function(task)
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        values: list[Any] = [task, Jsonb(dict(args or {})), dedup_key, not_before]
        cursor.execute(ENQUEUE, values)
        pk, is_new = cursor.fetchone()
        if not_before is None:
            Poke.of_transaction().rows[pk] = task
    if not is_new:
        return None
    return Outbox(
        pk=pk, task=task, args=dict(args or {}), dedup_key=dedup_key, not_before=not_before
    )


def retry_outbox(row: Outbox) -> None:
    """Let a row that was given up run again. Raises JobRefused when there is nothing to retry."""
    again = {
        "failed_at": None, "tries": 0, "not_before": None, "sent_at": None, "started_at": None,
    }  # fmt: skip
    try:
        with transaction.atomic():
            if not Outbox.objects.given_up().filter(pk=row.pk).update(**again):
                raise JobRefused("This task has not failed, so there is nothing to retry.")
            Poke.of_transaction().rows[row.pk] = row.task
    except IntegrityError:
        raise JobRefused("The same work is already waiting in a newer row.") from None


def start_run(name: str, *, local_date: date | None = None, requested_by: str = "") -> JobRun:
    """Start job `name` now, beside its nightly run; workers pick it up within seconds.

    `local_date` (default: today at the dealership) is the date the job works for. Raises
    UnknownJobError, or JobRefused while another run started by hand is still going.
    """
    job = registry.get(name)
    try:
        with transaction.atomic():
            run = JobRun.objects.create(
                job=job.name,
                local_date=local_date or registry.local_today(),
                source=RunSource.MANUAL,
                requested_by=requested_by[:150],
            )
            announce(run)
    except IntegrityError:
        raise JobRefused(f"{job.title} is running already.") from None
    return run


def retry_run(run: JobRun, *, requested_by: str = "") -> JobRun:
    """Take up a failed run again: chunks that are done stay done, the others run once more.

    Raises JobRefused unless the run has failed.
    """
    registry.get(run.job)
    try:
        with transaction.atomic():
            locked = JobRun.objects.select_for_update().get(pk=run.pk)
            if locked.status != RunStatus.FAILED:
                raise JobRefused("Only a failed run can be retried.")
            locked.chunks.exclude(status=ChunkStatus.DONE).update(
                status=ChunkStatus.PENDING, tries=0, claimed_until=None, claimed_by=""
            )
            locked.status = RunStatus.RUNNING if locked.chunks.exists() else RunStatus.PLANNING
            locked.retries += 1
            locked.finished_at, locked.error = None, ""
            locked.requested_by = requested_by[:150]
            locked.save()
            announce(locked)
    except IntegrityError:
        raise JobRefused("A newer run of this job is going already.") from None
    return locked
