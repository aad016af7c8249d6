"""Simulated calls: six recorded scenarios over real requests, the command, the page."""

import io
from typing import Any
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from crm.enums import Role
from crm.models import ApiToken, Appointment, Consent
from telephony.agent import transport
from telephony.agent.dialogue import Dialogue, State, stored
from telephony.agent.line import Line as PhoneLine
from telephony.agent.line import SimulatedCall
from telephony.agent.scenarios import load, play, said_by, scenarios
from telephony.agent.transport import ToolError, in_process, short_token, to_server, tools_over
from telephony.models import CallerVerification, CallLog, ProviderEvent
from telephony.providers.signature import simulator_token
from telephony.services import pop
from telephony.services.simulation import demo_caller
from tests import factories
from tests.crm.pages import HTMX
from tests.telephony.agent import STRANGER, Line, a_customer, a_visit
from tests.telephony.twilio import BASE, TOKEN, call_fields, set_up, sign, work_all

pytestmark = pytest.mark.django_db

NAMES = ["cancel", "locked_out", "new_appointment", "opt_out", "reschedule", "unknown_caller"]


def caller_of(kind: str) -> Any:
    """The customer whom a scenario needs; None for a stranger."""
    if kind == "stranger":
        factories.shop_with()
        return None
    customer = a_customer()
    if kind == "customer_with_visit":
        a_visit(customer, days=2)
    return customer


def test_six_scenarios_are_recorded() -> None:
    assert list(scenarios()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_scenario_goes_as_recorded_from_ring_to_summary(name: str) -> None:
    scenario = scenarios()[name]
    customer = caller_of(scenario.caller)
    dialled = SimulatedCall(customer.phone if customer else STRANGER)
    said = said_by(customer.date_of_birth if customer else None)
    with short_token() as token:
        post = in_process()
        ask, line = tools_over(post, token, dialled.context), PhoneLine(dialled, post)
        turns = list(play(scenario, ask, shop="Magnolia Motors", said=said, phone=line))
    assert [wrong for _, wrong in turns if wrong] == []
    told = list(ProviderEvent.objects.order_by("id").values_list("kind", flat=True))
    assert told == ["voice", "leg", "dial", "status"]
    work_all()
    call = CallLog.objects.get()
    assert call.outcome in scenario.outcomes
    assert (call.provider, call.answered_by) == ("simulator", "agent")
    assert (call.status, call.llm_model_used) == ("completed", "scripted")
    assert call.summary.startswith("Simulated call.")
    if name == "new_appointment":
        assert Appointment.objects.get().customer == customer
    if name == "cancel":
        assert Appointment.objects.get().status == "cancelled"
    if name == "opt_out":
        assert Consent.objects.get().phone == customer.phone
    if name == "locked_out":
        assert CallerVerification.objects.get().locked_at is not None
    if name == "unknown_caller":
        assert call.customer is None


def test_scenario_that_goes_otherwise_says_what_was_wrong() -> None:
    customer = caller_of("customer")
    line = Line(customer.phone)
    said = said_by(customer.date_of_birth)
    ask = lambda tool, arguments: line(tool, **arguments)  # noqa: E731
    # This customer has no visit to cancel.
    wrongs = [wrong for _, wrong in play(scenarios()["cancel"], ask, shop="X", said=said)]
    assert any("I see no visit" in wrong for wrong in wrongs)


def test_file_that_is_no_scenario_is_refused(tmp_path: Any) -> None:
    path = tmp_path / "odd.json"
    path.write_text('{"title": "x"}')
    with pytest.raises(ValueError, match=r"odd\.json is no scenario"):
        load(path)


def test_requests_in_process_go_through_the_whole_stack() -> None:
    factories.shop_with()
    with short_token() as token:
        ask = tools_over(in_process(), token, {"call_id": "c1", "caller_phone": STRANGER})
        assert ask("lookup", {})["ok"]
        with pytest.raises(ToolError, match="answered 400"):
            ask("book", {"start": "soon"})
    assert CallLog.objects.get().call_sid == "c1"
    assert not ApiToken.objects.exists()
    with pytest.raises(ToolError, match="answered 401"):
        tools_over(in_process(), token, {"call_id": "c2"})("lookup", {})


def test_server_that_is_not_there_is_said_so() -> None:
    ask = tools_over(to_server("http://127.0.0.1:9"), "x", {"call_id": "c1"})
    with pytest.raises(ToolError, match="cannot be reached"):
        ask("lookup", {})


def test_host_is_one_that_the_installation_answers_to(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    assert transport.own_host() == "localhost"
    settings.ALLOWED_HOSTS = [".crm.dealer.example"]
    assert transport.own_host() == "crm.dealer.example"


def test_dialogue_goes_on_from_its_stored_state() -> None:
    factories.shop_with()
    line = Line(STRANGER)
    ask = lambda tool, arguments: line(tool, **arguments)  # noqa: E731
    first = Dialogue(ask, shop="X")
    first.ring()
    first.hear("I need new brakes")
    second = Dialogue(ask, shop="X", state=State(**stored(first.state)))
    second.hear("the first")
    second.hear("Kim Park")
    assert second.turns[-1].text.startswith("You are booked for new brakes")


def test_ring_shows_the_card_to_the_advisor_until_somebody_hangs_up(client: Any) -> None:
    factories.shop_with()
    advisor: Any = factories.UserFactory(role=Role.ADVISOR)
    customer = a_customer(preferred_service_advisor=advisor, phone="+12055550142")
    client.force_login(advisor, backend="crm.adapters.StaffBackend")
    address = reverse("telephony:simulator")
    with mock.patch.object(pop, "tell") as told:
        rung = client.post(address, {"phone": customer.phone, "scenario": ""})
        assert {call.kwargs["users"][0] for call in told.call_args_list} == {advisor.pk}
    assert "Thank you for calling" in rung.content.decode()
    card = client.get(reverse("telephony:ringing"), headers=HTMX)
    assert customer.name in card.content.decode()
    ended = client.post(address, {"conversation": rung.context["conversation"], "hang_up": "1"})
    assert ended.status_code == 200
    assert client.get(reverse("telephony:ringing"), headers=HTMX).status_code == 204
    assert CallLog.objects.get().status == "completed"


def test_neither_the_simulator_nor_the_provider_can_pass_for_the_other(
    settings: Any, client: Any
) -> None:
    set_up(settings)
    fields = call_fields("ringing")
    for query, token in (("?line=simulator", TOKEN), ("", simulator_token())):
        path = reverse("telephony:twilio_voice") + query
        signature = sign(BASE + path, fields, token)
        answer = client.post(path, fields, headers={"X-Twilio-Signature": signature})
        assert answer.status_code == 403
    assert not ProviderEvent.objects.exists()


def test_server_with_another_key_is_named() -> None:
    def post(path: str, body: bytes, headers: Any) -> tuple[int, bytes]:
        return in_process()(path, body, headers | {"X-Twilio-Signature": "x"})

    with pytest.raises(ToolError, match="another SECRET_KEY"):
        PhoneLine(SimulatedCall(STRANGER), post).ring()


def demo_world() -> Any:
    customer = a_customer(batch=factories.DataBatchFactory())
    a_visit(customer, days=2)
    return customer


def run(*args: str, **options: Any) -> str:
    out = io.StringIO()
    call_command("simulate_call", *args, stdout=out, **options)
    return out.getvalue()


def test_command_plays_a_scenario_with_a_demonstration_customer() -> None:
    customer = demo_world()
    real = a_customer()
    a_visit(real, days=2)
    shown = run("cancel")
    assert "in the log: Cancelled" in shown
    assert CallLog.objects.get().customer == customer
    assert Appointment.objects.get(customer=real).status == "scheduled"


def test_command_without_anybody_to_call_ends_with_2() -> None:
    caller_of("customer")
    with pytest.raises(CommandError, match="No demonstration customer") as error:
        run("cancel")
    assert error.value.returncode == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nonsense"], "Unknown scenario: nonsense"),
        (["--url", "http://localhost:1"], "belong together"),
        (["--phone", "12"], "is not a telephone number"),
        (["--pause", "900"], "0 to 60 seconds"),
    ],
)
def test_command_that_is_called_wrong_ends_with_2(arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence) as error:
        run(*arguments)
    assert error.value.returncode == 2


def test_command_ends_with_1_when_a_call_goes_otherwise() -> None:
    a_customer(phone=STRANGER)
    with pytest.raises(CommandError, match="not go as recorded") as error:
        run("cancel", phone=STRANGER)
    assert error.value.returncode == 1


def test_command_takes_typed_words(monkeypatch: pytest.MonkeyPatch) -> None:
    factories.shop_with()
    said = iter(["I need an oil change", "the first", "Kim Park", ""])
    monkeypatch.setattr("builtins.input", lambda prompt: next(said))
    shown = run("--type", phone=STRANGER)
    assert "You are booked" in shown and "Goodbye" in shown
    assert Appointment.objects.get().customer.name == "Kim Park"


def test_customer_who_was_guessed_at_is_not_picked_again() -> None:
    customer = demo_world()
    assert demo_caller(with_visit=True) == customer
    Line(customer.phone)("verify_answer", factor="address", answer="somewhere")
    with pytest.raises(Exception, match="No demonstration customer"):
        demo_caller(with_visit=True)
    assert CallLog.objects.filter(started_at__lte=timezone.now()).exists()
