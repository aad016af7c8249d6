from datetime import timedelta

import pytest
from django.utils import timezone

from jobs import health, services
from jobs.models import Heartbeat, JobRun, Outbox

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _silent(settings):
    settings.OUTBOX_PUBLISH = False


def test_snapshot_of_a_new_installation():
    assert health.snapshot() == {
        "tick_age_seconds": None,
        "outbox_age_seconds": None,
        "outbox_due": 0,
        "outbox_waiting": 0,
        "outbox_failed": 0,
        "runs_active": 0,
        "runs_failed": 0,
        "is_alive": False,
    }


def test_snapshot_is_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        health.snapshot()


def test_beat_makes_it_alive():
    health.beat("tick")
    state = health.snapshot()
    assert state["is_alive"]
    assert 0 <= state["tick_age_seconds"] < 5


def test_old_tick_is_not_alive(settings):
    late = timedelta(seconds=3 * settings.JOBS_TICK_SECONDS + 5)
    Heartbeat.objects.create(name="tick", at=timezone.now() - late)
    assert not health.snapshot()["is_alive"]


def test_outbox_age_counts_from_the_time_a_row_may_run():
    now = timezone.now()
    row = services.enqueue("sample.note", args={"key": 1})
    Outbox.objects.filter(pk=row.pk).update(
        created_at=now - timedelta(hours=5), not_before=now - timedelta(seconds=100)
    )
    services.enqueue("sample.note", args={"key": 2}, not_before=now + timedelta(hours=1))
    Outbox.objects.create(task="sample.note", failed_at=now)
    state = health.snapshot()
    assert 100 <= state["outbox_age_seconds"] < 110
    assert (state["outbox_due"], state["outbox_waiting"], state["outbox_failed"]) == (1, 2, 1)


def test_runs_failed_counts_jobs_whose_latest_run_failed():
    now = timezone.now()
    for job, status in (("a", "failed"), ("a", "done"), ("b", "failed"), ("c", "done")):
        JobRun.objects.create(
            job=job, local_date=now.date(), source="manual", status=status, finished_at=now
        )
    assert health.snapshot()["runs_failed"] == 1
