"""Engagement events, one at a time and in bulk."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.context import acting
from crm.exceptions import Duplicate, Invalid
from tests.factories import CustomerFactory, UserFactory
from tests.jobs.test_twice import two_at_once
from warmth.models import CustomerWarmth, CustomerWarmthHistory, WarmthEvent
from warmth.services import events
from warmth.services.events import record_event, record_events

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer():
    return CustomerFactory()


def row(customer, **values):
    return {"customer_id": str(customer.pk), "event_type": "inquiry", **values}


def test_event_raises_the_score_at_once_and_says_why(customer):
    with acting(actor=UserFactory(username="ann"), source="page"):
        event, is_new = record_event(
            customer_id=customer.pk, event_type="test_drive", event_key="one", subject="Bronco"
        )
    warmth = CustomerWarmth.objects.get(customer=customer)
    newest = warmth.history.first()
    assert (is_new, event.recorded_by, event.source) == (True, "ann", "page")
    assert (warmth.engagement_score, warmth.total_interactions) == (Decimal("33.00"), 1)
    assert (newest.change_trigger, newest.change_description) == ("test_drive", "Bronco")


def test_event_twice_counts_once(customer):
    for expected in (True, False):
        _, is_new = record_event(customer_id=customer.pk, event_type="inquiry", event_key="one")
        assert is_new is expected
    assert (WarmthEvent.objects.count(), CustomerWarmthHistory.objects.count()) == (1, 1)


def test_key_of_another_event_is_refused(customer):
    record_event(customer_id=customer.pk, event_type="inquiry", event_key="one")
    with pytest.raises(Duplicate):
        record_event(customer_id=customer.pk, event_type="callback", event_key="one")
    with pytest.raises(Duplicate):
        record_event(customer_id=CustomerFactory().pk, event_type="inquiry", event_key="one")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"event_type": "nonsense"}, "event_type"),
        ({"event_type": None}, "event_type"),
        ({"customer_id": "x"}, "customer_id"),
        ({"customer_id": str(uuid4())}, "customer_id"),
        ({"occurred_at": "yesterday"}, "occurred_at"),
        ({"occurred_at": "2026-02-30T10:00:00Z"}, "occurred_at"),
        ({"occurred_at": "2026-11-01T10:00:00"}, "occurred_at"),
        ({"occurred_at": "2999-01-01T10:00:00Z"}, "occurred_at"),
        ({"occurred_at": "1950-01-01T10:00:00Z"}, "occurred_at"),
        ({"value": "-1"}, "value"),
        ({"value": "NaN"}, "value"),
        ({"value": "much"}, "value"),
        ({"value": "99999999999"}, "value"),
        ({"event_key": "x" * 201}, "event_key"),
        ({"subject": "x" * 201}, "subject"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_bad_row_is_refused_at_its_field_and_the_others_are_taken(customer, values, field):
    report = record_events([row(customer, **values), row(customer)], source="api")
    assert (report.recorded, [place for place, _ in report.refused]) == (1, [0])
    assert report.refused[0][1].field == field


def test_anonymised_customer_takes_no_events(customer):
    customer.anonymised_at = timezone.now()
    customer.save()
    with pytest.raises(Invalid):
        record_event(customer_id=customer.pk, event_type="inquiry")


def test_bulk_tells_new_known_and_refused_apart(customer):
    other = CustomerFactory()
    record_event(customer_id=customer.pk, event_type="inquiry", event_key="known")
    report = record_events(
        [
            row(customer, event_key="known"),
            row(customer, event_key="new"),
            row(customer, event_key="new"),
            row(other, event_key="new"),
            row(other, event_key="other", value="32500.50", subject="  Bronco\x00 "),
            row(customer),
        ],
        source="import",
    )
    assert (report.recorded, report.known, report.customers) == (3, 2, 2)
    assert [(place, type(why)) for place, why in report.refused] == [(3, Duplicate)]
    found = WarmthEvent.objects.get(event_key="other")
    assert (found.value, found.subject, found.source) == (Decimal("32500.50"), "Bronco", "import")


def test_bulk_asks_as_often_for_many_as_for_one(customer):
    def cost(rows):
        with CaptureQueriesContext(connection) as queries:
            record_events(rows, source="api")
        return len(queries)

    record_events([row(customer)], source="api")
    many = [row(CustomerFactory(), event_key=f"k{n}") for n in range(30)]
    assert cost([row(customer)]) >= cost(many) - 1


def test_bulk_has_an_upper_limit(customer, monkeypatch):
    monkeypatch.setattr(events, "MAX_ROWS", 2)
    with pytest.raises(Invalid, match="2 events"):
        record_events([row(customer)] * 3, source="api")
    assert not WarmthEvent.objects.exists()


def test_bulk_without_rows_is_nothing():
    assert record_events([], source="api").recorded == 0


def test_surplus_events_are_kept_but_add_nothing(customer):
    for days in range(4):
        record_event(
            customer_id=customer.pk,
            event_type="test_drive",
            occurred_at=timezone.now() - timedelta(days=days),
        )
    warmth = CustomerWarmth.objects.get(customer=customer)
    assert warmth.total_interactions == 4
    assert warmth.engagement_score < 8 + 3 * 25


def test_removed_event_no_longer_counts(customer):
    event, _ = record_event(customer_id=customer.pk, event_type="test_drive")
    events.remove_event(event=event)
    warmth = CustomerWarmth.objects.get(customer=customer)
    assert warmth.engagement_score == 0
    assert warmth.history.first().change_trigger == "event_removed"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_at_once_record_an_event_once():
    customer = CustomerFactory()
    two_at_once(
        lambda: record_event(customer_id=customer.pk, event_type="inquiry", event_key="one")
    )
    assert (WarmthEvent.objects.count(), CustomerWarmthHistory.objects.count()) == (1, 1)
