"""Click to call: who is rung, who refuses, and that every vendor module keeps one contract."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
import time_machine
from django.utils import timezone
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from crm import outbound as outbound_channels
from crm.enums import Channel
from crm.exceptions import Refused
from crm.models import (
    Consent,
    ContactAttempt,
    ContactDecision,
    Customer,
    OutboundMessage,
    User,
    WorkItem,
)
from crm.outbound import MaybeSent, Message, NotSent
from crm.services import sending
from crm.services.consent import opt_out, opt_out_number, record_consent
from telephony import providers
from telephony.models import CallLog
from telephony.providers import ProviderError, fake
from telephony.providers.fake import FakeProvider
from telephony.providers.twilio import TwilioProvider
from telephony.services.calls import match_customer
from telephony.services.outbound import place_call, send_text, speak
from tests.factories import (
    AppointmentFactory,
    CustomerFactory,
    OutboundMessageFactory,
    UserFactory,
)
from tests.telephony import twilio
from tests.telephony.twilio import BASE, SHOP, call_fields, post, work_all

NOON = timezone.datetime(2026, 3, 4, 17, 0, tzinfo=timezone.get_fixed_timezone(0))


class PretendTwilio(HttpClient):
    """Twilio's end of the wire, as its API reference describes it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        self.down: Exception | int | None = None

    def request(self, method: str, uri: str, **options: Any) -> Response:
        self.asked.append((method, uri, options.get("data")))
        if isinstance(self.down, Exception):
            raise self.down
        if isinstance(self.down, int):
            refusal = {"code": 20500, "message": "To +12055550142 failed", "status": self.down}
            return Response(self.down, json.dumps(refusal))
        if method == "DELETE":
            return Response(204, "")
        kind = "CA" if uri.endswith("Calls.json") else "SM"
        return Response(201, json.dumps({"sid": kind + "1" * 32}))


def real() -> tuple[TwilioProvider, PretendTwilio]:
    wire = PretendTwilio()
    return TwilioProvider(Client("AC" + "1" * 32, "token", http_client=wire), SHOP), wire


@pytest.fixture(params=["fake", "twilio"])
def vendor(request: Any) -> Any:
    """(provider, a function that takes its service away)."""
    if request.param == "fake":
        provider = FakeProvider()
        return provider, lambda: setattr(provider, "down", True)
    found, wire = real()
    return found, lambda: setattr(wire, "down", requests.ConnectTimeout())


class TestContract:
    """What holds for the fake and for Twilio alike."""

    def test_call_has_an_id(self, vendor: Any) -> None:
        sid = vendor[0].place_call(to="+12055550142", answer_url=BASE, status_url=BASE)
        assert sid.startswith("CA") and len(sid) == 34

    def test_text_has_an_id(self, vendor: Any) -> None:
        assert vendor[0].send_text(to="+12055550142", text="Hello").startswith("SM")

    def test_deleting_a_recording_answers_nothing(self, vendor: Any) -> None:
        assert vendor[0].delete_recording("RE1") is None

    def test_provider_that_is_away_is_a_provider_error(self, vendor: Any) -> None:
        provider, take_away = vendor
        take_away()
        for ask in (
            lambda: provider.place_call(to="+12055550142", answer_url=BASE, status_url=BASE),
            lambda: provider.send_text(to="+12055550142", text="Hello"),
            lambda: provider.delete_recording("RE1"),
        ):
            with pytest.raises(ProviderError) as error:
                ask()
            assert not error.value.maybe_done

    @pytest.mark.parametrize(
        "url",
        [
            "http://api.twilio.com/RE1",
            "https://evil.example/RE1",
            "https://api.twilio.com.evil.example/RE1",
            "https://user:pw@api.twilio.com/RE1",
            "https://api.twilio.com:8443/RE1",
            "https://evil.example\\@api.twilio.com/RE1",
            "https://127.0.0.1/RE1",
            "https://[::1]/RE1",
            "https://[oops/RE1",
            "file:///etc/passwd",
            "//api.twilio.com/RE1",
            "",
        ],
    )
    def test_recording_elsewhere_is_never_asked_for(self, vendor: Any, url: str) -> None:
        with pytest.raises(ProviderError):
            vendor[0].open_recording(url)


def test_twilio_is_asked_as_its_reference_says() -> None:
    provider, wire = real()
    provider.place_call(to="+12055550142", answer_url=f"{BASE}/a", status_url=f"{BASE}/s")
    _method, _uri, data = wire.asked[0]
    assert (data["To"], data["From"], data["Url"]) == ("+12055550142", SHOP, f"{BASE}/a")


def test_twilio_refusal_quotes_no_number() -> None:
    provider, wire = real()
    wire.down = 400
    with pytest.raises(ProviderError) as error:
        provider.send_text(to="+12055550142", text="Hello")
    assert "2055550142" not in str(error.value) and "400" in str(error.value)
    assert not error.value.maybe_done


@pytest.mark.parametrize("down", [503, requests.ReadTimeout()])
def test_twilio_fault_after_the_request_left_may_have_done_it(down: Any) -> None:
    provider, wire = real()
    wire.down = down
    with pytest.raises(ProviderError) as error:
        provider.send_text(to="+12055550142", text="Hello")
    assert error.value.maybe_done


def test_twilio_recording_that_is_gone_is_deleted() -> None:
    provider, wire = real()
    wire.down = 404
    provider.delete_recording("RE1")


@pytest.mark.django_db
class TestPlaceCall:
    @pytest.fixture(autouse=True)
    def _telephone(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
        twilio.set_up(settings)
        self.provider = FakeProvider()
        monkeypatch.setattr(fake, "PROVIDER", self.provider)
        with time_machine.travel(NOON, tick=False):
            yield

    @pytest.fixture
    def user(self) -> User:
        return UserFactory(phone="(404) 555-0177")

    @pytest.fixture
    def customer(self) -> Customer:
        return CustomerFactory(phone="+12055550142", state="GA")

    def test_rings_the_user_first_and_keeps_the_call(self, user: User, customer: Customer) -> None:
        call = place_call(user=user, customer=customer, purpose="service")
        asked = self.provider.calls[0]
        assert asked["to"] == "+14045550177"
        assert parse_qs(asked["answer_url"].partition("?")[2]) == {"call": [str(call.pk)]}
        assert asked["answer_url"].startswith(f"{BASE}/calls/webhooks/twilio/outbound?")
        assert (call.status, call.caller_phone, call.advisor) == ("queued", "+12055550142", user)
        assert call.call_sid is not None
        assert ContactDecision.objects.get().allowed

    def test_then_rings_the_customer(self, user: User, customer: Customer) -> None:
        call = place_call(user=user, customer=customer, purpose="service")
        fields = call_fields("in-progress", CallSid=str(call.call_sid), Direction="outbound-api")
        answer = post("outbound", fields, call=str(call.pk)).content.decode()
        assert "+12055550142</Number>" in answer
        assert f'callerId="{SHOP}"' in answer

    def test_tells_the_customer_of_the_recording_where_it_must(
        self, user: User, settings: Any
    ) -> None:
        twilio.set_up(settings, recording=True)
        call = place_call(user=user, customer=CustomerFactory(state="FL"), purpose="service")
        fields = call_fields("in-progress", CallSid=str(call.call_sid), Direction="outbound-api")
        assert "announce?" in post("outbound", fields, call=str(call.pk)).content.decode()
        leg = fields | {"ParentCallSid": fields["CallSid"], "CallSid": "CAleg"}
        spoken = post("announce", leg, stage="customer", call=str(call.pk)).content.decode()
        assert "may be recorded" in spoken
        work_all()
        call.refresh_from_db()
        assert call.recording_disclosed_at is not None

    def test_customer_is_found_by_number(self, user: User, customer: Customer) -> None:
        assert place_call(user=user, number="205-555-0142", purpose="service").customer == customer

    def test_second_click_while_it_rings_is_refused(self, user: User, customer: Customer) -> None:
        place_call(user=user, customer=customer, purpose="service")
        with pytest.raises(Refused) as refused:
            place_call(user=user, customer=customer, purpose="service")
        assert refused.value.code == "already_ringing"
        assert len(self.provider.calls) == 1

    def test_gate_that_says_no_is_obeyed(self, user: User, customer: Customer) -> None:
        with time_machine.travel("2026-03-05T05:00:00Z", tick=False), pytest.raises(Refused):
            place_call(user=user, customer=customer, purpose="service")
        assert (self.provider.calls, CallLog.objects.count()) == ([], 0)
        assert not ContactDecision.objects.get().allowed

    def test_user_without_a_number_is_told(self, customer: Customer) -> None:
        with pytest.raises(Refused) as refused:
            place_call(user=UserFactory(phone=""), customer=customer, purpose="service")
        assert refused.value.code == "no_own_number"

    def test_number_of_nobody_is_called_and_judged_as_such(self, user: User) -> None:
        call = place_call(user=user, number="(205) 555-0100 x7", purpose="service")
        assert (call.customer, call.caller_phone, call.caller_extension) == (
            None, "+12055550100", "7",
        )  # fmt: skip
        decision = ContactDecision.objects.get()
        assert (decision.customer, decision.phone, decision.allowed) == (
            None, "+12055550100", True,
        )  # fmt: skip
        fields = call_fields("in-progress", CallSid=str(call.call_sid), Direction="outbound-api")
        answer = post("outbound", fields, call=str(call.pk)).content.decode()
        assert "+12055550100</Number>" in answer

    def test_unanswered_call_to_a_stranger_ends_and_is_theirs_once_they_are_in_the_books(
        self, user: User
    ) -> None:
        call = place_call(user=user, number="+12055550100", purpose="service")
        fields = call_fields("completed", CallSid=str(call.call_sid), Direction="outbound-api")
        post("dial", fields | {"DialCallStatus": "busy"}, stage="customer", call=str(call.pk))
        post("status", fields, call=str(call.pk))
        work_all()
        call.refresh_from_db()
        assert (call.is_open, call.answered_by, WorkItem.objects.count()) == (False, None, 0)
        customer = CustomerFactory(phone="+12055550100")
        match_customer(customer=customer)
        assert customer.contacts.get().by == user

    @pytest.mark.parametrize(
        ("number", "code"),
        [
            ("", "invalid"),
            ("12", "invalid"),
            ("555-0100", "invalid"),
            ("911", "invalid"),
            ("112", "invalid"),
            ("911-555-0100", "undialable"),
            ("900-555-0100", "undialable"),
            ("205-976-1234", "undialable"),
            ("+44 909 879 0000", "undialable"),
            ("+44 20 7183 8750", "undialable"),
            ("876-555-0100", "undialable"),
            ("+881 612 345 678", "undialable"),
            (SHOP, "undialable"),
            ("404 555 0101", "undialable"),
            ("404 555 0177", "undialable"),
        ],
    )
    def test_number_that_no_click_may_dial_is_refused(
        self, number: str, code: str, user: User
    ) -> None:
        with pytest.raises(Refused) as refused:
            place_call(user=user, number=number, purpose="service")
        assert (refused.value.code, refused.value.field) == (code, "number")
        assert (self.provider.calls, CallLog.objects.count()) == ([], 0)

    @pytest.mark.parametrize("number", ["911", " 9-1-1", "112", "988"])
    def test_emergency_number_is_left_to_the_hand(self, number: str, user: User) -> None:
        with pytest.raises(Refused) as refused:
            place_call(user=user, number=number, purpose="service")
        assert refused.value.remedy == "Dial it by hand."

    def test_countries_are_those_of_the_settings_and_of_customers_any(
        self, user: User, settings: Any
    ) -> None:
        abroad = CustomerFactory(phone="+442071838750", state="GA")
        place_call(user=user, customer=abroad, purpose="service")
        twilio.set_up(settings, countries=["US", "GB"])
        CallLog.objects.update(status="completed")
        place_call(user=user, number="+44 20 7183 8751", purpose="service")

    def test_number_of_nobody_is_left_alone_when_it_asked_so(self, user: User) -> None:
        opt_out_number(phone="+12055550100", source="call")
        with pytest.raises(Refused) as refused:
            place_call(user=user, number="+12055550100", purpose="callback")
        assert refused.value.code == "do_not_call"

    def test_offers_to_nobody_have_nothing_to_stand_on(self, user: User) -> None:
        with pytest.raises(Refused) as refused:
            place_call(user=user, number="+12055550100", purpose="marketing")
        assert refused.value.code == "no_consent"

    def test_number_of_nobody_is_called_by_the_strictest_clock_and_no_oftener(
        self, user: User
    ) -> None:
        """Eight in the evening in Georgia is too late in Florida, and three calls are enough."""
        late = "2026-03-05T01:00:00Z"
        with time_machine.travel(late, tick=False), pytest.raises(Refused) as refused:
            place_call(user=user, number="+12055550100", purpose="service")
        assert refused.value.code == "quiet_hours"
        for _ in range(3):
            place_call(user=user, number="+12055550100", purpose="service")
            CallLog.objects.update(status="completed")
        with pytest.raises(Refused) as refused:
            place_call(user=user, number="+12055550100", purpose="service")
        assert refused.value.code == "too_many_calls"
        place_call(user=user, number="+12055550101", purpose="service")

    def test_other_number_of_a_customer_is_judged_by_both(
        self, user: User, customer: Customer
    ) -> None:
        other = "+12055550100"
        call = place_call(user=user, customer=customer, number=other, purpose="service")
        assert (call.customer, call.caller_phone) == (customer, other)
        CallLog.objects.update(status="completed")
        opt_out_number(phone=other, source="call")
        with pytest.raises(Refused) as refused:
            place_call(user=user, customer=customer, number=other, purpose="service")
        assert refused.value.code == "do_not_call"
        opt_out(customer=customer, source="call")
        with pytest.raises(Refused) as refused:
            place_call(user=user, customer=customer, number="+12055550103", purpose="service")
        assert refused.value.code == "opted_out"

    def test_number_of_another_customer_is_not_taken_for_this_ones(
        self, user: User, customer: Customer
    ) -> None:
        number = CustomerFactory().phone
        with pytest.raises(Refused) as refused:
            place_call(user=user, customer=customer, number=number, purpose="service")
        assert refused.value.field == "number"

    def test_unknown_purpose_is_refused(self, user: User, customer: Customer) -> None:
        with pytest.raises(Refused):
            place_call(user=user, customer=customer, purpose="magic")

    def test_without_credentials_it_says_what_to_set(
        self, user: User, customer: Customer, settings: Any
    ) -> None:
        twilio.set_up(settings, provider="", account_sid="")
        assert "TWILIO_ACCOUNT_SID" in providers.missing_settings()
        with pytest.raises(Refused) as refused:
            place_call(user=user, customer=customer, purpose="service")
        assert "TWILIO_ACCOUNT_SID" in str(refused.value)

    def test_ids_of_calls_differ_in_every_process_and_after_a_restart(
        self, user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in ("+12055550100", "+12055550101"):
            monkeypatch.setattr(fake, "PROVIDER", FakeProvider())
            place_call(user=user, number=number, purpose="service")
            CallLog.objects.update(status="completed")
        assert CallLog.objects.exclude(call_sid=None).count() == 2

    def test_provider_that_fails_leaves_a_failed_call(self, user: User, customer: Customer) -> None:
        self.provider.down = True
        with pytest.raises(Refused) as refused:
            place_call(user=user, customer=customer, purpose="service")
        assert refused.value.code == "provider_failed"
        assert CallLog.objects.get().status == "failed"

    def test_unanswered_call_is_a_contact_that_reached_nobody(
        self, user: User, customer: Customer
    ) -> None:
        call = place_call(user=user, customer=customer, purpose="callback")
        fields = call_fields("completed", CallSid=str(call.call_sid), CallDuration="20")
        fields |= {"Direction": "outbound-api"}
        dialled = fields | {"CallStatus": "in-progress", "DialCallStatus": "no-answer"}
        post("dial", dialled, stage="customer", call=str(call.pk))
        post("status", fields, call=str(call.pk))
        work_all()
        contact = customer.contacts.get()
        assert (contact.outcome, contact.reached, contact.purpose) == (
            "no_answer", False, "callback",
        )  # fmt: skip

    def test_text_goes_to_the_provider(self, customer: Customer) -> None:
        message = Message(customer.pk, customer.phone, "Reminder", "See you at 10", "k")
        assert send_text(message).startswith("SM")
        assert self.provider.texts == [{"to": customer.phone, "text": "See you at 10"}]

    @pytest.mark.parametrize(("maybe", "raised"), [(True, MaybeSent), (False, NotSent)])
    def test_text_that_fails_says_whether_it_may_be_out(
        self, maybe: bool, raised: type[Exception], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(**_: str) -> str:
            raise ProviderError("no", maybe_done=maybe)

        monkeypatch.setattr(self.provider, "send_text", fail)
        with pytest.raises(raised):
            send_text(Message(CustomerFactory().pk, "+12055550142", "", "", "k"))


@pytest.mark.django_db
class TestSpokenReminder:
    @pytest.fixture(autouse=True)
    def _telephone(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
        twilio.set_up(settings)
        self.provider = FakeProvider()
        monkeypatch.setattr(fake, "PROVIDER", self.provider)
        monkeypatch.setattr(outbound_channels, "_senders", {Channel.AI_CALL: speak})
        with time_machine.travel(NOON, tick=False):
            yield

    @pytest.fixture
    def planned(self) -> OutboundMessage:
        customer = CustomerFactory(phone="+12055550142", preferred_contact_method="phone")
        record_consent(
            customer=customer, channel="ai_call", purpose="reminder", basis="spoken", source="call"
        )
        visit = AppointmentFactory(customer=customer, scheduled_at=NOON + timedelta(days=1))
        message: Any = OutboundMessageFactory(appointment=visit, due_at=NOON)
        return message

    @pytest.fixture
    def message(self, planned: OutboundMessage) -> OutboundMessage:
        return sending.send(message=planned)

    def test_rings_the_customer_and_speaks_the_message(self, message: OutboundMessage) -> None:
        assert (message.status, message.channel) == ("sent", "ai_call")
        [call] = self.provider.calls
        assert call["to"] == "+12055550142"
        assert call["answer_url"].endswith(f"/spoken?message={message.pk}&stage=spoken")
        heard = self.callback(message, "in-progress").content.decode()
        assert "This is an automated call from" in heard
        assert "reminder of your appointment" in heard and "press 9" in heard
        assert "STOP" not in heard

    def test_call_is_in_the_log_as_a_reminder_and_one_contact(
        self, message: OutboundMessage
    ) -> None:
        self.callback(message, "in-progress")
        twilio.post("status", self.fields("completed", CallDuration="20"), stage="spoken")
        twilio.work_all()
        call = CallLog.objects.get()
        assert (call.direction, call.call_type, call.purpose) == (
            "outbound", "reminder", "reminder",
        )  # fmt: skip
        assert (call.answered_by, call.customer) == ("agent", message.appointment.customer)
        assert ContactAttempt.objects.get().key == f"message:{message.pk}"

    def test_nine_ends_such_calls_once(self, message: OutboundMessage) -> None:
        for _ in range(2):
            heard = self.callback(message, "in-progress", Digits="9").content.decode()
            assert "any more" in heard
        line = Consent.objects.get(revoked_at__isnull=False)
        assert (line.customer, line.channel) == (message.appointment.customer, "ai_call")

    def test_unknown_message_is_not_spoken(self) -> None:
        for key in ("", "nonsense", "00000000-0000-0000-0000-000000000000"):
            answer = twilio.post("spoken", self.fields("in-progress"), message=key, stage="spoken")
            assert "not known" in answer.content.decode()

    @pytest.mark.parametrize(("maybe_done", "status"), [(False, "planned"), (True, "uncertain")])
    def test_provider_that_fails_is_asked_again_only_when_nothing_left(
        self,
        maybe_done: bool,
        status: str,
        planned: OutboundMessage,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def fail(**_: str) -> str:
            raise ProviderError("away", maybe_done=maybe_done)

        monkeypatch.setattr(self.provider, "place_call", fail)
        assert sending.send(message=planned).status == status

    def callback(self, message: OutboundMessage, status: str, **more: str) -> Any:
        fields = self.fields(status, **more)
        return twilio.post("spoken", fields, message=str(message.pk), stage="spoken")

    @staticmethod
    def fields(status: str, **more: str) -> dict[str, str]:
        parties = {"From": twilio.SHOP, "To": "+12055550142", "Direction": "outbound-api"}
        return twilio.call_fields(status) | parties | more


@pytest.mark.django_db
@pytest.mark.parametrize("known", [True, False])
def test_stop_ends_texts_and_machine_calls_at_once_and_is_noted_once(
    known: bool, settings: Any
) -> None:
    twilio.set_up(settings)
    if known:
        CustomerFactory(phone="+12055550142")
    fields = {"MessageSid": "SM1", "From": "+12055550142", "To": SHOP, "Body": " Stop "}
    for _ in range(2):
        assert twilio.post("text", fields).status_code == 200
    twilio.post("text", fields | {"Body": "When do you open?", "From": "+12055550143"})
    lines = Consent.objects.order_by("channel").values_list("channel", "phone")
    channels = ["ai_call", "text"] if known else [""]
    assert list(lines) == [(channel, "+12055550142") for channel in channels]
