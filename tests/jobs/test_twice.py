"""R2: whatever runs in the background may run twice, and two at once; only the first counts.

Walks everything that is registered: a task or job without a case in its app's `task_cases.py`
fails here.
"""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.core import mail
from django.db import connection

from jobs import engine, outbox, registry, services
from jobs.checks import our_tasks
from jobs.models import JobRun
from jobs.registry import Chunk
from tests.jobs.test_outbox import in_thread

# Rows that say when something was seen or last used, not what was done.
CLOCKS = {"job_heartbeats"}


def cases(kind: str) -> dict[str, Callable[[], Any]]:
    found: dict[str, Callable[[], Any]] = {}
    for path in sorted(Path(__file__).parents[1].glob("*/task_cases.py")):
        found |= getattr(importlib.import_module(f"tests.{path.parent.name}.task_cases"), kind)
    return found


def registered() -> set[str]:
    """Celery tasks of ours, without those that only tests have."""
    current_app.loader.import_default_modules()
    return {name for name in our_tasks() if not name.startswith("sample.")}


def tables(*, without: set[str] = frozenset()) -> dict[str, str]:
    """A checksum of every table's rows."""
    with connection.cursor() as cursor:
        names = sorted(set(connection.introspection.table_names(cursor)) - CLOCKS - without)
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT '{name}', md5(string_agg(t::text, E'\\n' ORDER BY t::text))"
                f' FROM "{name}" AS t'
                for name in names
            )
        )
        return dict(cursor.fetchall())


def two_at_once(work: Callable[[], object]) -> None:
    threads = [in_thread(work) for _ in range(2)]
    for thread in threads:
        thread.join()


@pytest.fixture(autouse=True)
def _quiet(settings):
    settings.OUTBOX_PUBLISH = False


def test_every_task_and_job_has_a_case():
    tasks, plain, jobs = cases("TASKS"), cases("PLAIN"), cases("JOBS")
    assert registered() == set(tasks) | set(plain)
    assert {name for name in outbox.task_names() if not name.startswith("sample.")} == set(tasks)
    ours = {job.name for job in registry.all_jobs() if not job.name.startswith("sample.")}
    assert ours == set(jobs)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", sorted(cases("TASKS")))
@pytest.mark.parametrize("second", ["after", "at once"])
def test_outbox_task_twice_counts_once(name, second):
    args = cases("TASKS")[name]()
    row = services.enqueue(name, args=args)
    task = current_app.tasks[name]
    if second == "at once":
        two_at_once(lambda: task.run(row.pk))
    else:
        task.run(row.pk)
    row.refresh_from_db()
    assert row.done_at is not None, row.last_error
    assert row.tries <= 2
    before, mails = tables(), len(mail.outbox)
    task.run(row.pk)
    assert tables() == before
    assert len(mail.outbox) == mails


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", sorted(cases("PLAIN")))
@pytest.mark.parametrize("second", ["after", "at once"])
def test_plain_task_twice_counts_once(name, second):
    args = cases("PLAIN")[name]()
    task = current_app.tasks[name]
    if second == "at once":
        two_at_once(lambda: task.run(*args))
    else:
        task.run(*args)
    before, mails = tables(), len(mail.outbox)
    task.run(*args)
    assert tables() == before
    assert len(mail.outbox) == mails


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", sorted(cases("JOBS")))
@pytest.mark.parametrize("second", ["after", "at once"])
def test_job_twice_changes_rows_once(name, second):
    """The chunks of a finished run once more, without the marks that would stop them."""
    cases("JOBS")[name]()
    run = services.start_run(name)
    if second == "at once":
        two_at_once(lambda: engine.work_on(run.pk, seconds=60))
    engine.work_on(run.pk, seconds=60)
    run = JobRun.objects.get(pk=run.pk)
    assert run.status == "done", run.error
    assert run.rows_done > 0, "the case gives the job nothing to do, so it proves nothing"
    before, mails = tables(), len(mail.outbox)
    job = registry.get(name)
    for chunk in run.chunks.all():
        rows = job.run_chunk(Chunk(run.pk, chunk.number, run.local_date, chunk.bounds))
        assert rows == 0
    assert tables() == before
    assert len(mail.outbox) == mails
