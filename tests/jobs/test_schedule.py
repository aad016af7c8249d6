"""R3: every (job, local date) exactly once, whatever number of schedulers, whatever the night."""

import threading
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from jobs import engine, registry
from jobs.calendar import due_date
from jobs.models import Heartbeat, JobRun
from jobs.registry import Job
from tests.jobs.processes import beat, running, wait_until, worker
from tests.jobs.test_outbox import in_thread

# Hours inside, beside and outside of the hour that is missing (March) or comes twice (November).
TIMES = [(0, 0), (1, 30), (2, 0), (2, 30), (3, 0), (23, 55)]
WEEKS = {
    "spring": datetime(2026, 3, 5, 5, tzinfo=UTC),
    "autumn": datetime(2026, 10, 29, 4, tzinfo=UTC),
}


@pytest.fixture
def nightly(monkeypatch):
    monkeypatch.setattr(registry, "_jobs", {})
    for hour, minute in TIMES:
        registry.register(
            Job(f"night.{hour:02}{minute:02}", "Night", lambda chunk: 0, hour, minute)
        )


def ticks(start: datetime) -> list[datetime]:
    """Seven local dates: every minute around the change of clocks, every five minutes otherwise."""
    end = start.astimezone(registry.shop_zone()).date() + timedelta(days=7)
    moments = [start + timedelta(minutes=minute) for minute in range(7 * 1440 + 60)]
    change = start + timedelta(days=3)
    return [
        moment
        for moment in moments
        if (moment.minute % 5 == 0 or abs(moment - change) < timedelta(hours=3))
        and moment.astimezone(registry.shop_zone()).date() < end
    ]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("season", WEEKS)
def test_two_schedulers_over_a_week_with_a_change_of_clocks_claim_each_date_once(
    nightly, season, settings
):
    settings.OUTBOX_PUBLISH = False
    claimed = Counter()
    moments = ticks(WEEKS[season])

    def schedule():
        for moment in moments:
            for run in engine.claim_due_runs(moment):
                claimed[run.job, run.local_date] += 1

    threads = [in_thread(schedule) for _ in range(2)]
    for thread in threads:
        thread.join()
    first = WEEKS[season].astimezone(registry.shop_zone()).date()
    expected = {
        (f"night.{hour:02}{minute:02}", first + timedelta(days=day))
        for hour, minute in TIMES
        for day in range(7)
    }
    assert claimed == dict.fromkeys(expected, 1)
    assert JobRun.objects.count() == len(expected)


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_without_the_unique_claim_run_a_date_twice(nightly):
    """Control: look whether a run exists, and create it if not."""
    barrier = threading.Barrier(2, timeout=10)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE sample_claims (job text, day date)")

    def unguarded():
        day = due_date(datetime(2026, 11, 21, 12, tzinfo=UTC), zone=registry.shop_zone(), hour=2)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM sample_claims WHERE day = %s", [day])
            taken = cursor.fetchone()[0]
            barrier.wait()
            if not taken:
                cursor.execute("INSERT INTO sample_claims VALUES ('a', %s)", [day])

    threads = [in_thread(unguarded) for _ in range(2)]
    for thread in threads:
        thread.join()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM sample_claims")
        count = cursor.fetchone()[0]
        cursor.execute("DROP TABLE sample_claims")
    assert count == 2


def last_tick() -> datetime:
    return Heartbeat.objects.filter(name="tick").values_list("at", flat=True).first() or (
        datetime(2000, 1, 1, tzinfo=UTC)
    )


@pytest.mark.slow
def test_two_beats_one_killed_and_restarted_run_a_date_once(sample, broker):
    """Real processes, a tick each second from each beat."""
    beats = [beat(broker), beat(broker)]
    with running(worker(broker), *beats):
        wait_until(lambda: done("sample.midnight"), seconds=60, what="the job of today ran")
        today = registry.local_today()
        beats[0].kill_tree()
        beats[0].start()
        seen = last_tick()
        for _ in range(4):
            wait_until(lambda: last_tick() > seen, seconds=30, what="another tick")  # noqa: B023
            seen = last_tick()
        # Midnight may have passed just now.
        wait_until(lambda: not unfinished("sample.midnight"), seconds=30, what="no run is left")
    runs = JobRun.objects.filter(job="sample.midnight").values_list("local_date", flat=True)
    days = set(runs)
    assert len(runs) == len(days)
    assert today in days
    with connection.cursor() as cursor:
        cursor.execute("SELECT what, count(*) FROM sample_effects GROUP BY what")
        assert dict(cursor.fetchall()) == {day.isoformat(): 1 for day in days}


def done(job: str) -> bool:
    return JobRun.objects.filter(job=job, status="done").exists()


def unfinished(job: str) -> bool:
    return JobRun.objects.filter(job=job).exclude(status="done").exists()


def test_simulated_weeks_contain_the_nights_meant():
    for season, night in (("spring", date(2026, 3, 8)), ("autumn", date(2026, 11, 1))):
        zone = registry.shop_zone()
        before, after = (
            datetime(night.year, night.month, night.day, hour, tzinfo=zone).utcoffset()
            for hour in (0, 12)
        )
        assert before != after
        assert WEEKS[season] < datetime(night.year, night.month, night.day, 12, tzinfo=UTC)
