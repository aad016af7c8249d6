"""Pages around verification: the audit list, unlocking, the desk's panel, the simulator."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.enums import Role
from crm.models import Appointment
from crm.services.customers import erase_customer
from telephony import urls
from telephony.models import AgentAction, CallerVerification, CallLog, VerificationUnlock
from telephony.services import verification as service
from tests.crm.pages import (
    CHIEFS,
    FORM,
    FRONT,
    HTMX,
    Route,
    assert_guarded,
    count_queries,
    errors_of,
    signed_in,
)
from tests.factories import DataBatchFactory, UserFactory, shop_with
from tests.telephony.agent import RIGHT, STRANGER, WRONG, Line, a_customer, a_visit
from tests.telephony.factories import CallLogFactory

pytestmark = pytest.mark.django_db

ROUTES = {
    "verifications": Route("", CHIEFS),
    "verification_unlock": Route("claim", CHIEFS, FORM),
    "customer_verify": Route("customer", FRONT, FORM),
    "simulator": Route("", FRONT, FORM),
}
MODULES = ("telephony.views.verification", "telephony.views.simulator")


@pytest.fixture
def address() -> Callable[[str], str]:
    """Address of a page by its name, for one customer and one claim."""
    customer = a_customer()
    claim = service.identify_at_desk(customer=customer, by=UserFactory())
    keys = {"customer": customer.pk, "claim": claim.pk}

    def build(name: str) -> str:
        key = ROUTES[name].key
        return reverse(f"telephony:{name}", args=[keys[key]] if key else [])

    return build


def test_every_page_stands_in_the_table() -> None:
    ours = {p.name for p in urls.urlpatterns if p.callback.__module__ in MODULES}
    assert ours == set(ROUTES)


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_page_is_for_exactly_those_who_may(name: str, address: Any) -> None:
    assert_guarded(ROUTES[name], lambda: address(name))


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_page_reading_writes_nothing(name: str, address: Any) -> None:
    client, url = signed_in(Role.ADMIN), address(name)
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        client.get(url)
    verbs = {query["sql"].split(" ", 1)[0] for query in queries if "session" not in query["sql"]}
    assert not verbs & {"INSERT", "UPDATE", "DELETE"}


def test_list_costs_the_same_for_one_and_three() -> None:
    client, url = signed_in(Role.MANAGER), reverse("telephony:verifications")
    Line(a_customer().phone)("verify_answer", factor="address", answer=WRONG)
    client.get(url)
    one = count_queries(lambda: client.get(url))
    for _ in range(2):
        Line(a_customer().phone)("verify_answer", factor="address", answer=WRONG)
    assert count_queries(lambda: client.get(url)) == one


def test_list_shows_results_and_can_be_narrowed() -> None:
    locked, fine = a_customer(last_name="Locked"), a_customer(last_name="Verified")
    line = Line(locked.phone)
    for _ in range(4):
        line("verify_answer", factor="address", answer="Zanzibar 4711")
    Line(fine.phone).verify()
    Line(STRANGER)("lookup")
    client, url = signed_in(Role.MANAGER), reverse("telephony:verifications")
    everything = client.get(url).content.decode()
    assert "Zanzibar" not in everything
    assert "nobody in the books" in everything and "1 more while locked" in everything
    for state, name, other in (
        ("locked", "Locked", "Dana Verified"),
        ("verified", "Verified", "Dana Locked"),
        ("failed", "Locked", "Dana Verified"),
    ):
        shown = client.get(url, {"state": state}, headers=HTMX).content.decode()
        assert f"Dana {name}" in shown and other not in shown


def test_manager_unlocks_with_a_reason_and_the_caller_may_answer_again() -> None:
    customer = a_customer()
    line = Line(customer.phone)
    for _ in range(3):
        line("verify_answer", factor="address", answer=WRONG)
    claim = CallerVerification.objects.get()
    client = signed_in(Role.MANAGER)
    url = reverse("telephony:verification_unlock", args=[claim.pk])
    refused = client.post(url, {"reason": ""})
    assert refused.status_code == 422 and "reason" in errors_of(refused)
    assert client.post(url, {"reason": "Showed a license"}).status_code == 302
    assert VerificationUnlock.objects.get().reason == "Showed a license"
    line.verify()
    assert "Showed a license" in client.get(url).content.decode()


def test_unlocking_nothing_is_404() -> None:
    missing = "00000000-0000-0000-0000-000000000000"
    for name in ("verification_unlock", "customer_verify"):
        url = reverse(f"telephony:{name}", args=[missing])
        assert signed_in(Role.ADMIN).get(url).status_code == 404


def test_desk_verifies_a_customer_step_by_step() -> None:
    customer = a_customer()
    client = signed_in(Role.ADVISOR)
    url = reverse("telephony:customer_verify", args=[customer.pk])
    first = client.post(url, {"factor": "date_of_birth", "said": RIGHT}, headers=HTMX)
    assert "Date of birth: right" in " ".join(first.content.decode().split())
    assert first.context["form"]["factor"].value() == "last_service"
    second = client.post(url, {"factor": "vehicle", "said": customer.vehicles.get().vin})
    assert "Verified for another 15 minutes" in second.content.decode()
    assert RIGHT not in second.content.decode()
    # Somebody else's check is their own.
    assert "Verified" not in signed_in(Role.ADVISOR).get(url).content.decode()


def test_desk_is_locked_after_three_wrong_answers() -> None:
    customer = a_customer()
    client = signed_in(Role.BDC)
    url = reverse("telephony:customer_verify", args=[customer.pk])
    for _ in range(3):
        shown = client.post(url, {"factor": "address", "said": WRONG})
    assert "Too many wrong answers" in shown.content.decode()
    assert 'name="said"' not in shown.content.decode()


def test_desk_panel_of_a_call_counts_the_calling_number() -> None:
    customer = a_customer()
    call = CallLogFactory(caller_phone=customer.phone, customer=customer)
    url = reverse("telephony:customer_verify", args=[customer.pk])
    client = signed_in(Role.ADVISOR)
    shown = client.post(f"{url}?call={call.pk}", {"factor": "date_of_birth", "said": RIGHT})
    assert "Verified" in shown.content.decode()
    assert service.verified_customer(call) == customer
    page = client.get(reverse("telephony:call", args=[call.pk])).content.decode()
    assert f"{url}?call={call.pk}" in page


def test_desk_form_that_is_not_filled_in_is_shown_again() -> None:
    url = reverse("telephony:customer_verify", args=[a_customer().pk])
    response = signed_in(Role.ADVISOR).post(url, {"factor": "shoe_size", "said": ""})
    assert response.status_code == 422
    assert set(errors_of(response)) == {"factor", "said"}
    assert not CallerVerification.objects.exists()


def test_panel_of_the_customers_page_costs_no_query_and_loads_itself() -> None:
    customer = a_customer()
    page = signed_in(Role.ADVISOR).get(reverse("customer", args=[customer.pk])).content.decode()
    assert reverse("telephony:customer_verify", args=[customer.pk]) in page
    technician = signed_in(Role.TECHNICIAN).get(reverse("customer", args=[customer.pk]))
    assert "Is it them?" not in technician.content.decode()


def test_simulator_leads_a_typed_call_to_its_end() -> None:
    shop_with()
    client, url = signed_in(Role.BDC), reverse("telephony:simulator")
    shown = client.post(url, {"phone": "(205) 555-0188", "scenario": ""})
    for words in ("I need an oil change", "the first", "Kim Park"):
        shown = client.post(url, {"conversation": shown.context["conversation"], "words": words})
        assert shown.status_code == 200
    assert "You are booked" in shown.content.decode()
    assert Appointment.objects.get().customer.name == "Kim Park"
    data = {"conversation": shown.context["conversation"], "words": "", "hang_up": "1"}
    over = client.post(url, data, headers=HTMX)
    assert "Goodbye" in over.content.decode() and not over.context["conversation"]
    call = CallLog.objects.get()
    assert (call.provider, call.status) == ("simulator", "completed")


def test_simulator_plays_a_recorded_conversation() -> None:
    customer = a_customer(batch=DataBatchFactory())
    a_visit(customer, days=2)
    client, url = signed_in(Role.MANAGER), reverse("telephony:simulator")
    shown = client.post(url, {"phone": "", "scenario": "cancel"}).content.decode()
    assert "is cancelled" in shown and "Not as recorded" not in shown
    assert Appointment.objects.get().status == "cancelled"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"phone": "12", "scenario": ""}, "Write ten digits"),
        ({"phone": "", "scenario": "cancel"}, "No demonstration customer fits"),
        ({"conversation": "forged", "words": "hello"}, "This call is over"),
    ],
)
def test_simulator_says_what_does_not_work(data: dict[str, str], words: str) -> None:
    response = signed_in(Role.BDC).post(reverse("telephony:simulator"), data)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not CallLog.objects.exists()


def test_simulator_needs_words() -> None:
    client, url = signed_in(Role.BDC), reverse("telephony:simulator")
    rung = client.post(url, {"phone": STRANGER, "scenario": ""})
    response = client.post(url, {"conversation": rung.context["conversation"], "words": ""})
    assert response.status_code == 422
    assert response.context["conversation"]


@pytest.mark.django_db(transaction=True)
def test_anonymising_takes_the_number_out_of_claims_and_answers_away() -> None:
    customer = a_customer()
    line = Line(customer.phone)
    line("verify_answer", factor="address", answer=WRONG, request_id="1")
    assert AgentAction.objects.exists()
    erase_customer(customer=customer, reason="Asked for it")
    assert CallerVerification.objects.get().claimed_phone == ""
    assert not AgentAction.objects.exists()
