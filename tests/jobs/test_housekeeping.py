from datetime import date, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from jobs import housekeeping
from jobs.models import JobRun, Outbox
from jobs.registry import Chunk
from tests.jobs.task_cases import old_records, old_sessions

pytestmark = pytest.mark.django_db
CHUNK = Chunk(run_id=1, number=0, local_date=date(2026, 11, 21))


def test_prune_deletes_only_old_finished_work():
    old_records()
    now = timezone.now()
    kept = [
        Outbox.objects.create(task="sample.note", done_at=now - timedelta(days=29)),
        Outbox.objects.create(task="sample.note", failed_at=now - timedelta(days=400)),
        Outbox.objects.create(task="sample.note"),
    ]
    active = JobRun.objects.create(job="a", local_date=date(2020, 1, 1))
    assert housekeeping.prune(CHUNK) == 2
    assert set(kept) < set(Outbox.objects.all())
    assert Outbox.objects.count() == 4
    assert active in JobRun.objects.all()
    assert JobRun.objects.count() == 2


def test_clear_sessions_deletes_only_expired_ones():
    old_sessions()
    assert housekeeping.clear_sessions(CHUNK) == 1
    assert Session.objects.get().session_key == "new"
