"""Confirmations and reminders: planned with the visit, through the gate, sent at most once."""

import smtplib
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from icalendar import Calendar

from crm import outbound
from crm.enums import BatchKind, Channel
from crm.models import Appointment, ContactAttempt, ContactDecision, OutboundMessage, WorkItem
from crm.outbound import MaybeSent, NotSent
from crm.services import appointments
from crm.services.consent import opt_out, record_consent
from crm.services.reminders import SEND_TASK, plan_messages, plan_missing
from crm.services.sending import send
from crm.tasks import send_message
from jobs.models import Outbox
from jobs.outbox import execute
from jobs.services import enqueue
from tests.factories import (
    AppointmentFactory,
    CustomerFactory,
    DataBatchFactory,
    OutboundMessageFactory,
    VehicleFactory,
    shop_with,
)

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 18, 17, tzinfo=UTC)  # a Wednesday, noon at the shop and in Georgia
VISIT = NOON + timedelta(days=2)


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def texts(monkeypatch):
    """A text channel that works; what it was given."""
    sent = []
    monkeypatch.setattr(outbound, "_senders", {**outbound._senders, Channel.TEXT: sent.append})
    return sent


def planned(kind="reminder", **changes) -> OutboundMessage:
    """A message that is due, for a customer who prefers e-mail."""
    customer = changes.pop("customer", None) or CustomerFactory(preferred_contact_method="email")
    visit = AppointmentFactory(
        customer=customer, scheduled_at=changes.pop("scheduled_at", VISIT), **changes
    )
    return OutboundMessageFactory(appointment=visit, kind=kind, due_at=NOON)


def run(message) -> OutboundMessage:
    send_message(message=str(message.pk))
    message.refresh_from_db()
    message.appointment.refresh_from_db()
    return message


def failing(monkeypatch, error, channel=Channel.EMAIL):
    def sender(message):
        raise error

    monkeypatch.setattr(outbound, "_senders", {channel: sender})


# Planning


def test_booking_plans_a_confirmation_now_and_a_reminder_the_day_before():
    shop_with()
    visit = appointments.book_appointment(
        customer=CustomerFactory(),
        scheduled_at=NOON + timedelta(days=5, hours=-2),
        service_type="Oil",
        enforce_hours=False,
    )
    rows = dict(OutboundMessage.objects.values_list("kind", "due_at"))
    assert rows == {
        "confirmation": NOON,
        "reminder": datetime(2026, 11, 22, 15, tzinfo=UTC),
    }
    waits = set(Outbox.objects.filter(task=SEND_TASK).values_list("not_before", flat=True))
    assert waits == {None, datetime(2026, 11, 22, 15, tzinfo=UTC)}
    assert plan_messages(appointment=visit) == 0
    appointments.confirm(appointment=visit)
    assert OutboundMessage.objects.count() == 2


@pytest.mark.parametrize(
    ("hours", "kinds"),
    [(-1, []), (0.5, []), (2, ["confirmation"]), (23, ["confirmation"])],
)
def test_near_visit_needs_no_reminder(hours, kinds):
    visit = AppointmentFactory(scheduled_at=NOON + timedelta(hours=hours))
    plan_messages(appointment=visit)
    assert list(OutboundMessage.objects.values_list("kind", flat=True)) == kinds


def test_moved_visit_is_told_anew_and_the_old_time_no_more():
    visit = AppointmentFactory(scheduled_at=VISIT)
    plan_messages(appointment=visit)
    old = OutboundMessage.objects.get(kind="reminder")
    shop_with()
    moved = appointments.move_appointment(
        appointment=visit, scheduled_at=VISIT + timedelta(days=3), enforce_hours=False
    )
    assert OutboundMessage.objects.filter(slot=moved.scheduled_at).count() == 2
    assert run(old).status == "dropped"
    assert mail.outbox == []


def test_night_plans_for_imported_visits_but_not_for_generated_people():
    imported = AppointmentFactory(scheduled_at=VISIT)
    AppointmentFactory(scheduled_at=VISIT, batch=DataBatchFactory(kind=BatchKind.DEMO))
    AppointmentFactory(scheduled_at=VISIT, reminder_sent=True)
    AppointmentFactory(scheduled_at=VISIT, status="cancelled")
    window = {"first": VISIT - timedelta(hours=1), "last": VISIT + timedelta(hours=1)}
    assert plan_missing(**window) == 1
    assert plan_missing(**window) == 0
    message = OutboundMessage.objects.get()
    assert (message.appointment, message.kind) == (imported, "reminder")


# Sending


def test_reminder_goes_by_mail_with_a_calendar_entry_and_is_on_record():
    customer = CustomerFactory(preferred_contact_method="email", first_name="Dana")
    message = run(planned(customer=customer, vehicle=VehicleFactory(customer=customer)))
    assert (message.status, message.channel, message.sent_at) == ("sent", "email", NOON)
    assert message.appointment.reminder_sent
    assert not message.appointment.confirmation_sent
    (letter,) = mail.outbox
    assert letter.to == [customer.email]
    assert letter.subject == "Reminder: your appointment on Friday, November 20 at 12:00 PM"
    assert "Hello Dana," in letter.body
    assert "answer with the word STOP" in letter.body
    name, content, kind = letter.attachments[0]
    (event,) = Calendar.from_ical(content).walk("VEVENT")
    assert (name, kind, event["dtstart"].dt) == ("appointment.ics", "text/calendar", VISIT)
    contact = ContactAttempt.objects.get()
    assert (contact.channel, contact.purpose, contact.key) == (
        "email",
        "reminder",
        f"message:{message.pk}",
    )
    assert ContactDecision.objects.get().allowed


def test_confirmation_sets_its_own_flag():
    message = run(planned(kind="confirmation"))
    assert message.appointment.confirmation_sent
    assert mail.outbox[0].subject.startswith("Your appointment")


def test_message_is_sent_once_however_often_the_task_runs():
    message = planned()
    for _ in range(3):
        run(message)
    assert len(mail.outbox) == 1
    assert ContactAttempt.objects.count() == 1


def test_worker_that_died_while_sending_leaves_a_case_for_a_person():
    message = planned()
    Outbox.objects.create(task=SEND_TASK, args={"message": str(message.pk)}, tries=2)
    assert run(message).status == "uncertain"
    assert mail.outbox == []
    work = WorkItem.objects.get()
    assert (work.kind, work.customer_id) == ("confirmation", message.appointment.customer_id)
    assert work.reason == "Reminder perhaps sent: A worker died while sending."
    assert not message.appointment.reminder_sent


def test_sender_that_lost_track_is_never_asked_again(monkeypatch):
    failing(monkeypatch, MaybeSent("timeout"))
    message = run(planned())
    assert (message.status, message.explanation) == ("uncertain", "timeout")
    assert not Outbox.objects.filter(task=SEND_TASK).exists()


def test_sender_that_refused_is_asked_again_with_growing_pauses(monkeypatch, noon):
    failing(monkeypatch, NotSent("down"))
    message = planned()
    pauses = []
    for _ in range(5):
        run(message)
        pauses.append(message.due_at - NOON)
        Outbox.objects.all().delete()
    assert [pause.seconds // 60 for pause in pauses[:4]] == [5, 10, 20, 40]
    assert (message.status, message.tries) == ("failed", 5)
    assert WorkItem.objects.get().kind == "confirmation"


@pytest.mark.parametrize(
    "change",
    [
        {"status": "cancelled", "cancellation_reason": "Sick"},
        {"status": "arrived"},
        {"reminder_sent": True},
        {"scheduled_at": NOON + timedelta(minutes=30)},
    ],
)
def test_message_that_is_no_longer_needed_is_dropped(change):
    message = planned()
    Appointment.objects.filter(pk=message.appointment_id).update(**change)
    assert run(message).status == "dropped"
    assert mail.outbox == []


# Through the gate


def test_whoever_wants_no_reminders_gets_none():
    customer = CustomerFactory(preferred_contact_method="email", receive_reminders=False)
    message = run(planned(customer=customer))
    assert (message.status, message.explanation) == ("blocked", "Does not want reminders.")
    assert mail.outbox == []
    assert WorkItem.objects.get().barred == "prefers_not"


def test_opt_out_between_planning_and_sending_counts():
    message = planned()
    opt_out(customer=message.appointment.customer, source="page")
    assert run(message).status == "blocked"
    assert mail.outbox == []


def test_preferred_channel_comes_first_and_the_next_one_stands_in(texts):
    by_text = CustomerFactory(preferred_contact_method="text")
    assert run(planned(customer=by_text)).channel == "text"
    assert texts[0].to == by_text.phone
    assert texts[0].body.endswith("Reply STOP to opt out.")
    opted_out = CustomerFactory(preferred_contact_method="text")
    opt_out(customer=opted_out, source="page", channel="text")
    assert run(planned(customer=opted_out)).channel == "email"


def test_channel_that_is_not_set_up_is_passed_over():
    assert run(planned(customer=CustomerFactory(preferred_contact_method="text"))).channel == (
        "email"
    )


def test_machine_calls_only_whoever_agreed_to_one(monkeypatch):
    calls = []
    monkeypatch.setattr(outbound, "_senders", {Channel.AI_CALL: calls.append})
    customer = CustomerFactory(preferred_contact_method="phone")
    assert run(planned(customer=customer)).status == "blocked"
    record_consent(
        customer=customer, channel="ai_call", purpose="reminder", basis="spoken", source="call"
    )
    assert run(planned(customer=customer, vehicle=None)).channel == "ai_call"
    assert len(calls) == 1


def test_quiet_hours_put_a_text_off_until_the_morning(texts, noon):
    noon.move_to(datetime(2026, 11, 19, 3, tzinfo=UTC))  # ten at night
    customer = CustomerFactory(preferred_contact_method="text", email=None)
    message = run(planned(customer=customer))
    eight = datetime(2026, 11, 19, 13, tzinfo=UTC)
    assert (message.status, message.due_at) == ("planned", eight)
    assert Outbox.objects.get(task=SEND_TASK).not_before == eight
    noon.move_to(eight)
    Outbox.objects.all().delete()
    assert run(message).status == "sent"


def test_nobody_reachable_is_handed_to_a_person():
    message = run(planned(customer=CustomerFactory(email=None)))
    assert message.status == "blocked"
    assert WorkItem.objects.get().title == "Confirm: Oil and filter change"


def test_no_channel_at_all_is_handed_to_a_person(monkeypatch):
    monkeypatch.setattr(outbound, "_senders", {})
    assert run(planned()).explanation == "No channel is set up for this customer."


# The mail server's answers


class Server:
    """A mail backend that fails where it is told to."""

    def __init__(self, opening=None, sending=None, closing=None):
        self.errors = {"open": opening, "send": sending, "close": closing}

    def _step(self, name):
        if self.errors[name] is not None:
            raise self.errors[name]

    def open(self):
        self._step("open")

    def send_messages(self, messages):
        self._step("send")

    def close(self):
        self._step("close")


@pytest.mark.parametrize(
    ("server", "status"),
    [
        (Server(opening=ConnectionRefusedError()), "planned"),
        (Server(opening=smtplib.SMTPAuthenticationError(535, b"no")), "planned"),
        (Server(sending=smtplib.SMTPRecipientsRefused({})), "planned"),
        (Server(sending=smtplib.SMTPDataError(554, b"no")), "planned"),
        (Server(sending=smtplib.SMTPServerDisconnected("gone")), "uncertain"),
        (Server(sending=TimeoutError()), "uncertain"),
        (Server(closing=smtplib.SMTPServerDisconnected("gone")), "sent"),
        (Server(), "sent"),
    ],
)
def test_mail_servers_answer_decides_whether_to_try_again(monkeypatch, server, status):
    monkeypatch.setattr("crm.mailing.get_connection", lambda: server)
    assert run(planned()).status == status


def test_sending_what_was_deleted_does_nothing():
    message = planned()
    message.delete()
    send_message(message="00000000-0000-0000-0000-000000000000")
    assert mail.outbox == []


def test_send_answers_with_the_state_it_reached():
    assert send(message=planned()).status == "sent"


@pytest.mark.django_db(transaction=True)
def test_killed_worker_never_makes_a_second_message(monkeypatch, settings):
    settings.OUTBOX_PUBLISH = False
    sent = []

    def dies_after_sending(message):
        sent.append(message)
        raise SystemExit

    monkeypatch.setattr(outbound, "_senders", {Channel.EMAIL: dies_after_sending})
    message = planned()
    row = enqueue(SEND_TASK, args={"message": str(message.pk)})
    with pytest.raises(SystemExit):
        execute(row.pk)
    message.refresh_from_db()
    assert message.status == "planned"
    assert execute(row.pk)
    message.refresh_from_db()
    assert (message.status, len(sent)) == ("uncertain", 1)
