"""Values that a person sets."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone

from crm.context import acting
from crm.exceptions import Invalid, StaleWrite
from crm.models import AuditEntry
from crm.querysets import shop_day
from jobs.registry import local_today
from tests.factories import CustomerFactory, UserFactory
from tests.warmth.factories import WarmthEventFactory
from warmth.models import CustomerWarmth
from warmth.services.adjustments import adjustments_of, clear_component, set_component
from warmth.services.recompute import recompute_customers

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer():
    """One who has just had a test drive: engagement 33.00."""
    found = CustomerFactory()
    WarmthEventFactory(customer=found, event_type="test_drive", occurred_at=timezone.now())
    recompute_customers([found.pk])
    return found


def adjust(customer, **values):
    values = {
        "component": "engagement",
        "value": Decimal(90),
        "reason": "Knows the owner",
        **values,
    }
    return set_component(customer_id=customer.pk, **values)


def test_value_counts_at_once_beside_the_automatic_one(customer):
    user = UserFactory(username="ann")
    with acting(actor=user, source="page"):
        warmth = adjust(customer, expires_on=local_today())
    shown = adjustments_of(customer.pk)[0]
    assert (warmth.engagement_score, warmth.component_sources[0]) == (Decimal("90.00"), "p")
    assert (shown.value, shown.automatic, shown.author) == (Decimal(90), Decimal("33.00"), "ann")
    assert (shown.reason, shown.is_over) == ("Knows the owner", False)
    assert shown.expires_at == shop_day(local_today())[1]
    assert warmth.calculated_by == user


def test_history_and_audit_say_who_and_why(customer):
    with acting(actor=UserFactory(username="ann"), source="page"):
        warmth = adjust(customer)
    newest = warmth.history.first()
    entry = AuditEntry.objects.filter(table_name="customer_warmth").latest("id")
    assert (newest.change_trigger, newest.actor_label) == ("manual_adjustment", "ann")
    assert newest.change_description == "Engagement: Knows the owner"
    assert (entry.actor_label, entry.reason) == ("ann", "Knows the owner")
    assert "engagement" in entry.after["manual_adjustments"]


def test_value_ends_by_itself(customer):
    adjust(customer, expires_on=local_today())
    recompute_customers([customer.pk], as_of=local_today() + timedelta(days=1))
    warmth = CustomerWarmth.objects.get(customer=customer)
    assert warmth.engagement_score < 40
    assert warmth.manual_adjustments == {}


def test_value_past_its_time_is_shown_as_over_before_the_night(customer):
    adjust(customer, expires_on=local_today())
    shown = adjustments_of(customer.pk, now=shop_day(local_today())[1])[0]
    assert shown.is_over


def test_cleared_value_gives_way_to_the_automatic_one(customer):
    adjust(customer)
    warmth = clear_component(customer_id=customer.pk, component="engagement")
    assert (warmth.engagement_score, adjustments_of(customer.pk)) == (Decimal("33.00"), [])


def test_customer_without_a_record_gets_one():
    warmth = adjust(CustomerFactory())
    assert warmth.engagement_score == 90


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"component": "luck"}, "component"),
        ({"value": Decimal("100.01")}, "value"),
        ({"value": Decimal(-1)}, "value"),
        ({"value": Decimal("NaN")}, "value"),
        ({"value": Decimal("1.234")}, "value"),
        ({"reason": "  "}, "reason"),
    ],
)
def test_adjustment_that_makes_no_sense_is_refused(customer, values, field):
    with pytest.raises(Invalid) as refused:
        adjust(customer, **values)
    assert refused.value.field == field
    assert adjustments_of(customer.pk) == []


@pytest.mark.parametrize("days", [-1, 366])
def test_adjustment_up_to_a_past_or_far_day_is_refused(customer, days):
    with pytest.raises(Invalid) as refused:
        adjust(customer, expires_on=local_today() + timedelta(days=days))
    assert refused.value.field == "expires_on"


def test_adjustment_of_nobody_is_refused():
    with pytest.raises(Invalid):
        set_component(customer_id=uuid4(), component="engagement", value=Decimal(1), reason="x")


def test_stale_version_is_refused(customer):
    seen = CustomerWarmth.objects.get(customer=customer).updated_at
    adjust(customer, expected_version=seen)
    with pytest.raises(StaleWrite):
        adjust(customer, expected_version=seen, value=Decimal(10))
