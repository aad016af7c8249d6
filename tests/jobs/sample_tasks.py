"""Background work of the tests. Effects land in a table without any unique key, so that whatever
happens twice can be seen twice. Worker processes import this module with `--include`."""

from datetime import date

from django.db import connection

from jobs.outbox import outbox_task
from jobs.registry import Chunk, Job, Plan, register

ROWS, CHUNK_ROWS = 20_000, 500

CREATE = """
    CREATE TABLE IF NOT EXISTS sample_effects (what text NOT NULL, key bigint NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp());
    CREATE TABLE IF NOT EXISTS sample_rows (id bigint PRIMARY KEY, score numeric);
    CREATE TABLE IF NOT EXISTS sample_history (row_id bigint NOT NULL, score numeric NOT NULL);
    TRUNCATE sample_effects, sample_rows, sample_history;
"""


def note(what: str, key: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO sample_effects (what, key) VALUES (%s, %s)", [what, key])


def effects(what: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM sample_effects WHERE what = %s ORDER BY key", [what])
        return [key for (key,) in cursor.fetchall()]


@outbox_task(name="sample.note")
def note_task(key: int) -> None:
    note("note", key)


@outbox_task(name="sample.broken")
def broken_task(key: int) -> None:
    note("broken", key)
    raise ValueError("it cannot work\nKey (phone)=(+12055550142)")


def plan_ranges(local_date: date) -> Plan:
    starts = range(1, ROWS + 1, CHUNK_ROWS)
    return Plan([{"first": start, "last": start + CHUNK_ROWS - 1} for start in starts], rows=ROWS)


def score_range(chunk: Chunk) -> int:
    """Rewrite a range of rows and append to their history; slow enough to be killed half-way."""
    bounds = [chunk.bounds["first"], chunk.bounds["last"]]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE sample_rows SET score = sqrt(id) WHERE id BETWEEN %s AND %s", bounds)
        cursor.execute("SELECT pg_sleep(0.04)")
        cursor.execute(
            "INSERT INTO sample_history SELECT id, score FROM sample_rows"
            " WHERE id BETWEEN %s AND %s",
            bounds,
        )
        return cursor.rowcount


def note_date(chunk: Chunk) -> int:
    note(chunk.local_date.isoformat(), 1)
    return 1


register(Job("sample.score", "Score the sample", score_range, plan=plan_ranges))
register(Job("sample.midnight", "Once a date", note_date, local_hour=0))
