"""The voice agent's tools over HTTP: the call and its end, messages, opt-outs, manifest, costs."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.enums import Role
from crm.models import Consent, WorkItem
from jobs.registry import local_today
from telephony.agent.tools import TOOLS
from telephony.models import (
    CallerVerification,
    CallLog,
)
from tests import factories
from tests.crm.api import client_of, problem_of
from tests.telephony.agent import (
    AGENT,
    RIGHT,
    STRANGER,
    Line,
    a_booking,
    a_customer,
)

pytestmark = pytest.mark.django_db


def test_call_is_logged_once_as_the_agents_with_its_customer() -> None:
    customer = a_customer()
    line = Line(customer.phone)
    line("lookup")
    line("lookup")
    call = CallLog.objects.get()
    assert (call.customer, call.answered_by, call.status) == (customer, "agent", "in_progress")


def test_number_of_a_known_call_cannot_be_changed_afterwards() -> None:
    customer = a_customer()
    line = Line(STRANGER)
    line("lookup")
    line.context["caller_phone"] = customer.phone
    line("lookup", phone=customer.phone)
    assert CallerVerification.objects.order_by("created_at").last().passed == []


def test_opt_out_needs_no_verification_and_holds_for_strangers_too() -> None:
    customer = a_customer()
    known, unknown = Line(customer.phone)("opt_out"), Line(STRANGER)("opt_out")
    assert known == unknown
    assert set(Consent.objects.values_list("phone", flat=True)) == {customer.phone, STRANGER}
    assert all(line.revoked_at for line in Consent.objects.all())
    Line(customer.phone)("opt_out", channel="call")
    assert set(Consent.objects.values_list("channel", flat=True)) == {"", "call", "ai_call"}


def test_message_becomes_work_and_stands_in_the_log() -> None:
    customer = a_customer()
    line = Line(customer.phone)
    line("leave_message", message="Please call me about the noise")
    line("leave_message", message="Please call me about the noise")
    item = WorkItem.objects.get()
    assert (item.kind, item.customer, item.reason) == (
        "callback", customer, "Please call me about the noise"
    )  # fmt: skip
    assert CallLog.objects.get().summary.count("about the noise") == 1


@pytest.mark.parametrize(
    ("is_open", "outcome"), [(True, "transferred"), (False, "callback_requested")]
)
def test_hand_over_transfers_while_open_and_else_leaves_work(
    is_open: bool, outcome: str, settings: Any
) -> None:
    customer = a_customer()
    settings.TELEPHONY = replace(settings.TELEPHONY, shop_numbers=["+12055550100"])
    hours = {"opens": "00:00", "closes": "23:59:59"} if is_open else {"opens": None, "closes": None}
    factories.SpecialDayFactory(date=local_today(), **hours)
    reply = Line(customer.phone)("hand_over", reason="wants Kim")
    assert reply["data"]["transfer_to"] == ("+12055550100" if is_open else None)
    assert CallLog.objects.get().outcome == outcome
    assert WorkItem.objects.exists() != is_open


def test_end_of_the_call_fills_the_log_and_ends_the_verification() -> None:
    customer = a_customer()
    line = Line(customer.phone)
    line.verify()
    line(
        "end_call", summary="Asked for the price of an oil change.", intent="price", resolved=True,
        sentiment="positive", call_type="inquiry", model="a-model", tokens=812,
    )  # fmt: skip
    call = CallLog.objects.get()
    assert (call.status, call.issue_resolved, call.customer_sentiment) == (
        "completed", True, "positive"
    )  # fmt: skip
    assert (call.llm_model_used, call.total_tokens_used, call.intent_detected) == (
        "a-model", 812, "price"
    )  # fmt: skip
    assert call.ended_at is not None
    assert line("service_status")["code"] == "not_verified"


def test_provider_that_reports_its_calls_keeps_their_status() -> None:
    line = Line(STRANGER)
    line.context["provider"] = "twilio"
    line("end_call", summary="Short")
    assert CallLog.objects.get().status == "in_progress"


@pytest.mark.parametrize(
    ("tool", "arguments", "pointer"),
    [
        ("verify_answer", {"factor": "shoe_size", "answer": "44"}, "/factor"),
        ("verify_answer", {"factor": "date_of_birth"}, "/answer"),
        ("book", {"start": "tomorrow"}, "/start"),
        ("lookup", {"name": "Dana"}, "/name"),
        ("lookup", {"provider": "manual"}, "/provider"),
        ("lookup", {"call_id": "a b"}, "/call_id"),
        ("lookup", {"call_id": ""}, "/call_id"),
    ],
)
def test_argument_that_makes_no_sense_is_named(
    tool: str, arguments: dict[str, Any], pointer: str
) -> None:
    body = problem_of(Line(STRANGER).send(tool, **arguments), 400)
    assert pointer in {error["pointer"] for error in body["errors"]}


def test_null_counts_as_left_out() -> None:
    assert Line(STRANGER)("lookup", phone=None)["ok"]


def test_manifest_shows_every_tool_without_the_call() -> None:
    tools = client_of(Role.API).get(f"{AGENT}tools/").json()["tools"]
    assert [tool["function"]["name"] for tool in tools] == list(TOOLS)
    for tool in tools:
        schema = tool["function"]["parameters"]
        assert schema["additionalProperties"] is False
        assert "call_id" not in schema["properties"]
        assert all(entry["description"] for entry in schema["properties"].values())


def test_tools_stay_within_their_queries() -> None:
    customer = a_customer()
    line = Line(customer.phone)
    line("lookup")
    for tool, arguments, limit in (
        ("lookup", {}, 8),
        ("start_verification", {}, 5),
        ("verify_answer", {"factor": "date_of_birth", "answer": RIGHT}, 19),
        ("list_slots", {}, 10),
        ("service_status", {}, 7),
        ("book", a_booking(), 30),
    ):
        with CaptureQueriesContext(connection) as queries:
            line(tool, **arguments)
        assert len([q for q in queries if "SAVEPOINT" not in q["sql"]]) <= limit, tool
