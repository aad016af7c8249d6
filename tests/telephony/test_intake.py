"""Replays, disorder and lateness of callbacks end in one state; what people decided stays."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from crm.models import ContactAttempt, WorkItem
from telephony.callstate import TERMINAL, Event, fold
from telephony.models import CallLog, ProviderEvent
from telephony.services import calls, intake
from tests.factories import CustomerFactory, UserFactory
from tests.telephony.factories import CallLogFactory
from tests.telephony.twilio import SID, call_fields, work_all

NOON = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)
CALLER = "+12055550142"
REC = "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1"


def at(seconds: int) -> datetime:
    return NOON + timedelta(seconds=seconds)


def told(kind: str, status: str, seconds: int, stage: str = "", **more: str) -> dict[str, Any]:
    """Arguments of `receive` for one callback."""
    fields = call_fields(status, at=at(seconds), **more)
    return {"kind": kind, "fields": fields, "stage": stage, "disclosed": kind == "voice"}


LEG = {"ParentCallSid": SID, "CallSid": "CAleg"}
ANSWERED = [
    told("voice", "ringing", 0),
    told("leg", "ringing", 3, "people", **LEG),
    told("leg", "in-progress", 9, "people", **LEG),
    told("transcription", "in-progress", 20, TranscriptionEvent="transcription-content",
         TranscriptionData='{"transcript": "Can I move my appointment?"}', SequenceId="1",
         Track="inbound_track"),
    told("transcription", "in-progress", 24, TranscriptionEvent="transcription-content",
         TranscriptionData='{"transcript": "Sure, to when?"}', SequenceId="2",
         Track="outbound_track"),
    told("dial", "in-progress", 70, "people", DialCallStatus="completed", DialCallDuration="60"),
    told("recording", "completed", 75, "people", RecordingUrl=REC, RecordingDuration="60",
         RecordingStatus="completed"),
    told("status", "holding", 40),
    told("status", "completed", 71, CallDuration="71"),
]  # fmt: skip
MISSED = [
    told("voice", "ringing", 0),
    told("leg", "no-answer", 20, "people", **LEG),
    told("dial", "in-progress", 20, "people", DialCallStatus="no-answer"),
    told("voicemail", "in-progress", 45, RecordingUrl=REC, RecordingDuration="18"),
    told("recording", "completed", 47, "voicemail", RecordingUrl=REC, RecordingDuration="18"),
    told("transcription", "completed", 60, "voicemail", TranscriptionText="Please call me back."),
    told("status", "completed", 46, CallDuration="46"),
]
REFUSED = [*ANSWERED, told("consent", "in-progress", 5, "people", Digits="9")]
OWN = ("id", "created_at", "updated_at", "customer_id")


def as_event(args: dict[str, Any]) -> Event:
    return Event(args["kind"], args["fields"], NOON, args["stage"], args["disclosed"])


ALL = [as_event(args) for args in (*REFUSED, *MISSED)]


@given(st.lists(st.sampled_from(ALL), min_size=1, max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=1000, deadline=None)
def test_fold_looks_at_the_set_of_events_only(history: list[Event], random: Any) -> None:
    again = [*history, *random.choices(history, k=3)]
    random.shuffle(again)
    once = list({id(event): event for event in again}.values())
    assert fold(again) == fold(history) == fold(once)


@given(st.lists(st.sampled_from(ALL), min_size=1, max_size=12), st.sampled_from(ALL))
@settings(max_examples=500, deadline=None)
def test_fold_of_more_events_never_goes_back(history: list[Event], further: Event) -> None:
    before, after = fold(history), fold([*history, further])
    assert not before.is_terminal or after.is_terminal
    assert before.answered_by is None or after.answered_by is not None
    assert before.consent != "refused" or after.consent == "refused"


def deliver(history: list[dict[str, Any]], *, at_once: bool = False) -> None:
    """Callbacks in this order, each worked as it comes or all at the end."""
    for args in history:
        intake.receive(provider="twilio", **args)
        if not at_once:
            work_all()
    work_all()


def end_state() -> dict[str, Any]:
    """Everything that the callbacks led to, without keys and stamps."""
    call = CallLog.objects.values().get()
    work = sorted(WorkItem.objects.filter(closed_at=None).values_list("kind", "title"))
    contact = list(ContactAttempt.objects.values_list("direction", "outcome", "reached", "at"))
    return {
        "call": {name: value for name, value in call.items() if name not in OWN},
        "work": work,
        "contact": contact,
    }


HISTORIES = {"answered": ANSWERED, "missed": MISSED, "refused": REFUSED}
Delivery = tuple[str, list[dict[str, Any]], bool]


@st.composite
def deliveries(draw: st.DrawFn) -> Delivery:
    """A history out of order, some of it again, worked as it comes or all at the end."""
    name = draw(st.sampled_from(sorted(HISTORIES)))
    history = HISTORIES[name]
    again = draw(st.lists(st.sampled_from(history), max_size=3))
    return name, draw(st.permutations([*history, *again])), draw(st.booleans())


def delivered(history: list[dict[str, Any]], *, at_once: bool, kept: int) -> dict[str, Any]:
    """The end of these callbacks, of which `kept` differ, in a database that knew none."""
    with time_machine.travel(NOON + timedelta(days=1), tick=False), transaction.atomic():
        CustomerFactory(phone=CALLER)
        deliver(history, at_once=at_once)
        assert ProviderEvent.objects.count() == kept
        state = end_state()
        transaction.set_rollback(True)
    return state


@pytest.fixture
def in_order() -> dict[str, dict[str, Any]]:
    """How each history ends when it comes once, in its order and in time."""
    return {
        name: delivered(history, at_once=False, kept=len(history))
        for name, history in HISTORIES.items()
    }


@pytest.mark.django_db
# The pure twin above looks at a thousand histories; here each example is some hundred statements,
# so the worst orders are given and few are drawn.
@example(("answered", ANSWERED[::-1], False))
@example(("missed", MISSED[::-1], False))
@example(("refused", REFUSED[::-1], False))
@example(("refused", [REFUSED[-1], *REFUSED[::-1], *REFUSED], True))
@given(deliveries())
@settings(
    max_examples=12,
    deadline=None,
    # Shrinking takes minutes with a database behind it.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_order_repetition_and_delay_end_in_the_same_state(
    in_order: dict[str, dict[str, Any]], delivery: Delivery
) -> None:
    name, shuffled, at_once = delivery
    kept = len(HISTORIES[name])
    assert delivered(shuffled, at_once=at_once, kept=kept) == in_order[name]


@pytest.mark.django_db
class TestOneCall:
    @pytest.fixture(autouse=True)
    def _at_noon(self) -> Any:
        with time_machine.travel(NOON + timedelta(hours=1), tick=False):
            yield

    def test_answered_call_has_its_times_words_and_recording(self) -> None:
        customer = CustomerFactory(phone=CALLER)
        deliver(ANSWERED)
        call = CallLog.objects.get()
        assert call.customer == customer
        assert (call.status, call.answered_by, call.provider_status) == (
            "completed", "person", "holding",
        )  # fmt: skip
        assert (call.started_at, call.answered_at, call.ended_at) == (at(0), at(9), at(71))
        assert (call.duration_seconds, call.recording_url, call.recording_seconds) == (71, REC, 60)
        assert call.transcript == "Customer: Can I move my appointment?\nAdvisor: Sure, to when?"
        assert (call.recording_consent, call.recording_disclosed_at) == ("implied", at(0))

    def test_answered_call_is_a_contact_and_no_work(self) -> None:
        customer = CustomerFactory(phone=CALLER)
        deliver(ANSWERED)
        contact = ContactAttempt.objects.get()
        assert (contact.customer, contact.direction, contact.reached) == (customer, "inbound", True)
        assert not WorkItem.objects.exists()
        customer.refresh_from_db()
        assert customer.last_contact_date == at(0)

    def test_voicemail_becomes_work(self) -> None:
        CustomerFactory(phone=CALLER)
        deliver(MISSED)
        call = CallLog.objects.get()
        assert (call.is_voicemail, call.is_missed) == (True, True)
        item = WorkItem.objects.get()
        assert (item.kind, item.url) == ("voicemail", call.get_absolute_url())
        assert ContactAttempt.objects.get().outcome == "voicemail"

    def test_missed_call_becomes_work_and_a_later_answered_one_closes_it(self) -> None:
        CustomerFactory(phone=CALLER)
        deliver([MISSED[0], told("status", "no-answer", 30)])
        assert WorkItem.objects.get().kind == "missed_call"
        later = [dict(args, fields=args["fields"] | {"CallSid": "CA2"}) for args in (
            told("voice", "ringing", 100),
            told("dial", "in-progress", 170, "people", DialCallStatus="completed"),
            told("status", "completed", 171),
        )]  # fmt: skip
        deliver(later)
        item = WorkItem.objects.get()
        assert (item.outcome, item.closed_at is not None) == ("returned", True)

    def test_answer_that_is_told_late_takes_the_work_back(self) -> None:
        CustomerFactory(phone=CALLER)
        deliver([ANSWERED[0], ANSWERED[-1]])
        assert WorkItem.objects.open().count() == 1
        deliver([ANSWERED[2]])
        assert WorkItem.objects.open().count() == 0
        assert ContactAttempt.objects.get().reached is True

    def test_beep_and_hang_up_is_no_voicemail(self) -> None:
        deliver([*MISSED[:3], told("voicemail", "completed", 45, RecordingDuration="0")])
        assert not CallLog.objects.get().is_voicemail

    def test_unknown_status_is_kept_and_ends_nothing(self) -> None:
        deliver([told("status", "teleported", 3)])
        call = CallLog.objects.get()
        assert (call.status, call.provider_status, call.is_open) == ("queued", "teleported", True)

    def test_refusal_leaves_neither_recording_nor_transcript(self) -> None:
        deliver(REFUSED)
        call = CallLog.objects.get()
        assert (call.recording_url, call.transcript, call.recording_consent) == (
            None, None, "refused",
        )  # fmt: skip

    def test_callback_without_a_call_is_not_kept(self) -> None:
        assert not intake.receive(provider="twilio", kind="status", fields={"CallStatus": "busy"})
        assert not ProviderEvent.objects.exists()

    @pytest.mark.parametrize(
        "number", ["+266696687", "anonymous", "", "client:alex", "sip:a@b.example", "<script>"]
    )
    def test_withheld_and_odd_numbers_are_anonymous(self, number: str) -> None:
        deliver([told("voice", "ringing", 0, From=number)])
        call = CallLog.objects.get()
        assert (call.caller_phone, call.customer, call.direction) == ("anonymous", None, "inbound")

    def test_what_a_person_decided_survives_further_callbacks(self) -> None:
        deliver(ANSWERED[:3])
        customer, advisor = CustomerFactory(), UserFactory()
        call = CallLog.objects.get()
        calls.update_call(
            call=call,
            data={"customer": customer, "advisor": advisor, "outcome": "information_provided"},
        )
        deliver(ANSWERED[3:])
        call.refresh_from_db()
        assert (call.customer, call.advisor, call.outcome) == (
            customer, advisor, "information_provided",
        )  # fmt: skip

    def test_callback_that_is_quicker_than_our_note_of_its_id_finds_the_placed_call(self) -> None:
        placed = CallLogFactory(
            call_sid=None, direction="outbound", status="queued", answered_by=None
        )
        args = told("status", "ringing", 1, Direction="outbound-api") | {"call": str(placed.pk)}
        deliver([args])
        placed.refresh_from_db()
        assert (placed.call_sid, placed.status, CallLog.objects.count()) == (SID, "ringing", 1)

    def test_status_never_goes_back_even_without_the_events_that_moved_it(self) -> None:
        deliver(ANSWERED)
        ProviderEvent.objects.all().delete()
        deliver([told("status", "ringing", 300)])
        assert CallLog.objects.get().status == "completed"


def test_terminal_statuses_are_the_last_five() -> None:
    assert sorted(TERMINAL) == ["busy", "canceled", "completed", "failed", "no_answer"]
