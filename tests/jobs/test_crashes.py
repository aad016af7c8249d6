"""R1: kill -9 of a pool process or of a whole worker leaves no row lost and none doubled."""

import random

import pytest
from django.db import connection

from jobs import engine, registry
from jobs.models import JobChunk
from jobs.registry import Job
from jobs.services import start_run
from tests.jobs.crashes import FILL, trial, verdict
from tests.jobs.processes import beat, running, worker
from tests.jobs.sample_tasks import ROWS, plan_ranges, score_range

VISIBILITY_SECONDS = 10


@pytest.mark.slow
def test_worker_killed_at_random_moments_loses_and_doubles_nothing(sample, broker):
    seed = random.randrange(10**6)
    rng = random.Random(seed)
    crew = worker(broker)
    with running(crew, beat(broker)):
        for kill in ("child", "tree", "tree"):
            outcome = trial(crew, kill, rng)
            assert outcome.is_clean, (seed, kill, outcome)
            assert outcome.seconds <= VISIBILITY_SECONDS + 60


def test_work_outside_of_the_chunks_transaction_would_double(sample, monkeypatch, settings):
    """Control: the same crash, with work that commits before the chunk is marked done."""
    settings.OUTBOX_PUBLISH = False
    crashes = iter([True])

    def die_after_commit(chunk):
        rows = score_range(chunk)
        if next(crashes, False):
            connection.connection.commit()  # what the engine never does
            raise SystemExit
        return rows

    job = registry.register(Job("sample.careless", "Careless", die_after_commit, plan=plan_ranges))
    try:
        with connection.cursor() as cursor:
            cursor.execute(FILL, [ROWS])
        run = start_run("sample.careless")
        with pytest.raises(SystemExit):
            engine.work_on(run.pk, seconds=60)
        JobChunk.objects.update(claimed_until=None)
        engine.work_on(run.pk, seconds=60)
    finally:
        registry.unregister(job.name)
    doubled, lost, wrong = verdict()
    assert (doubled, lost, wrong) == (500, 0, 0)
