"""Ending a worker's session where it waits for a row, halfway through its work."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import psycopg
from django.db import OperationalError, connection

from jobs.engine import prepare, step
from jobs.models import JobChunk, JobRun
from tests.jobs.processes import wait_until


def finish(run: JobRun) -> None:
    # The pause after a failure is over.
    JobChunk.objects.filter(run=run).update(claimed_until=None)
    job = prepare(run.pk)
    while job is not None and step(run.pk, job):
        pass


@contextmanager
def session(**parameters: str) -> Iterator[psycopg.Connection]:
    """A session of its own, which Django knows nothing of."""
    known = connection.get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    used = {name: known[name] for name in names if known.get(name)} | parameters
    with closing(psycopg.connect(**used)) as other:
        yield other


@contextmanager
def blocked(statement: str) -> Iterator[psycopg.Connection]:
    """Hold the row that `statement` locks, in a session of its own."""
    with session() as other:
        other.execute(statement)
        yield other


def kill_while_waiting(work_on: Callable[[], object]) -> None:
    """Start `work_on` in a session of its own, and end that session when it waits for a row."""
    pids: list[int] = []

    def worker() -> None:
        connection.ensure_connection()
        pids.append(connection.connection.info.backend_pid)
        try:
            work_on()
        except OperationalError:
            pids.append(0)
        finally:
            connection.close()

    thread = threading.Thread(target=worker)
    thread.start()
    wait_until(lambda: pids and waits(pids[0]), seconds=30, what="the worker waits for a row")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", pids[:1])
    thread.join(timeout=30)
    assert not thread.is_alive()


def waits(pid: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT wait_event_type FROM pg_stat_activity WHERE pid = %s", [pid])
        return bool(cursor.fetchone() == ("Lock",))


def anybody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock')"
        )
        return bool(cursor.fetchone()[0])
