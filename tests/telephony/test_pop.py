"""The card of an incoming call: on the right screens, and gone when the call is."""

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.enums import Role
from crm.outbound import dial_address
from jobs.models import Outbox
from telephony.enums import CallStatus, Direction
from telephony.models import ProviderEvent
from telephony.services import intake, pop
from telephony.services.pop import recipients
from tests.crm.pages import HTMX, count_queries
from tests.factories import CustomerFactory, UserFactory, VehicleFactory
from tests.telephony.factories import CallLogFactory

pytestmark = pytest.mark.django_db

URL = "/calls/ringing"


def ringing(**values: Any) -> Any:
    defaults = {
        "status": CallStatus.RINGING,
        "answered_by": None,
        "started_at": timezone.now() - timedelta(seconds=2),
    }
    return CallLogFactory(**defaults | values)


def client_of(user: Any) -> Any:
    from django.test import Client

    client = Client(headers=HTMX)
    client.force_login(user, backend="crm.adapters.StaffBackend")
    return client


def test_call_of_a_customer_shows_on_the_screen_of_its_advisor_only() -> None:
    advisor, other = UserFactory(role=Role.ADVISOR), UserFactory(role=Role.ADVISOR)
    customer = CustomerFactory(first_name="Rosa", last_name="Diaz")
    vehicle = VehicleFactory(customer=customer)
    call = ringing(customer=customer, advisor=advisor, caller_phone=customer.phone)
    page = client_of(advisor).get(URL).content.decode()
    assert "Rosa Diaz" in page
    assert vehicle.model in page
    assert f'hx-post="{dial_address(advisor, customer.pk)}"' in page
    assert client_of(other).get(URL).status_code == 204
    assert recipients(call) == [advisor.pk]


def test_call_of_nobody_shows_at_the_front_and_offers_search_and_create() -> None:
    front = [UserFactory(role=role) for role in (Role.ADVISOR, Role.BDC)]
    sales = UserFactory(role=Role.SALES)
    call = ringing(caller_phone="+12055550188")
    assert recipients(call) == sorted(user.pk for user in front)
    page = client_of(front[1]).get(URL).content.decode()
    assert f"{reverse('customer_new')}?phone=%2B12055550188" in page
    assert 'name="q"' in page
    assert f'hx-post="{dial_address(front[1], None, call.caller_phone)}"' in page
    assert client_of(sales).get(URL).status_code == 204


def test_call_of_an_advisor_who_left_goes_to_the_front() -> None:
    gone, bdc = UserFactory(role=Role.ADVISOR, is_active=False), UserFactory(role=Role.BDC)
    call = ringing(advisor=gone)
    assert recipients(call) == [bdc.pk]
    assert client_of(bdc).get(URL).status_code == 200


@pytest.mark.parametrize(
    "values",
    [
        {"status": CallStatus.COMPLETED},
        {"direction": Direction.OUTBOUND},
        {"started_at": timezone.now() - timedelta(hours=2)},
    ],
)
def test_call_that_is_over_ours_or_forgotten_shows_nowhere(values: dict[str, Any]) -> None:
    user = UserFactory(role=Role.BDC)
    ringing(**values)
    assert client_of(user).get(URL).status_code == 204


def test_same_cards_are_not_sent_again_and_changed_ones_are() -> None:
    client = client_of(UserFactory(role=Role.BDC))
    call = ringing()
    known = client.get(URL).context["known"]
    assert client.get(URL, {"known": known}).status_code == 204
    call.status = CallStatus.COMPLETED
    call.ended_at = timezone.now()
    call.save()
    answer = client.get(URL, {"known": known})
    assert answer.status_code == 200
    assert answer.context["cards"] == []


def test_card_put_away_stays_away_for_this_user_only() -> None:
    one, other = (client_of(UserFactory(role=Role.BDC)) for _ in range(2))
    call = ringing()
    answer = one.post(reverse("telephony:put_away", args=[call.pk]))
    assert answer.status_code == 200
    assert answer.context["cards"] == []
    assert one.get(URL).status_code == 204
    assert other.get(URL).status_code == 200


def test_cards_cost_no_more_queries_for_a_customer_with_more() -> None:
    client = client_of(UserFactory(role=Role.BDC))
    customer = CustomerFactory()
    VehicleFactory(customer=customer)
    ringing(customer=customer)
    first = count_queries(lambda: client.get(URL))
    VehicleFactory.create_batch(2, customer=customer, is_primary_vehicle=False)
    assert count_queries(lambda: client.get(URL)) == first


def test_announce_tells_recipients_of_incoming_calls_only() -> None:
    advisor = UserFactory(role=Role.ADVISOR)
    with mock.patch.object(pop, "tell") as told:
        pop.announce(call=ringing(advisor=advisor, direction=Direction.OUTBOUND))
        call = ringing(advisor=advisor)
        pop.announce(call=call)
    told.assert_called_once_with("call", users=[advisor.pk], data={"id": str(call.pk)})


def test_ring_that_cannot_be_worked_at_once_is_kept_for_its_task() -> None:
    fields = {"CallSid": "CA9", "From": "+12055550142", "To": "+14045550100"}
    key = intake.receive(provider="twilio", kind="voice", fields=fields)
    assert key is not None
    with mock.patch.object(intake, "work_event", side_effect=RuntimeError):
        intake.work_at_once(key)
    event = ProviderEvent.objects.get(processed_at=None)
    assert Outbox.objects.waiting().filter(args={"event": event.pk}).exists()
