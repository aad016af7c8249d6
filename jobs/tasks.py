"""Celery's entry points and the jobs that keep the plumbing itself tidy."""

from typing import Any

from celery import shared_task
from celery.signals import worker_ready
from django.conf import settings

from jobs import engine, health, housekeeping, outbox
from jobs.broker import Message
from jobs.registry import Job, register

# Then a run goes to the end of the queue: follow-ups and ticks must not wait for a night's work.
WORK_SECONDS = 20


@shared_task(name="jobs.tick")
def tick() -> None:
    """Once a minute: say that we live, start what is due, go on with what was interrupted."""
    health.beat("tick")
    engine.claim_due_runs(engine.database_now())
    engine.resume_runs()
    outbox.give_up_orphans()
    outbox.publish_due()


@worker_ready.connect(dispatch_uid="jobs.first_tick")
def first_tick(**kwargs: Any) -> None:
    """A worker that has just started need not wait a minute to catch up on what it missed."""
    engine.publish_hints([Message("jobs.tick", expires_seconds=settings.JOBS_TICK_SECONDS)])


@shared_task(name="jobs.work")
def work(run_id: int) -> None:
    """Take part in a run; any number of these may work side by side."""
    if engine.work_on(run_id, seconds=WORK_SECONDS):
        engine.publish_hints([engine.work_message(run_id)])


register(
    Job(
        name="jobs.prune",
        title="Remove old task records",
        run_chunk=housekeeping.prune,
        local_hour=3,
        minute=10,
    )
)
register(
    Job(
        name="jobs.sessions",
        title="Remove expired sign-ins",
        run_chunk=housekeeping.clear_sessions,
        local_hour=3,
        minute=20,
    )
)
