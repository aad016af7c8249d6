"""Runs and chunks: claimed once, done once, taken up where they were left."""

import threading
from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from jobs import engine, registry, services
from jobs.enums import ChunkStatus, RunSource, RunStatus
from jobs.exceptions import JobRefused, UnknownJobError
from jobs.models import JobChunk, JobRun
from jobs.registry import Job, Plan
from tests.jobs.sample_tasks import effects, note
from tests.jobs.test_outbox import in_thread

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 21)


@pytest.fixture(autouse=True)
def _silent(settings):
    settings.OUTBOX_PUBLISH = False


@pytest.fixture
def make_job(monkeypatch):
    """Register a job for this test only; its chunks are numbered 0..n-1."""
    monkeypatch.setattr(registry, "_jobs", {})

    def make(run_chunk=lambda chunk: 1, chunks=3, **values):
        plan = values.pop("plan", lambda day: Plan([{"n": n} for n in range(chunks)], rows=chunks))
        return registry.register(Job("test.job", "Test job", run_chunk, plan=plan, **values))

    return make


def start() -> JobRun:
    return services.start_run("test.job", local_date=DAY)


def work(run: JobRun) -> JobRun:
    engine.work_on(run.pk, seconds=60)
    run.refresh_from_db()
    return run


def let_pause_end() -> None:
    JobChunk.objects.update(claimed_until=None)


def test_run_does_all_chunks_in_order_and_counts_rows(make_job):
    seen = []
    make_job(lambda chunk: seen.append((chunk.number, chunk.bounds["n"], chunk.local_date)) or 5)
    run = work(start())
    assert seen == [(0, 0, DAY), (1, 1, DAY), (2, 2, DAY)]
    assert (run.status, run.rows_total, run.rows_done) == (RunStatus.DONE, 3, 15)
    assert run.finished_at is not None


def test_run_out_of_time_stops_after_its_chunk_and_says_so(make_job):
    make_job(chunks=3)
    run = start()
    assert engine.work_on(run.pk, seconds=0) is True
    run.refresh_from_db()
    assert (run.status, run.rows_done) == (RunStatus.RUNNING, 1)
    assert engine.work_on(run.pk, seconds=60) is False


def test_plan_note_is_kept_with_the_run(make_job):
    make_job(plan=lambda day: Plan([{}], note="as of yesterday"))
    assert work(start()).note == "as of yesterday"


def test_run_with_empty_plan_is_done(make_job):
    make_job(chunks=0)
    assert work(start()).status == RunStatus.DONE


def test_run_whose_plan_fails_fails_and_can_be_retried(make_job):
    def plan(day):
        raise ValueError("no table")

    make_job(plan=plan)
    run = work(start())
    assert (run.status, run.error) == (RunStatus.FAILED, "ValueError: no table")
    make_job()
    assert work(services.retry_run(run)).status == RunStatus.DONE


def test_run_of_unknown_job_fails(make_job):
    make_job()
    run = start()
    registry.unregister("test.job")
    assert work(run).status == RunStatus.FAILED
    assert "test.job" in run.error


def test_chunk_error_rolls_its_work_back_and_pauses_it(make_job, sample):
    def fail(chunk):
        note("chunk", chunk.number)
        if chunk.number == 1:
            raise ValueError("bad row")
        return 1

    make_job(fail)
    run = work(start())
    assert effects("chunk") == [0, 2]
    assert run.status == RunStatus.RUNNING
    chunk = run.chunks.get(number=1)
    assert (chunk.status, chunk.error) == (ChunkStatus.PENDING, "ValueError: bad row")
    assert chunk.claimed_until > timezone.now()


def test_chunk_error_at_last_try_fails_the_run(make_job):
    def fail(chunk):
        if chunk.number == 1:
            raise ValueError("bad row")
        return 1

    make_job(fail)
    run = start()
    for _ in range(engine.CHUNK_TRIES):
        assert run.is_active
        let_pause_end()
        work(run)
    assert (run.status, run.error, run.rows_done) == (RunStatus.FAILED, "ValueError: bad row", 2)


def test_chunk_that_always_kills_its_worker_fails_the_run(make_job):
    def die(chunk):
        raise SystemExit

    make_job(die, chunks=1)
    run = start()
    for _ in range(engine.CHUNK_TRIES):
        let_pause_end()
        with pytest.raises(SystemExit):
            work(run)
    let_pause_end()
    assert work(run).status == RunStatus.FAILED
    assert run.error == "the worker was lost at each try"


def test_retry_run_does_only_what_is_not_done(make_job, sample):
    broken = True

    def sometimes(chunk):
        if chunk.number == 1 and broken:
            raise ValueError
        note("chunk", chunk.number)
        return 1

    make_job(sometimes)
    run = start()
    for _ in range(engine.CHUNK_TRIES):
        let_pause_end()
        work(run)
    broken = False
    run = work(services.retry_run(run, requested_by="maria"))
    assert effects("chunk") == [0, 1, 2]
    assert (run.status, run.retries, run.requested_by) == (RunStatus.DONE, 1, "maria")
    assert run.error == ""


def test_retry_run_that_has_not_failed_is_refused(make_job):
    make_job()
    with pytest.raises(JobRefused):
        services.retry_run(work(start()))


def test_start_run_twice_is_refused_while_active(make_job):
    make_job()
    run = start()
    with pytest.raises(JobRefused):
        start()
    work(run)
    assert start().pk != run.pk


def test_start_run_of_unknown_job_raises(make_job):
    make_job()
    with pytest.raises(UnknownJobError, match=r"no job 'nothing'.*test\.job"):
        services.start_run("nothing")


def test_start_run_stands_beside_the_scheduled_one(make_job):
    make_job(local_hour=0)
    JobRun.objects.create(job="test.job", local_date=DAY)
    assert start().source == RunSource.MANUAL


def test_chunks_of_one_run_are_done_once_by_many_workers(make_job, sample):
    make_job(lambda chunk: note("chunk", chunk.number) or 1, chunks=40)
    run = start()
    engine.prepare(run.pk)
    threads = [in_thread(lambda: engine.work_on(run.pk, seconds=60)) for _ in range(6)]
    for thread in threads:
        thread.join()
    run.refresh_from_db()
    assert effects("chunk") == list(range(40))
    assert (run.status, run.rows_done) == (RunStatus.DONE, 40)


def test_many_workers_without_claims_would_double_chunks(make_job, sample):
    """Control: looking for a pending chunk without claiming it does it several times."""
    make_job(lambda chunk: note("chunk", chunk.number) or 1, chunks=1)
    run = start()
    engine.prepare(run.pk)
    barrier = threading.Barrier(2, timeout=10)

    def unguarded():
        with transaction.atomic():
            chunk = run.chunks.filter(status=ChunkStatus.PENDING).first()
            barrier.wait()
            note("chunk", chunk.number)
            run.chunks.filter(pk=chunk.pk).update(status=ChunkStatus.DONE)

    threads = [in_thread(unguarded) for _ in range(2)]
    for thread in threads:
        thread.join()
    assert effects("chunk") == [0, 0]


def test_plan_by_two_workers_is_written_once(make_job, sample):
    make_job(chunks=5)
    run = start()
    threads = [in_thread(lambda: engine.prepare(run.pk)) for _ in range(4)]
    for thread in threads:
        thread.join()
    assert run.chunks.count() == 5


def test_claim_of_a_dead_worker_expires(make_job):
    make_job(chunks=1)
    run = start()
    engine.prepare(run.pk)
    assert engine.claim_chunk(run.pk) is not None
    assert engine.claim_chunk(run.pk) is None
    JobChunk.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert work(run).status == RunStatus.DONE


def test_expired_claim_of_a_worker_that_still_works_is_not_taken_over(make_job, sample, settings):
    """The row lock protects work that takes longer than its claim."""
    settings.JOBS_CLAIM_SECONDS = 0
    stolen = []

    def slow(chunk):
        thread = in_thread(lambda: stolen.append(engine.claim_chunk(chunk.run_id)))
        thread.join()
        return 1

    make_job(slow, chunks=1)
    assert work(start()).status == RunStatus.DONE
    assert stolen == [None]


def test_run_killed_between_last_chunk_and_settling_is_settled_by_the_tick(make_job):
    make_job(chunks=1)
    run = start()
    job = engine.prepare(run.pk)
    engine.work_chunk(engine.claim_chunk(run.pk), job)
    engine.resume_runs()
    run.refresh_from_db()
    assert run.status == RunStatus.DONE


def test_claim_due_runs_claims_once(make_job):
    make_job(local_hour=2)
    now = datetime.fromisoformat("2026-11-21T12:00:00+00:00")
    assert [run.local_date for run in engine.claim_due_runs(now)] == [DAY]
    assert engine.claim_due_runs(now) == []


def test_claim_due_runs_leaves_jobs_without_hour_alone(make_job):
    make_job()
    assert engine.claim_due_runs(timezone.now()) == []


def test_work_passes_through_the_surroundings(make_job, monkeypatch):
    from contextlib import contextmanager

    from jobs import hooks

    monkeypatch.setattr(hooks, "_surroundings", [])
    entered = []

    @contextmanager
    def around(name):
        entered.append(name)
        yield

    hooks.surround_work(around)
    hooks.surround_work(around)
    make_job(chunks=1)
    work(start())
    assert entered == ["test.job", "test.job"]  # the plan and the chunk


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"status": "lost", "finished_at": timezone.now()}, "job_runs_status_known"),
        ({"source": "magic"}, "job_runs_source_known"),
        ({"rows_done": -1}, "job_runs_counts_positive"),
        ({"rows_total": -1}, "job_runs_counts_positive"),
        ({"status": "done"}, "job_runs_finished_has_time"),
        ({"finished_at": timezone.now()}, "job_runs_finished_has_time"),
    ],
)
def test_job_run_constraint_holds(values, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        JobRun.objects.create(**{"job": "a", "local_date": DAY, **values})


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"status": "lost"}, "job_chunks_status_known"),
        ({"bounds": []}, "job_chunks_bounds_object"),
        ({"rows": -1}, "job_chunks_counts_positive"),
        ({"number": -1}, "job_chunks_counts_positive"),
    ],
)
def test_job_chunk_constraint_holds(values, constraint):
    run = JobRun.objects.create(job="a", local_date=DAY)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        JobChunk.objects.create(**{"run": run, "number": 0, **values})


def test_scheduled_run_twice_a_date_breaks_the_constraint():
    JobRun.objects.create(job="a", local_date=DAY)
    with pytest.raises(IntegrityError, match="job_runs_once_a_date"), transaction.atomic():
        JobRun.objects.create(job="a", local_date=DAY)


def test_database_defaults_are_enough_for_a_bare_insert():
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO job_runs (job, local_date) VALUES ('a', '2026-11-21')")
        cursor.execute("INSERT INTO job_chunks (run_id, number) SELECT id, 0 FROM job_runs")
        cursor.execute("INSERT INTO outbox (task) VALUES ('a')")
    run = JobRun.objects.get()
    assert (run.status, run.source, run.rows_done) == ("planning", "scheduled", 0)
    assert run.chunks.get().status == "pending"
