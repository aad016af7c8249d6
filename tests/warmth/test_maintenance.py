"""Archive, distribution, stale records, audit of adjustments."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from crm.context import acting
from tests.factories import CustomerFactory, UserFactory
from tests.warmth.factories import CustomerWarmthFactory, history_row
from warmth.models import ArchivedWarmthHistory, CustomerWarmthHistory
from warmth.services import maintenance
from warmth.services.adjustments import clear_component, set_component

pytestmark = pytest.mark.django_db


@pytest.fixture
def aged():
    """A record with four history rows: three, two and a half years old, one year, today."""
    row = CustomerWarmthFactory(overall_warmth_score=40)
    for score, days in (("10", 1095), ("20", 912), ("30", 365)):
        history_row(row, score, timezone.now() - timedelta(days=days))
    return row


def everything():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, warmth_score_snapshot, created_at, is_archived"
            " FROM customer_warmth_history_all ORDER BY created_at"
        )
        return cursor.fetchall()


def test_archive_moves_old_rows_which_the_view_still_shows(aged):
    before = everything()
    assert maintenance.countable_history() == 2
    assert maintenance.archive_history() == 2
    assert maintenance.archive_history() == 0
    after = everything()
    assert [row[:3] for row in after] == [row[:3] for row in before]
    assert [row[3] for row in after] == [True, True, False, False]


def test_archive_leaves_the_newest_row_of_a_customer(aged):
    assert maintenance.archive_history(older_than_days=0) == 3
    assert aged.history.get().warmth_score_snapshot == 40


def test_restored_rows_are_as_before(aged):
    before = everything()
    maintenance.archive_history()
    since = timezone.now() - timedelta(days=1000)
    assert maintenance.restore_history(since=since) == 1
    assert maintenance.restore_history(since=since - timedelta(days=1000)) == 1
    assert everything() == before
    assert not ArchivedWarmthHistory.objects.exists()


def test_archive_works_in_batches_and_tells_how_far(aged, monkeypatch):
    monkeypatch.setattr(maintenance, "BATCH", 1)
    steps = []
    assert maintenance.archive_history(progress=steps.append) == 2
    assert steps == [1, 2, 2]


def test_history_cannot_be_deleted_after_the_archive_has_run(aged):
    maintenance.archive_history()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        CustomerWarmthHistory.objects.all().delete()


def test_distribution_has_every_level_and_sums_to_a_hundred():
    for score in (95, 80, 80, 5):
        CustomerWarmthFactory(overall_warmth_score=score)
    CustomerWarmthFactory(overall_warmth_score=50, is_active=False)
    shares = {share.level: (share.count, share.percentage) for share in maintenance.distribution()}
    assert next(iter(shares)) == "scorching"
    assert shares["hot"] == (2, Decimal("50.00"))
    assert shares["lukewarm"] == (0, Decimal(0))
    assert sum(share for _, share in shares.values()) == 100


def test_distribution_of_nobody():
    assert {share.count for share in maintenance.distribution()} == {0}


def test_stale_records_are_warm_but_silent():
    stale = CustomerWarmthFactory(overall_warmth_score=50, days_since_last_interaction=91)
    CustomerWarmthFactory(overall_warmth_score=50, days_since_last_interaction=90)
    CustomerWarmthFactory(overall_warmth_score=20, days_since_last_interaction=200)
    found = maintenance.stale_records()
    assert [row["customer_id"] for row in found] == [stale.customer_id]
    assert found[0]["name"] == stale.customer.name


def test_audit_names_who_set_changed_and_ended_what():
    customer = CustomerFactory()
    start = timezone.now()
    with acting(actor=UserFactory(username="ann"), source="page"):
        for value in (60, 70):
            set_component(
                customer_id=customer.pk, component="engagement", value=Decimal(value), reason="R"
            )
        clear_component(customer_id=customer.pk, component="engagement")
    changes = maintenance.adjustment_changes(since=start)
    assert [change.action for change in changes] == ["ended", "changed", "set"]
    assert {change.author for change in changes} == {"ann"}
    assert [Decimal(change.value) for change in changes] == [70, 70, 60]
    assert maintenance.adjustment_changes(since=timezone.now()) == []
