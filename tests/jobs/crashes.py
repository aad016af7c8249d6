"""One trial of R1: kill a worker while it scores the sample rows, and see what the tables say."""

import random
import time
from dataclasses import dataclass

from django.db import connection

from jobs import services
from jobs.models import JobRun
from tests.jobs.processes import Celery, wait_until
from tests.jobs.sample_tasks import CHUNK_ROWS, ROWS

CHUNKS = ROWS // CHUNK_ROWS
FILL = "INSERT INTO sample_rows SELECT n, NULL FROM generate_series(1, %s) AS n"
VERDICT = """
    SELECT count(*) - count(DISTINCT row_id), %s - count(DISTINCT row_id),
        (SELECT count(*) FROM sample_rows WHERE score IS DISTINCT FROM sqrt(id)::numeric)
    FROM sample_history
"""


@dataclass(frozen=True)
class Outcome:
    """Rows of history written twice, missing, rows with a wrong score; seconds to recover."""

    doubled: int
    lost: int
    wrong: int
    seconds: float
    killed_at_chunk: int

    @property
    def is_clean(self) -> bool:
        return (self.doubled, self.lost, self.wrong) == (0, 0, 0)


def trial(worker: Celery, kill: str, rng: random.Random) -> Outcome:
    """Start a run, kill ("child" or "tree") at a random moment, wait for the run to end.

    `seconds` runs from the kill, or from the restart of a killed tree. Needs a beat.
    """
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE sample_rows, sample_history")
        cursor.execute(FILL, [ROWS])
    run = services.start_run("sample.score")
    chunks, moment = rng.randrange(CHUNKS - 4), rng.uniform(0, 0.06)

    def reached() -> bool:
        return run.chunks.filter(status="done").count() >= chunks and run.chunks.exists()

    wait_until(reached, seconds=60, what=f"{chunks} chunks done")
    time.sleep(moment)  # the random part of the moment, not a wait for anything
    if kill == "tree":
        worker.kill_tree()
        worker.start()
    else:
        worker.kill_child()
    seconds = wait_until(
        lambda: not JobRun.objects.get(pk=run.pk).is_active, seconds=70, what="the run ended"
    )
    assert JobRun.objects.get(pk=run.pk).status == "done"
    return Outcome(*verdict(), seconds, chunks)


def verdict() -> tuple[int, int, int]:
    with connection.cursor() as cursor:
        cursor.execute(VERDICT, [ROWS])
        doubled, lost, wrong = cursor.fetchone()
        return doubled, lost, wrong
