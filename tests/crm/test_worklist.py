"""The work list: once per key, ranked by what it is worth, one customer in one pair of hands."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from crm.enums import WorkKind
from crm.models import WorkItem
from crm.services.contacts import record_contact
from crm.services.permission import may_contact
from crm.services.worklist import add_work, close_work
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 18, 17, tzinfo=UTC)


def test_add_work_twice_keeps_one_item_and_brings_it_up_to_date():
    customer = CustomerFactory()
    first = add_work(
        key="lead:1", kind=WorkKind.BATTERY_LEAD, customer_id=customer.pk, title="Battery"
    )
    again = add_work(
        key="lead:1",
        kind=WorkKind.BATTERY_LEAD,
        customer_id=customer.pk,
        title="Battery at risk",
        value=Decimal(400),
    )
    assert (again.pk, again.title, again.rank) == (first.pk, "Battery at risk", Decimal(140))
    assert close_work(key="lead:1", outcome="done")
    assert not close_work(key="lead:1", outcome="done")
    add_work(key="lead:1", kind=WorkKind.BATTERY_LEAD, customer_id=customer.pk, title="Anew")
    assert WorkItem.objects.get().closed_at is not None


def test_gate_and_contacts_work():
    customer = CustomerFactory()
    assert may_contact(customer=customer, channel="call", purpose="service", now=NOON).allowed
    record_contact(customer_id=customer.pk, channel="call", direction="outbound")
    customer.refresh_from_db()
    assert customer.last_contact_date is not None
