"""Work list, consents, contacts and the gate through the API."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from crm.enums import Role
from crm.models import Consent, ContactAttempt, ContactDecision, WorkItem
from tests.crm.api import ROOT, client_of, problem_of
from tests.factories import ConsentFactory, CustomerFactory, WorkItemFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 18, 17, tzinfo=UTC)
DUE = {"due_at": datetime(2026, 11, 17, tzinfo=UTC)}


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON):
        yield


def ids(response: Any) -> list[str]:
    return [row["id"] for row in response.json()["results"]]


def test_list_ranks_and_filters() -> None:
    small, big = WorkItemFactory(value=1), WorkItemFactory(value=9, kind="no_show")
    barred = WorkItemFactory(value=99, barred="opted_out")
    client, url = client_of(Role.BDC), f"{ROOT}work-items/"
    assert ids(client.get(url)) == [str(big.pk), str(small.pk), str(barred.pk)]
    assert ids(client.get(url, {"kind": "no_show"})) == [str(big.pk)]
    assert ids(client.get(url, {"barred": "true"})) == [str(barred.pk)]
    assert ids(client.get(url, {"barred": "false", "customer": small.customer_id})) == [
        str(small.pk)
    ]
    assert ids(client.get(url, {"open": "false"})) == []


def test_item_says_whether_its_customer_may_be_called() -> None:
    item = WorkItemFactory(customer=CustomerFactory(state="HI", zip_code="96813"))
    body = client_of().get(f"{ROOT}work-items/{item.pk}/").json()
    assert body["permission"] == {
        "allowed": False,
        "reason": "quiet_hours",
        "sentence": "It is 7:00 AM for the customer; calls are allowed from 8:00 AM to 9:00 PM.",
        "allowed_from": "2026-11-18T18:00:00Z",
    }


def test_item_is_claimed_disposed_and_not_claimed_twice() -> None:
    item, ana, bob = WorkItemFactory(**DUE), client_of(Role.BDC), client_of(Role.BDC)
    url = f"{ROOT}work-items/{item.pk}/"
    assert ana.post(f"{url}claim/", {}).json()["claimed_by"] == ana.user.pk  # type: ignore[attr-defined]
    assert problem_of(bob.post(f"{url}claim/", {}), 409)["code"] == "taken"
    assert problem_of(bob.post(f"{url}dispose/", {"outcome": "done"}), 409)["code"] == "taken"
    body = ana.post(f"{url}dispose/", {"outcome": "no_answer", "note": "Rang"}).json()
    assert (body["outcome"], body["tries"], body["closed_at"]) == ("no_answer", 1, None)
    assert ContactAttempt.objects.get().text == "Rang"


def test_claim_is_refused_while_the_gate_forbids_it() -> None:
    item = WorkItemFactory(customer=CustomerFactory(state="HI", zip_code="96813"), **DUE)
    refusal = problem_of(client_of(Role.BDC).post(f"{ROOT}work-items/{item.pk}/claim/", {}), 409)
    assert refusal["code"] == "quiet_hours"
    assert WorkItem.objects.get().claimed_by is None


def test_item_about_a_number_has_no_customer() -> None:
    item = WorkItemFactory(customer=None, phone="+12055550188", **DUE)
    body = client_of().get(f"{ROOT}work-items/{item.pk}/").json()
    assert (body["customer"], body["customer_name"], body["phone"]) == (
        None, None, "+12055550188",
    )  # fmt: skip
    assert body["permission"]["allowed"] is True


def test_next_answers_204_when_nobody_may_be_called() -> None:
    client = client_of(Role.BDC)
    assert client.post(f"{ROOT}work-items/next/", {}).status_code == 204
    item = WorkItemFactory(**DUE)
    assert client.post(f"{ROOT}work-items/next/", {}).json()["id"] == str(item.pk)


def test_item_is_snoozed_and_released() -> None:
    item, client = WorkItemFactory(**DUE), client_of(Role.BDC)
    url = f"{ROOT}work-items/{item.pk}/"
    client.post(f"{url}claim/", {})
    assert client.post(f"{url}release/", {}).json()["claimed_by"] is None
    until = NOON + timedelta(days=1)
    assert client.post(f"{url}snooze/", {"until": until}).json()["due_at"] == (
        "2026-11-19T17:00:00Z"
    )
    past = client.post(f"{url}snooze/", {"until": NOON - timedelta(days=1)})
    assert problem_of(past, 422)["errors"][0]["pointer"] == "/until"


def test_consent_is_recorded_and_opt_out_in_force_with_the_answer() -> None:
    customer, client = CustomerFactory(), client_of()
    gate = {"customer": customer.pk, "channel": "text", "purpose": "marketing"}
    ask = f"{ROOT}permission/"
    assert client.get(ask, gate).json()["reason"] == "no_consent"
    given = client.post(f"{ROOT}consents/", {**gate, "basis": "written"})
    assert (given.status_code, given.json()["source"]) == (201, "api")
    assert client.get(ask, gate).json()["allowed"]
    out = client.post(f"{ROOT}consents/opt-out/", {"customer": customer.pk, "source": "letter"})
    assert (out.status_code, out.json()["channel"], out.json()["source"]) == (200, "", "letter")
    assert client.get(ask, gate).json()["reason"] == "opted_out"
    assert ids(client.get(f"{ROOT}consents/", {"revoked": "true"})) == [out.json()["id"]]
    assert Consent.objects.count() == 2


def test_gate_logs_what_is_posted_and_not_what_is_read() -> None:
    client = client_of()
    gate = {"customer": str(CustomerFactory().pk), "channel": "call", "purpose": "service"}
    client.get(f"{ROOT}permission/", gate)
    assert not ContactDecision.objects.exists()
    assert client.post(f"{ROOT}permission/", gate).json()["allowed"]
    assert ContactDecision.objects.get().source == "api"
    problem_of(client.get(f"{ROOT}permission/", {**gate, "channel": "visit"}), 400)


def test_contact_reported_twice_under_one_key_is_one() -> None:
    client, customer = client_of(), CustomerFactory()
    contact = {
        "customer": str(customer.pk),
        "channel": "call",
        "direction": "outbound",
        "key": "dialer-1",
    }
    first = client.post(f"{ROOT}contact-attempts/", contact)
    again = client.post(f"{ROOT}contact-attempts/", {**contact, "outcome": "busy"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    assert ContactAttempt.objects.get().outcome == "busy"
    customer.refresh_from_db()
    assert timezone.now() - customer.last_contact_date < timedelta(minutes=1)


def test_ledger_has_no_way_to_change_or_delete() -> None:
    url = f"{ROOT}consents/{ConsentFactory().pk}/"
    for method in ("put", "patch", "delete"):
        problem_of(getattr(client_of(), method)(url, {}), 405)


def test_work_of_one_person_is_found_by_who_holds_it() -> None:
    client = client_of(Role.BDC)
    WorkItemFactory(**DUE)
    mine = WorkItemFactory(value=999, **DUE)
    client.post(f"{ROOT}work-items/next/", {})
    user = client.user.pk  # type: ignore[attr-defined]
    assert ids(client.get(f"{ROOT}work-items/", {"claimed_by": user})) == [str(mine.pk)]
    assert WorkItem.objects.get(pk=mine.pk).claimed_by_id == user
