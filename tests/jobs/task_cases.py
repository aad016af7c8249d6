"""What `test_twice` needs to try our tasks and jobs; each app has such a module.

TASKS: outbox task -> function that makes its world and returns the row's args
JOBS: job -> function that makes rows for the job to work on
PLAIN: other Celery task -> function that makes its world and returns the positional args
"""

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.utils import timezone

from jobs import services
from jobs.models import JobRun, Outbox


def old_records() -> None:
    long_ago = timezone.now() - timedelta(days=400)
    Outbox.objects.create(task="sample.note", done_at=long_ago)
    Outbox.objects.create(task="sample.note", done_at=timezone.now())
    for finished_at in (long_ago, timezone.now()):
        run = JobRun.objects.create(
            job="sample.score", local_date=finished_at, status="done", finished_at=finished_at
        )
        run.chunks.create(number=0, status="done")


def old_sessions() -> None:
    now = timezone.now()
    for key, expire_date in (("old", now - timedelta(days=1)), ("new", now + timedelta(days=1))):
        Session.objects.create(session_key=key, session_data="", expire_date=expire_date)


def nothing() -> tuple[()]:
    return ()


def a_run() -> tuple[int]:
    old_records()
    return (services.start_run("jobs.prune").pk,)


TASKS = {}
JOBS = {"jobs.prune": old_records, "jobs.sessions": old_sessions}
PLAIN = {"jobs.tick": nothing, "jobs.work": a_run}
