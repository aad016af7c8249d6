"""How a run gets done: claimed once, planned, chunk by chunk by any number of workers, settled.

Every step commits before the next one begins and can be repeated, so a process may be killed
anywhere and the next tick goes on from what the tables say.
"""

import logging
import os
import socket
import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import connection, transaction
from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce, Now

from jobs import registry
from jobs.broker import Message, publisher
from jobs.calendar import due_date
from jobs.enums import ChunkStatus, RunStatus
from jobs.exceptions import UnknownJobError
from jobs.hooks import surrounded
from jobs.models import JobChunk, JobRun
from jobs.outbox import describe
from jobs.registry import Chunk, Job

logger = logging.getLogger(__name__)

CHUNK_TRIES = 5
CHUNK_PAUSE_SECONDS = 30
PLAN_BATCH = 1000

CLAIM_RUN = """
    INSERT INTO job_runs (job, local_date) VALUES (%s, %s)
    ON CONFLICT (job, local_date) WHERE source = 'scheduled' DO NOTHING
    RETURNING id
"""
CLAIM_CHUNK = """
    UPDATE job_chunks SET
        status = CASE WHEN tries < %(limit)s THEN 'running' ELSE 'failed' END,
        error = CASE WHEN tries < %(limit)s OR error <> '' THEN error
                     ELSE 'the worker was lost at each try' END,
        tries = LEAST(tries + 1, %(limit)s),
        claimed_by = %(worker)s,
        claimed_until = now() + make_interval(secs => %(seconds)s)
    WHERE id = (
        SELECT id FROM job_chunks
        WHERE run_id = %(run)s AND status IN ('pending', 'running')
          AND (claimed_until IS NULL OR claimed_until <= now())
        ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING id, status
"""
FINISH_RUN = """
    UPDATE job_runs AS run SET finished_at = now(),
        status = CASE WHEN failed.error IS NULL THEN 'done' ELSE 'failed' END,
        error = COALESCE(failed.error, '')
    FROM (
        SELECT min(error) FILTER (WHERE status = 'failed') AS error
        FROM job_chunks WHERE run_id = %(run)s
        HAVING count(*) FILTER (WHERE status IN ('pending', 'running')) = 0
    ) AS failed
    WHERE run.id = %(run)s AND run.status = 'running'
"""


def database_now() -> datetime:
    """The one clock of all machines."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        moment: datetime = cursor.fetchone()[0]
        return moment


def claim_due_runs(now: datetime) -> list[JobRun]:
    """Create the runs that are due at `now` and that nobody else has created."""
    claimed = []
    for job in registry.all_jobs():
        if job.local_hour is None:
            continue
        day = due_date(now, zone=registry.shop_zone(), hour=job.local_hour, minute=job.minute)
        if day is None:
            continue
        with connection.cursor() as cursor:
            cursor.execute(CLAIM_RUN, [job.name, day])
            row = cursor.fetchone()
        if row:
            claimed.append(JobRun.objects.get(pk=row[0]))
    return claimed


def announce(run: JobRun) -> None:
    """After commit, ask workers to come and work on `run`."""
    transaction.on_commit(Announcement(run.pk).send, robust=True)


class Announcement:
    def __init__(self, run_id: int) -> None:
        self.run_id = run_id

    def send(self) -> None:
        send_workers([self.run_id])


def send_workers(run_ids: Iterable[int]) -> None:
    """Publish as many `jobs.work` messages as runs have use for.

    They expire before the next tick, which sends new ones if they are still needed: a queue that
    nobody reads does not fill up with them.
    """
    messages: list[Message] = []
    for run in JobRun.objects.active().filter(pk__in=list(run_ids)).order_by("id"):
        wanted = 1
        if run.status == RunStatus.RUNNING:
            wanted = min(run.chunks.claimable().count(), settings.JOBS_PARALLEL_CHUNKS)
        messages += [work_message(run.pk)] * wanted
    publish_hints(messages)


def work_message(run_id: int) -> Message:
    return Message("jobs.work", (run_id,), max(settings.JOBS_TICK_SECONDS - 1, 1))


def publish_hints(messages: Sequence[Message]) -> None:
    """Tell workers about work that the tick finds as well, should this be lost."""
    if settings.OUTBOX_PUBLISH and messages:
        publisher.publish(messages)


def resume_runs() -> None:
    """The tick's part: settle what a killed worker left behind and send workers for the rest."""
    run_ids = list(JobRun.objects.active().order_by("id").values_list("id", flat=True))
    for run_id in run_ids:
        settle(run_id)
    send_workers(run_ids)


def work_on(run_id: int, *, seconds: float) -> bool:
    """Plan the run if that is still to do, then take chunks until none is left for now.

    Stops after the chunk in which `seconds` are over; True when it stopped for that reason.
    Chunks that pause after an error belong to a later tick.
    """
    job = prepare(run_id)
    deadline = time.monotonic() + seconds
    while job is not None and step(run_id, job):
        if time.monotonic() >= deadline:
            return True
    return False


def prepare(run_id: int) -> Job | None:
    """Make sure that the run is planned; None when there is nothing to do for it."""
    run = JobRun.objects.filter(pk=run_id).first()
    if run is None or not run.is_active:
        return None
    try:
        job = registry.get(run.job)
    except UnknownJobError as error:
        fail_run(run_id, str(error))
        return None
    if run.status == RunStatus.PLANNING and plan_run(run_id, job):
        settle(run_id)  # an empty plan is done at once
        send_workers([run_id])
    return job


def step(run_id: int, job: Job) -> bool:
    """Take one chunk, do it, settle the run; False when no chunk is to be had now."""
    chunk_id = claim_chunk(run_id)
    if chunk_id is not None:
        work_chunk(chunk_id, job)
    settle(run_id)
    return chunk_id is not None


def plan_run(run_id: int, job: Job) -> bool:
    """Write the chunks of a run; False when somebody else has, or when the plan failed."""
    try:
        with transaction.atomic():
            runs = JobRun.objects.select_for_update(skip_locked=True)
            run = runs.filter(pk=run_id, status=RunStatus.PLANNING).first()
            if run is None:
                return False
            with surrounded(job.name):
                plan = job.plan(run.local_date)
            JobChunk.objects.bulk_create(
                [
                    JobChunk(run=run, number=number, bounds=bounds)
                    for number, bounds in enumerate(plan.bounds)
                ],
                batch_size=PLAN_BATCH,
            )
            JobRun.objects.filter(pk=run_id).update(
                status=RunStatus.RUNNING, rows_total=plan.rows, note=plan.note[:200]
            )
            return True
    except Exception as error:
        _after_error(error)
        fail_run(run_id, describe(error))
        logger.exception("a job could not be planned", extra={"job": job.name, "run": run_id})
        return False


def claim_chunk(run_id: int) -> int | None:
    """Take one chunk for this process and commit that; None when nothing is to be had."""
    values = {
        "run": run_id,
        "worker": f"{socket.gethostname()}:{os.getpid()}"[:150],
        "seconds": settings.JOBS_CLAIM_SECONDS,
        "limit": CHUNK_TRIES,
    }
    while True:
        with connection.cursor() as cursor:
            cursor.execute(CLAIM_CHUNK, values)
            row = cursor.fetchone()
        if row is None:
            return None
        if row[1] == ChunkStatus.RUNNING:
            return int(row[0])


def work_chunk(chunk_id: int, job: Job) -> bool:
    """Do a claimed chunk; its work and its `done` mark commit together. True when done here."""
    try:
        with transaction.atomic():
            chunks = JobChunk.objects.select_for_update(skip_locked=True, of=("self",))
            row = (
                chunks.select_related("run").filter(pk=chunk_id, status=ChunkStatus.RUNNING).first()
            )
            if row is None:
                return False
            chunk = Chunk(row.run_id, row.number, row.run.local_date, row.bounds)
            with surrounded(job.name):
                rows = job.run_chunk(chunk)
            JobChunk.objects.filter(pk=chunk_id).update(
                status=ChunkStatus.DONE, rows=rows, error="", claimed_until=None
            )
            return True
    except Exception as error:
        _after_error(error)
        _record_chunk_failure(chunk_id, error)
        logger.exception("a chunk failed", extra={"job": job.name})
        return False


def settle(run_id: int) -> None:
    """Bring a run's counters and status in line with its chunks; repeatable at any time."""
    done = (
        JobChunk.objects.filter(run=OuterRef("pk"))
        .order_by()
        .values("run")
        .values(total=Sum("rows"))
    )
    JobRun.objects.filter(pk=run_id).update(rows_done=Coalesce(Subquery(done), 0))
    with connection.cursor() as cursor:
        cursor.execute(FINISH_RUN, {"run": run_id})


def fail_run(run_id: int, error: str) -> None:
    """Give an active run up; a person may retry it."""
    JobRun.objects.active().filter(pk=run_id).update(
        status=RunStatus.FAILED, finished_at=Now(), error=error
    )


def _record_chunk_failure(chunk_id: int, error: Exception) -> None:
    """Pause a chunk and let it try again, or mark it failed after the last try."""
    row = JobChunk.objects.get(pk=chunk_id)
    last = row.tries >= CHUNK_TRIES
    JobChunk.objects.filter(pk=chunk_id, status=ChunkStatus.RUNNING).update(
        status=ChunkStatus.FAILED if last else ChunkStatus.PENDING,
        error=describe(error),
        claimed_until=Now() + timedelta(seconds=CHUNK_PAUSE_SECONDS * row.tries),
    )


def _after_error(error: Exception) -> None:
    if isinstance(error, SoftTimeLimitExceeded):
        # The signal may have cut a statement in two; that connection is not to be trusted.
        connection.close()
