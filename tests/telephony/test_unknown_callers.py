"""Work about callers whom nobody knows: there at once, later the customer's who has the number."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from crm.models import ContactAttempt, WorkItem
from crm.services.claims import Taken, claim
from crm.services.consent import opt_out_number
from crm.services.customers import erase_customer
from telephony.enums import CallStatus
from telephony.services import calls, follow_up
from tests import factories
from tests.telephony.agent import STRANGER, Line
from tests.telephony.factories import CallLogFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 18, 17, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _at_noon() -> Any:
    """A Wednesday: noon in Georgia, nine o'clock in California, where an unknown caller may be."""
    with time_machine.travel(NOON):
        yield


def missed(phone: str = STRANGER, **values: Any) -> Any:
    """A call that nobody answered, with what follows from it."""
    call = CallLogFactory(
        caller_phone=phone, answered_by=None, status=CallStatus.NO_ANSWER, **values
    )
    follow_up.finished(call=call)
    return call


def test_missed_call_of_an_unknown_number_is_work_until_somebody_answers_it() -> None:
    call = missed()
    item = WorkItem.objects.get()
    assert (item.customer, item.phone, item.kind) == (None, STRANGER, "missed_call")
    assert (item.url, item.barred) == (call.get_absolute_url(), "")
    follow_up.finished(call=CallLogFactory(caller_phone=STRANGER, started_at=NOON))
    item.refresh_from_db()
    assert item.outcome == "returned"
    assert not ContactAttempt.objects.exists()


def test_withheld_number_leaves_work_only_with_a_message_to_listen_to() -> None:
    missed("anonymous")
    assert not WorkItem.objects.exists()
    missed("anonymous", is_voicemail=True)
    assert WorkItem.objects.get().barred == "no_address"


def test_new_customer_gets_the_work_of_the_number() -> None:
    call = missed()
    Line(STRANGER)("leave_message", message="Please call me")
    customer = factories.CustomerFactory(phone=STRANGER)
    calls.match_customer(customer=customer)
    items = WorkItem.objects.order_by("kind")
    assert [(item.kind, item.customer, item.phone) for item in items] == [
        ("callback", customer, ""),
        ("missed_call", customer, ""),
    ]
    call.refresh_from_db()
    assert call.customer == customer


def test_work_follows_the_customer_who_is_said_to_have_called() -> None:
    call = missed()
    wrong, right = factories.CustomerFactory(), factories.CustomerFactory()
    for customer in (wrong, right):
        calls.update_call(call=call, data={"customer": customer})
        assert WorkItem.objects.get().customer == customer


def test_message_of_a_stranger_is_work_for_the_number_that_they_said() -> None:
    line = Line("anonymous")
    assert line("hand_over")["code"] == "number_needed"
    line("leave_message", message="About the recall", phone="205 555 0188")
    item = WorkItem.objects.get()
    assert (item.phone, item.reason, item.purpose) == (STRANGER, "About the recall", "callback")


def test_opt_out_of_the_number_bars_its_work() -> None:
    missed()
    opt_out_number(phone=STRANGER, source="call")
    assert WorkItem.objects.get().barred == "do_not_call"
    missed()
    assert {item.barred for item in WorkItem.objects.all()} == {"do_not_call"}


def test_number_is_in_one_pair_of_hands() -> None:
    missed(), missed()
    first, second = WorkItem.objects.order_by("key")
    mine, other = factories.UserFactory(), factories.UserFactory()
    claim(item=first, by=mine)
    with pytest.raises(Taken):
        claim(item=second, by=other)
    claim(item=second, by=mine)
    claim(item=factories.WorkItemFactory(customer=None, phone="+12055550199"), by=other)


def test_anonymising_leaves_no_work_of_the_number_behind() -> None:
    customer = factories.CustomerFactory(phone=STRANGER)
    factories.WorkItemFactory(customer=None, phone=STRANGER)
    erase_customer(customer=customer, reason="Asked for it")
    assert not WorkItem.objects.exists()
