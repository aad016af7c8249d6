"""The call log in the API: what it shows, takes and refuses, and how many queries that costs."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.enums import Role
from crm.models import ContactAttempt
from telephony.models import CallAccess, CallLog
from tests.crm.api import ROOT, client_of, problem_of
from tests.factories import AppointmentFactory, CustomerFactory
from tests.telephony.factories import CallLogFactory

pytestmark = pytest.mark.django_db
CALLS = f"{ROOT}calls/"
SECRET = "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1"


@pytest.fixture
def client() -> Any:
    return client_of(Role.MANAGER)


def test_list_shows_calls_latest_first_without_recording_and_words(client: Any) -> None:
    call = CallLogFactory(
        recording_url=SECRET, transcript="born in May", customer=CustomerFactory()
    )
    body = client.get(CALLS).json()["results"]
    assert [row["id"] for row in body] == [str(call.pk)]
    assert (body[0]["has_recording"], body[0]["has_transcript"]) == (True, True)
    assert body[0]["customer_name"] == str(call.customer)
    assert SECRET not in str(body) and "born in May" not in str(body)


def test_list_costs_the_same_for_one_and_three_calls(client: Any) -> None:
    client.get(CALLS)
    counts = []
    for _ in range(3):
        CallLogFactory(customer=CustomerFactory())
        with CaptureQueriesContext(connection) as queries:
            assert client.get(CALLS).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[2]


FILTERS = [
    ("direction=outbound", {"direction": "outbound"}),
    ("missed=true", {"answered_by": None}),
    ("unmatched=false", {"caller_phone": "anonymous"}),
    ("is_voicemail=true", {"is_voicemail": True}),
    ("outcome=wrong_number", {"outcome": "wrong_number"}),
    ("phone=(205) 555-0142", {"caller_phone": "+12055550142"}),
    ("provider=vapi", {"provider": "vapi"}),
]


@pytest.mark.parametrize(("query", "values"), FILTERS, ids=[query for query, _ in FILTERS])
def test_list_is_filtered(query: str, values: dict[str, Any], client: Any) -> None:
    CallLogFactory()
    wanted = CallLogFactory(**values)
    results = client.get(f"{CALLS}?{query}").json()["results"]
    assert [row["id"] for row in results] == [str(wanted.pk)]


def test_call_is_logged_and_matched_to_its_customer(client: Any) -> None:
    customer = CustomerFactory(phone="+12055550142")
    response = client.post(
        CALLS,
        {
            "direction": "inbound",
            "caller_phone": "(205) 555-0142 x7",
            "provider": "other",
            "call_sid": "pbx-1",
            "duration_seconds": 95,
            "ended_at": "2026-03-04T17:01:35Z",
            "outcome": "information_provided",
            "llm_model_used": "model-1",
            "total_tokens_used": 812,
            "transcript": "Customer: thanks, great!",
        },
    )
    assert response.status_code == 201, response.content
    body = response.json()
    assert (body["customer"], body["caller_extension"]) == (str(customer.pk), "7")
    assert (body["started_at"], body["status"]) == ("2026-03-04T17:00:00Z", "completed")
    assert ContactAttempt.objects.get().customer == customer


def test_call_with_a_known_sid_is_a_conflict(client: Any) -> None:
    CallLogFactory(provider="other", call_sid="pbx-1")
    data = {"direction": "inbound", "caller_phone": "2055550142", "call_sid": "pbx-1"}
    body = problem_of(client.post(CALLS, data | {"provider": "other"}), 409)
    assert body["code"] == "call_logs_sid_once"


REFUSED = [
    ({"caller_phone": "12"}, 422, "caller_phone"),
    ({}, 422, "caller_phone"),
    ({"caller_phone": "2055550142", "started_at": "2999-01-01T00:00:00Z"}, 422, "started_at"),
    ({"caller_phone": "2055550142", "outcome": "magic"}, 400, "outcome"),
    ({"caller_phone": "2055550142", "recording_url": "https://evil.example/RE1"}, 422,
     "recording_url"),
    ({"caller_phone": "2055550142", "recording_url": "http://169.254.169.254/RE1"}, 422,
     "recording_url"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "status", "field"), REFUSED)
def test_bad_call_is_refused_at_its_field(
    data: dict[str, Any], status: int, field: str, client: Any
) -> None:
    body = problem_of(client.post(CALLS, {"direction": "inbound", **data}), status)
    assert field in str(body["errors"])
    assert not CallLog.objects.exists()


def test_patch_changes_what_people_decide_and_nothing_else(client: Any) -> None:
    call = CallLogFactory(customer_sentiment="negative", analysed_by="lexicon-1")
    url = f"{CALLS}{call.pk}/"
    data = {"outcome": "message_taken", "customer_sentiment": "neutral", "status": "failed"}
    body = client.patch(url, data).json()
    assert (body["outcome"], body["customer_sentiment"]) == ("message_taken", "neutral")
    assert (body["status"], body["analysed_by"]) == ("completed", "")


def test_patch_with_a_stale_version_is_refused(client: Any) -> None:
    url = f"{CALLS}{CallLogFactory().pk}/"
    etag = client.get(url)["ETag"]
    client.patch(url, {"outcome": "message_taken"})
    response = client.patch(url, {"outcome": "transferred"}, headers={"If-Match": etag})
    assert response.status_code == 412


def test_appointment_of_another_customer_is_refused(client: Any) -> None:
    call = CallLogFactory(customer=CustomerFactory())
    visit = AppointmentFactory()
    body = problem_of(client.patch(f"{CALLS}{call.pk}/", {"appointment": str(visit.pk)}), 422)
    assert "appointment" in str(body["errors"])


def test_transcript_is_read_by_those_who_may_and_each_reading_is_noted(client: Any) -> None:
    call = CallLogFactory(transcript="Hello")
    url = f"{CALLS}{call.pk}/transcript/"
    assert client_of(Role.SALES).post(url).status_code == 403
    assert client.post(url).json() == {"transcript": "Hello"}
    access = CallAccess.objects.get()
    assert (access.call, access.user, access.what) == (call, client.user, "transcript")


def test_transcript_that_is_not_there_is_404(client: Any) -> None:
    assert client.post(f"{CALLS}{CallLogFactory().pk}/transcript/").status_code == 404
