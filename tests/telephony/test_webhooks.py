"""Callbacks: only Twilio's own get in, each is kept once, and the answer says what to do next."""

from typing import Any
from unittest import mock

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jobs.models import Outbox
from telephony.models import CallLog, ProviderEvent
from telephony.views import webhooks
from tests.factories import CustomerFactory, UserFactory
from tests.telephony import twilio
from tests.telephony.twilio import BASE, TOKEN, call_fields, post, post_json, sign

pytestmark = pytest.mark.django_db
VOICE = "/calls/webhooks/twilio/voice"
FIELDS = call_fields("ringing")


@pytest.fixture(autouse=True)
def _telephone(settings: Any) -> None:
    twilio.set_up(settings)


def knock(path: str = VOICE, fields: Any = FIELDS, signature: str = "", **extra: Any) -> Any:
    return Client().post(path, fields, headers={"X-Twilio-Signature": signature}, **extra)


FORGERIES: list[tuple[str, dict[str, Any]]] = [
    ("no signature", {}),
    ("wrong token", {"signature": sign(BASE + VOICE, FIELDS, "f" * 32)}),
    ("not base64", {"signature": "ü" * 28}),
    ("other host", {"signature": sign("https://evil.example" + VOICE, FIELDS)}),
    ("other scheme", {"signature": sign("http://crm.dealer.example" + VOICE, FIELDS)}),
    ("other port", {"signature": sign("https://crm.dealer.example:8443" + VOICE, FIELDS)}),
    ("other path", {"signature": sign(BASE + "/calls/webhooks/twilio/status", FIELDS)}),
    ("added query", {"path": f"{VOICE}?x=1", "signature": sign(BASE + VOICE, FIELDS)}),
    (
        "changed parameter",
        {"fields": FIELDS | {"From": "+12055550199"}, "signature": sign(BASE + VOICE, FIELDS)},
    ),
    (
        "added parameter",
        {"fields": FIELDS | {"Extra": "1"}, "signature": sign(BASE + VOICE, FIELDS)},
    ),
    (
        "removed parameter",
        {
            "fields": {k: v for k, v in FIELDS.items() if k != "To"},
            "signature": sign(BASE + VOICE, FIELDS),
        },
    ),
]


@pytest.mark.parametrize(("what", "request_"), FORGERIES, ids=[name for name, _ in FORGERIES])
def test_forged_callback_is_refused_and_leaves_no_trace(
    what: str, request_: dict[str, Any]
) -> None:
    assert knock(**request_).status_code == 403
    assert (ProviderEvent.objects.count(), Outbox.objects.count()) == (0, 0)


def test_genuine_callback_is_kept_and_its_work_queued() -> None:
    response = post("voice", FIELDS)
    assert (response.status_code, response["Content-Type"]) == (200, "text/xml")
    event = ProviderEvent.objects.get()
    assert event.payload["fields"] == FIELDS
    assert Outbox.objects.get().args == {"event": event.pk}


def test_genuine_callback_needs_neither_login_nor_csrf_token() -> None:
    assert post("voice", FIELDS, client=Client(enforce_csrf_checks=True)).status_code == 200


def test_callback_is_post_only() -> None:
    assert Client().get(VOICE).status_code == 405


def test_callback_without_auth_token_in_settings_is_refused(settings: Any) -> None:
    twilio.set_up(settings, auth_tokens=[])
    assert knock(signature=sign(BASE + VOICE, FIELDS, "")).status_code == 403


def test_token_in_rotation_and_the_new_one_both_count(settings: Any) -> None:
    twilio.set_up(settings, auth_tokens=["a" * 32, TOKEN])
    assert post("voice", FIELDS).status_code == 200
    signature = sign(BASE + VOICE, FIELDS, "a" * 32)
    assert knock(signature=signature).status_code == 200


def test_default_port_in_the_signed_address_makes_no_difference() -> None:
    signature = sign("https://crm.dealer.example:443" + VOICE, FIELDS)
    assert knock(signature=signature).status_code == 200


def test_behind_a_proxy_without_public_address_the_forwarded_scheme_counts(settings: Any) -> None:
    settings.PUBLIC_BASE_URL = ""
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    signature = sign("https://crm.dealer.example" + VOICE, FIELDS)
    inside = {"HTTP_HOST": "crm.dealer.example"}
    assert knock(signature=signature, **inside).status_code == 403
    assert knock(signature=signature, HTTP_X_FORWARDED_PROTO="https", **inside).status_code == 200


def test_json_body_is_checked_by_its_hash() -> None:
    assert post_json("status", call_fields("completed")).status_code == 204
    assert ProviderEvent.objects.get().payload["fields"]["CallStatus"] == "completed"


def test_json_body_other_than_the_hashed_one_is_refused() -> None:
    assert post_json("status", FIELDS, hashed=call_fields("busy")).status_code == 403


def test_json_body_without_a_hash_is_refused() -> None:
    path = reverse("telephony:twilio_status")
    signature = sign(BASE + path, {})
    response = Client().post(
        path, "{}", content_type="application/json", headers={"X-Twilio-Signature": signature}
    )
    assert response.status_code == 403


@pytest.mark.parametrize("body", [["a"], "text", 7, None])
def test_json_body_that_is_no_object_is_a_bad_request(body: Any) -> None:
    assert post_json("status", body).status_code == 400


def test_replayed_callback_is_kept_once() -> None:
    for _ in range(3):
        post("voice", FIELDS)
    assert (ProviderEvent.objects.count(), Outbox.objects.count()) == (1, 1)


def test_callback_with_odd_characters_is_kept() -> None:
    fields = FIELDS | {"CallerName": "O\x00h\ud800 <script>"}
    path = reverse("telephony:twilio_status")
    sent = {name: value.encode(errors="replace").decode() for name, value in fields.items()}
    signature = sign(BASE + path, sent)
    response = Client().post(path, sent, headers={"X-Twilio-Signature": signature})
    assert response.status_code == 204
    assert ProviderEvent.objects.get().payload["fields"]["CallerName"] == "Oh? <script>"


def test_voice_keeps_the_ring_and_works_it_in_at_most_20_queries() -> None:
    CustomerFactory(phone="+12055550142")
    with CaptureQueriesContext(connection) as queries:
        post("voice", FIELDS)
    assert ProviderEvent.objects.filter(processed_at=None).count() == 0
    assert len(queries) <= 20, [query["sql"] for query in queries]


def test_voice_is_answered_before_it_is_worked() -> None:
    headers = {"X-Twilio-Signature": sign(BASE + VOICE, FIELDS)}
    answer = webhooks.voice(RequestFactory().post(VOICE, FIELDS, headers=headers))
    assert b"<Dial" in answer.content
    assert not CallLog.objects.exists()
    with mock.patch.object(HttpResponse, "close"):  # which would close the test's connection
        answer.close()
    assert CallLog.objects.get().status == "ringing"


def test_voice_rings_the_preferred_advisor_and_goes_on_at_dial() -> None:
    advisor = UserFactory(phone="(404) 555-0177")
    CustomerFactory(phone="+12055550142", state="GA", preferred_service_advisor=advisor)
    answer = post("voice", FIELDS).content.decode()
    assert "+14045550177</Number>" in answer
    assert 'action="https://crm.dealer.example/calls/webhooks/twilio/dial?stage=people"' in answer
    assert "Magnolia Motors" in answer
    assert "record=" not in answer


def test_voice_of_an_unknown_number_rings_the_shop() -> None:
    assert "+14045550101</Number>" in post("voice", FIELDS).content.decode()


def test_voice_with_nobody_to_ring_takes_a_message(settings: Any) -> None:
    twilio.set_up(settings, shop_numbers=[])
    answer = post("voice", FIELDS).content.decode()
    assert "<Record" in answer and "<Dial" not in answer


STATES = [
    ("GA", "GA", False),
    ("GA", "FL", True),
    ("FL", "GA", True),
    ("FL", "FL", True),
    ("GA", None, True),
    ("", "GA", True),
]


@pytest.mark.parametrize(("shop", "caller", "announced"), STATES)
def test_disclosure_is_played_where_the_stricter_state_asks_for_it(
    shop: str, caller: str | None, announced: bool, settings: Any
) -> None:
    twilio.set_up(settings, shop_state=shop, recording=True)
    CustomerFactory(phone="+12055550142", state=caller, zip_code=None)
    answer = post("voice", FIELDS).content.decode()
    assert ("may be recorded" in answer) == announced
    assert 'record="record-from-answer-dual"' in answer
    assert ProviderEvent.objects.get().payload["disclosed"] == announced


def test_disclosure_of_an_unknown_caller_is_played(settings: Any) -> None:
    twilio.set_up(settings, recording=True)
    assert "may be recorded" in post("voice", FIELDS).content.decode()


def test_pressing_nine_connects_without_recording(settings: Any) -> None:
    twilio.set_up(settings, recording=True, transcription=True)
    answer = post("consent", FIELDS | {"Digits": "9"}, stage="people").content.decode()
    assert "<Dial" in answer and "record=" not in answer and "<Transcription" not in answer
    assert "refused=1" in answer


def test_other_key_connects_with_recording(settings: Any) -> None:
    twilio.set_up(settings, recording=True)
    answer = post("consent", FIELDS | {"Digits": "1"}, stage="people").content.decode()
    assert "record=" in answer


def test_nobody_answers_so_a_message_is_taken() -> None:
    answer = post("dial", FIELDS | {"DialCallStatus": "no-answer"}, stage="people")
    assert "<Record" in answer.content.decode()


def test_nobody_answers_who_refused_to_be_recorded_so_no_message_is_taken() -> None:
    answer = post("dial", FIELDS | {"DialCallStatus": "busy"}, stage="people", refused="1")
    assert "<Record" not in answer.content.decode()


def test_somebody_answered_so_the_call_ends() -> None:
    answer = post("dial", FIELDS | {"DialCallStatus": "completed"}, stage="people")
    assert "<Hangup" in answer.content.decode()


AGENT = {"agent_address": "sip:agent@voice.example", "shop_numbers": ["+14045550101"]}
STAGES = [
    ("first", "", "<Sip"),
    ("first", "agent", "<Number"),
    ("first", "people", "<Record"),
    ("no_answer", "", "<Number"),
    ("no_answer", "people", "<Sip"),
    ("no_answer", "agent", "<Record"),
    ("off", "", "<Number"),
    ("off", "people", "<Record"),
]


@pytest.mark.parametrize(("mode", "after", "expected"), STAGES)
def test_voice_agent_takes_its_turn(mode: str, after: str, expected: str, settings: Any) -> None:
    twilio.set_up(settings, agent_mode=mode, **AGENT)
    if after:
        answer = post("dial", FIELDS | {"DialCallStatus": "no-answer"}, stage=after)
    else:
        answer = post("voice", FIELDS)
    assert expected in answer.content.decode()


def test_outbound_call_that_is_not_ours_is_ended() -> None:
    answer = post("outbound", FIELDS, call="00000000-0000-0000-0000-000000000000")
    assert "<Hangup" in answer.content.decode()
    assert "<Hangup" in post("outbound", FIELDS, call="nonsense").content.decode()


@pytest.mark.parametrize("name", ["status", "leg", "recording", "transcription"])
def test_report_is_answered_with_nothing(name: str) -> None:
    response = post(name, FIELDS)
    assert (response.status_code, response.content) == (204, b"")
