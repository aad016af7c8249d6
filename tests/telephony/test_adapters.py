"""Vapi and Retell: their signatures, their words, our tools."""

import json
import time
from typing import Any

import pytest
from django.test import Client

from crm.models import Appointment
from telephony.adapters import retell
from telephony.models import CallerVerification, CallLog
from tests import factories
from tests.telephony.agent import STRANGER, WRONG, a_customer, a_time

pytestmark = pytest.mark.django_db

VAPI, RETELL = "/calls/webhooks/vapi", "/calls/webhooks/retell"
SECRET, KEY = "a-secret-of-ours", "key_of_retell"


@pytest.fixture(autouse=True)
def _secrets(settings: Any) -> None:
    settings.VAPI_SECRET, settings.RETELL_API_KEY = SECRET, KEY


def vapi_body(*wishes: tuple[str, str, Any], **call: Any) -> dict[str, Any]:
    tools = [{"id": key, "name": name, "arguments": given} for key, name, given in wishes]
    call = {"id": "call-1", "type": "inboundPhoneCall", "customer": {"number": STRANGER}} | call
    return {"message": {"type": "tool-calls", "call": call, "toolCallList": tools}}


def to_vapi(body: Any, secret: str | None = SECRET) -> Any:
    headers = {} if secret is None else {"X-Vapi-Secret": secret}
    return Client().post(VAPI, json.dumps(body), "application/json", headers=headers)


def results(response: Any) -> list[Any]:
    assert response.status_code == 200, response.content
    return [json.loads(entry["result"]) for entry in response.json()["results"]]


def retell_body(name: str, arguments: Any, **call: Any) -> dict[str, Any]:
    call = {"call_id": "call-2", "from_number": STRANGER, "direction": "inbound"} | call
    return {"name": name, "args": arguments, "call": call}


def to_retell(body: Any, *, key: str = KEY, age: float = 0, signature: str | None = None) -> Any:
    raw = json.dumps(body).encode()
    sent = str(int((time.time() - age) * 1000))
    signature = f"v={sent},d={retell.sign(raw, sent, key=key)}" if signature is None else signature
    headers = {"X-Retell-Signature": signature}
    return Client().post(RETELL, raw, "application/json", headers=headers)


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", "ü"])
def test_vapi_without_the_secret_is_refused_and_leaves_no_trace(secret: str | None) -> None:
    assert to_vapi(vapi_body(("1", "lookup", {})), secret).status_code == 403
    assert not CallLog.objects.exists()


def test_platform_that_is_not_set_up_is_shut(settings: Any) -> None:
    settings.VAPI_SECRET = settings.RETELL_API_KEY = ""
    assert to_vapi(vapi_body(("1", "lookup", {})), "").status_code == 403
    assert to_retell(retell_body("lookup", {}), key="").status_code == 403


def test_vapi_gets_each_result_under_its_own_id() -> None:
    response = to_vapi(vapi_body(("a", "lookup", {}), ("b", "list_slots", "{}"), ("c", "x", {})))
    assert [entry["toolCallId"] for entry in response.json()["results"]] == ["a", "b", "c"]
    assert [answer["code"] for answer in results(response)] == ["", "no_slots", "unknown_tool"]
    assert "\n" not in response.json()["results"][0]["result"]
    call = CallLog.objects.get()
    assert (call.provider, call.call_sid, call.caller_phone) == ("vapi", "call-1", STRANGER)


def test_vapi_reads_wishes_in_the_shape_with_functions() -> None:
    body = vapi_body()
    body["message"]["toolCallList"] = [
        {"id": "a", "type": "function", "function": {"name": "lookup", "arguments": "{}"}}
    ]
    assert results(to_vapi(body))[0]["ok"]


def test_vapi_repeating_an_answer_counts_it_once() -> None:
    a_customer(phone=STRANGER)
    wish = ("tool-1", "verify_answer", {"factor": "date_of_birth", "answer": WRONG})
    answers = [results(to_vapi(vapi_body(wish)))[0] for _ in range(4)]
    assert answers[0]["data"]["factor"] == "last_service"
    assert all(answer == answers[0] for answer in answers)
    assert CallerVerification.objects.get().attempts.count() == 1


def test_vapi_repeating_a_booking_under_another_id_books_once() -> None:
    factories.shop_with(bays=5, technicians=5)
    booking = {
        "start": a_time().isoformat(), "service": "oil change", "first_name": "A", "last_name": "B"
    }  # fmt: skip
    for key in ("1", "2"):
        assert results(to_vapi(vapi_body((key, "book", booking))))[0]["ok"]
    assert Appointment.objects.count() == 1


def test_vapi_model_hears_which_argument_was_wrong() -> None:
    answer = results(to_vapi(vapi_body(("1", "book", {"start": "soon"}))))[0]
    assert answer["code"] == "invalid_arguments"
    assert {"start", "service", "first_name"} <= set(answer["data"]["errors"])
    assert results(to_vapi(vapi_body(("1", "lookup", "no json"))))[0]["ok"] is False


def test_vapi_report_ends_the_call() -> None:
    body = {
        "message": {
            "type": "end-of-call-report", "call": {"id": "call-1"},
            "customer": {"number": STRANGER},
            "analysis": {"summary": "Asked about tires."},
            "artifact": {"transcript": "I was born in 1984"},
        }
    }  # fmt: skip
    assert to_vapi(body).status_code == 200
    call = CallLog.objects.get()
    assert (call.status, call.summary, call.transcript) == ("completed", "Asked about tires.", None)


def test_vapi_message_of_another_kind_is_answered_and_does_nothing() -> None:
    body = {"message": {"type": "status-update", "call": {"id": "call-1"}}}
    assert to_vapi(body).json() == {"results": []}
    assert not CallLog.objects.exists()


@pytest.mark.parametrize(
    "body", [[], {}, {"message": []}, {"message": {"type": "tool-calls"}}, "x"]
)
def test_nonsense_from_either_is_a_400(body: Any) -> None:
    assert to_vapi(body).status_code == 400
    assert to_retell(body).status_code == 400


def test_get_is_refused() -> None:
    assert Client().get(VAPI).status_code == Client().get(RETELL).status_code == 405


@pytest.mark.parametrize(
    "how",
    [
        {"key": "another"},
        {"age": 301},
        {"age": -330},
        {"signature": ""},
        {"signature": "v=1,d=00"},
        {"signature": f"v={'9' * 15},d={'0' * 64}"},
        {"signature": "ü"},
    ],
)
def test_retell_wrong_or_old_signature_is_refused(how: dict[str, Any]) -> None:
    assert to_retell(retell_body("lookup", {}), **how).status_code == 403
    assert not CallLog.objects.exists()


def test_retell_changed_body_is_refused() -> None:
    raw = json.dumps(retell_body("lookup", {})).encode()
    sent = str(int(time.time() * 1000))
    headers = {"X-Retell-Signature": f"v={sent},d={retell.sign(raw, sent, key=KEY)}"}
    response = Client().post(RETELL, raw + b" ", "application/json", headers=headers)
    assert response.status_code == 403


@pytest.mark.parametrize("age", [0, 299, -299])
def test_retell_function_is_answered_by_the_tool(age: float) -> None:
    response = to_retell(retell_body("lookup", {}), age=age)
    assert response.status_code == 200
    assert response.json()["ok"] is True
    assert CallLog.objects.get().caller_phone == STRANGER


def test_retell_outgoing_call_is_the_called_partys() -> None:
    call = {"direction": "outbound", "from_number": "+12055550100", "to_number": STRANGER}
    to_retell(retell_body("lookup", None, **call))
    logged = CallLog.objects.get()
    assert (logged.direction, logged.caller_phone) == ("outbound", STRANGER)


def test_retell_repeating_an_answer_counts_it_once() -> None:
    a_customer(phone=STRANGER)
    wish = {"role": "tool_call_invocation", "name": "verify_answer", "tool_call_id": "t-1"}
    body = retell_body(
        "verify_answer", {"factor": "date_of_birth", "answer": WRONG},
        transcript_with_tool_calls=[{"role": "user", "content": "hello"}, wish],
    )  # fmt: skip
    for _ in range(4):
        assert to_retell(body).json()["data"]["factor"] == "last_service"
    assert CallerVerification.objects.get().attempts.count() == 1


def test_retell_analysis_ends_the_call() -> None:
    call = {
        "call_id": "call-2", "from_number": STRANGER, "direction": "inbound",
        "call_analysis": {
            "call_summary": "Booked.", "user_sentiment": "Positive", "call_successful": True
        },
    }  # fmt: skip
    to_retell({"event": "call_started", "call": call})
    assert not CallLog.objects.exists()
    to_retell({"event": "call_analyzed", "call": call})
    logged = CallLog.objects.get()
    assert (logged.summary, logged.customer_sentiment, logged.issue_resolved) == (
        "Booked.", "positive", True
    )  # fmt: skip


def test_retell_signature_is_hmac_over_body_and_time() -> None:
    """Worked out with `openssl dgst -sha256 -hmac key_1` for this body, time and key."""
    digest = retell.sign(b'{"event":"call_started"}', "1700000000000", key="key_1")
    assert digest == "29b7842139edc477348459c1136d3ccfa28efade911de56c76d2cb8d1a790c78"
