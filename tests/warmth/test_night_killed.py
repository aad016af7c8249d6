"""A night of warmth that is killed halfway and run again ends like one that was left in peace."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from crm.models import Customer
from jobs.models import JobRun
from jobs.services import start_run
from tests.factories import CustomerFactory
from tests.jobs.killing import blocked, finish, kill_while_waiting
from tests.warmth.factories import WarmthEventFactory
from warmth.models import CustomerWarmth, CustomerWarmthHistory, WarmthLevelCrossing
from warmth.services import computation, recompute
from warmth.services.recompute import recompute_customers


@pytest.fixture
def _changed_world(settings: Any, monkeypatch: Any) -> None:
    """Twelve scored customers in three chunks; all have driven a car since, which nobody told."""
    settings.OUTBOX_PUBLISH = False
    monkeypatch.setattr(recompute, "CHUNK_ROWS", 4)
    customers = CustomerFactory.create_batch(12)
    recompute_customers([customer.pk for customer in customers])
    at = timezone.now() - timedelta(hours=1)
    for customer in customers:
        WarmthEventFactory(customer=customer, event_type="test_drive", occurred_at=at)


def state() -> list[list[Any]]:
    """What a night writes, without the moments of writing."""
    rows = CustomerWarmth.objects.order_by("customer_id").values_list(*computation.COLUMNS)
    history = CustomerWarmthHistory.objects.order_by(
        "customer_warmth__customer_id", "id"
    ).values_list(
        "customer_warmth__customer", "warmth_score_snapshot", "score_change", "change_trigger"
    )
    crossed = WarmthLevelCrossing.objects.order_by("customer_id").values_list("customer", "level")
    return [list(found) for found in (rows, history, crossed)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_changed_world")
def test_night_killed_halfway_ends_like_one_left_in_peace() -> None:
    before = state()
    with transaction.atomic():
        finish(start_run("warmth.recompute"))
        expected = state()
        transaction.set_rollback(True)
    assert [len(rows) for rows in expected[:2]] == [12, 24]
    run = start_run("warmth.recompute")
    # The sixth row lies in the second chunk: the first stays done, the second leaves nothing.
    sixth = Customer.objects.order_by("pk")[5].pk
    with blocked(f"SELECT FROM customer_warmth WHERE customer_id = '{sixth}' FOR UPDATE"):
        kill_while_waiting(lambda: finish(run))
    halfway = state()
    assert halfway[0][:4] == expected[0][:4]
    assert halfway[0][4:8] == before[0][4:8]
    finish(run)
    assert state() == expected
    run = JobRun.objects.get(pk=run.pk)
    assert (run.status, run.chunks.count(), run.rows_done) == ("done", 3, 12), run.error
