"""The consent ledger and the gate over the database: in force at once, kept for ever."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.context import acting
from crm.exceptions import Invalid
from crm.models import Consent, ContactAttempt, ContactDecision, WorkItem
from crm.services import permission
from crm.services.consent import (
    announces_recording,
    forget_customer,
    opt_out,
    opt_out_number,
    record_consent,
)
from crm.services.customers import delete_customer, erase_customer, update_customer
from crm.services.permission import (
    ContactBlocked,
    may_contact,
    require_permission,
    with_decisions,
)
from crm.signals import consent_changed
from tests.factories import (
    AppointmentFactory,
    ConsentFactory,
    ContactAttemptFactory,
    CustomerFactory,
    ServiceRecordFactory,
    UserFactory,
    WorkItemFactory,
)

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 18, 17, tzinfo=UTC)


def answer(customer, channel="call", purpose="service", now=NOON):
    return may_contact(customer=customer, channel=channel, purpose=purpose, now=now, log=False)


def test_opt_out_is_in_force_when_it_returns_and_bars_the_work():
    customer = CustomerFactory()
    item = WorkItemFactory(customer=customer)
    assert answer(customer).allowed
    opt_out(customer=customer, source="page")
    for channel in ("call", "text", "email", "ai_call"):
        assert answer(customer, channel).reason == "opted_out"
    item.refresh_from_db()
    assert item.barred == "opted_out"
    record_consent(
        customer=customer, channel="call", purpose="service", basis="spoken", source="page"
    )
    assert answer(customer, now=timezone.now()).reason != "opted_out"


def test_opt_out_of_an_evening_is_told_with_the_shops_date():
    customer = CustomerFactory()
    with time_machine.travel("2026-11-15T01:30:00Z", tick=False):
        opt_out(customer=customer, source="page")
    assert answer(customer).sentence == "Opted out on November 14, 2026."


def test_opt_out_of_one_channel_or_purpose_leaves_the_others():
    customer = CustomerFactory()
    opt_out(customer=customer, source="api", channel="call")
    assert answer(customer).reason == "opted_out"
    assert answer(customer, "email").allowed
    other = CustomerFactory()
    opt_out(customer=other, source="api", purpose="marketing")
    assert answer(other).allowed
    assert answer(other, purpose="marketing").reason == "opted_out"


def test_opt_out_follows_the_number_to_whoever_has_it_next():
    first = CustomerFactory()
    opt_out(customer=first, source="call", basis="do_not_call")
    number = first.phone
    update_customer(customer=first, data={"phone": "+12065559999"})
    heir = CustomerFactory(phone=number)
    assert answer(heir).reason == "do_not_call"
    assert answer(heir, "email").allowed
    first.refresh_from_db()
    assert answer(first).reason == "do_not_call"


def test_opt_out_of_a_number_without_customer_waits_for_one():
    opt_out_number(phone="+12065559998", source="text")
    assert answer(CustomerFactory(phone="+12065559998")).reason == "do_not_call"


def test_agreement_does_not_move_to_another_number_or_customer():
    customer = CustomerFactory()
    record_consent(
        customer=customer, channel="text", purpose="marketing", basis="written", source="page"
    )
    now = timezone.now()
    assert answer(customer, "text", "marketing", now).reason != "no_consent"
    old = customer.phone
    update_customer(customer=customer, data={"phone": "+12065559997"})
    customer.refresh_from_db()
    assert answer(customer, "text", "marketing", now).reason == "no_consent"
    heir = CustomerFactory(phone=old)
    assert answer(heir, "text", "marketing", now).reason == "no_consent"


def test_opt_out_outlives_the_customer():
    customer = CustomerFactory()
    opt_out(customer=customer, source="page")
    delete_customer(customer=customer)
    assert answer(CustomerFactory(phone=customer.phone)).reason == "opted_out"


def test_anonymising_keeps_the_opt_out_but_not_the_way_to_it():
    customer = CustomerFactory()
    phone = customer.phone
    ConsentFactory(customer=customer, note="said at the desk")
    opt_out(customer=customer, source="page", note="angry")
    ContactAttemptFactory(customer=customer, text="Talked about the divorce")
    WorkItemFactory(customer=customer, title="Call Dana")
    erase_customer(customer=customer, reason="Asked for it")
    left = Consent.objects.get(customer=customer)
    assert (left.phone, left.email, left.note) == ("", "", "")
    kept = Consent.objects.get(phone=phone)
    assert (kept.customer_id, kept.note) == (None, "")
    assert ContactAttempt.objects.get().text == ""
    assert not WorkItem.objects.exists()
    assert answer(CustomerFactory(phone=phone)).reason == "opted_out"
    assert answer(customer).reason == "anonymised"


def test_ledger_refuses_changes_and_deletion():
    line = ConsentFactory()
    for change in (
        lambda: Consent.objects.filter(pk=line.pk).update(basis="online"),
        lambda: Consent.objects.filter(pk=line.pk).update(customer=CustomerFactory()),
        lambda: Consent.objects.filter(pk=line.pk).delete(),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


def test_ledger_says_who_recorded_it():
    ana = UserFactory()
    with acting(actor=ana, source="page"):
        line = opt_out(customer=CustomerFactory(), source="page")
    assert line.recorded_by == ana


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"basis": "opt_out"}, "basis"),
        ({"granted_at": datetime(2999, 1, 1, tzinfo=UTC)}, "granted_at"),
        ({"channel": "fax"}, "channel"),
        ({"channel": "visit"}, "channel"),
        ({"purpose": "gossip"}, "purpose"),
        ({"source": ""}, "source"),
    ],
)
def test_agreement_that_makes_no_sense_is_refused_at_its_field(change, field):
    whole = {"channel": "call", "purpose": "marketing", "basis": "written", "source": "page"}
    with pytest.raises(Invalid) as refused:
        record_consent(customer=CustomerFactory(), **whole | change)
    assert refused.value.field == field


def test_opt_out_by_agreement_is_refused():
    with pytest.raises(Invalid, match="no way to opt out"):
        opt_out(customer=CustomerFactory(), source="page", basis="written")


def test_consent_change_is_announced_after_the_commit(django_capture_on_commit_callbacks):
    heard = []
    consent_changed.connect(receiver := lambda **keys: heard.append(keys), weak=False)
    try:
        customer = CustomerFactory()
        with django_capture_on_commit_callbacks(execute=True):
            opt_out(customer=customer, source="page", channel="text")
    finally:
        consent_changed.disconnect(receiver)
    (said,) = heard
    assert (said["customer_id"], said["granted"], said["channel"], said["purpose"]) == (
        customer.pk,
        False,
        "text",
        "",
    )


# Facts


def test_facts_come_from_service_appointments_and_contacts():
    now = NOON
    stranger = CustomerFactory()
    assert answer(stranger, purpose="marketing").reason == "no_consent"
    serviced = ServiceRecordFactory(service_date=date(2026, 5, 4)).customer
    assert answer(serviced, purpose="marketing").allowed
    long_ago = ServiceRecordFactory(service_date=date(2024, 5, 4)).customer
    assert answer(long_ago, purpose="marketing").reason == "no_consent"
    asked = ContactAttemptFactory(direction="inbound", at=now - timedelta(days=60)).customer
    assert answer(asked, purpose="marketing").allowed
    booked = AppointmentFactory(vehicle=None, scheduled_at=now + timedelta(days=300)).customer
    assert answer(booked, purpose="marketing").allowed
    imported = AppointmentFactory(
        vehicle=None, status="completed", scheduled_at=now - timedelta(days=400)
    ).customer
    assert answer(imported, purpose="marketing").reason == "no_consent"


def test_preferences_are_no_consent_and_null_is_no_refusal():
    wants = CustomerFactory(receive_promotions=True)
    assert answer(wants, "email", "marketing").reason == "no_consent"
    silent = CustomerFactory(receive_promotions=None, receive_reminders=None)
    assert answer(silent, "email", "reminder").allowed


def test_decisions_are_logged_with_who_asked_and_pruned_after_years(settings):
    settings.CONTACT_DECISION_DAYS = 30
    ana, customer = UserFactory(), CustomerFactory()
    with acting(actor=ana, source="page"):
        may_contact(customer=customer, channel="call", purpose="service", now=NOON)
        night = NOON + timedelta(hours=12)
        with pytest.raises(ContactBlocked) as blocked:
            require_permission(customer=customer, channel="call", purpose="service", now=night)
    assert blocked.value.code == "quiet_hours"
    assert "Allowed from Thursday, November 19, 8:00 AM" in blocked.value.remedy
    logged = list(ContactDecision.objects.order_by("id").values_list("allowed", "reason", "actor"))
    assert logged == [(True, "ok", ana.pk), (False, "quiet_hours", ana.pk)]
    for allowed, days in ((True, 31), (False, 29)):
        at = timezone.now() - timedelta(days=days)
        ContactDecision.objects.filter(allowed=allowed).update(at=at)
    assert permission.prune_decisions() == 1
    assert permission.prune_decisions() == 0


def test_many_decisions_cost_three_queries():
    def count(customers):
        wishes = [(customer.pk, "call", "service") for customer in customers]
        with CaptureQueriesContext(connection) as queries:
            answers = permission.decide_many(wishes, now=NOON)
        assert len(answers) == len(customers)
        return len(queries)

    customers = [ServiceRecordFactory().customer for _ in range(5)]
    for customer in customers:
        ConsentFactory(customer=customer)
        ContactAttemptFactory(customer=customer)
    assert count(customers[:1]) == count(customers) == 3


def test_unknown_customer_is_not_contacted():
    ghost = CustomerFactory.build()
    assert permission.decide_many([(ghost.pk, "call", "service")]).popitem()[1].allowed is False


@pytest.mark.parametrize(
    ("fields", "announces"),
    [
        ({"state": "GA", "zip_code": "30309"}, False),
        ({"state": "FL", "zip_code": "33101"}, True),
        ({"state": "GA", "zip_code": "33101"}, True),
        ({"state": None, "zip_code": None}, True),
    ],
)
def test_recording_is_announced_where_everybody_has_to_agree(fields, announces):
    assert announces_recording(customer=CustomerFactory.build(**fields)) is announces


def test_recording_is_announced_to_unknown_callers():
    assert announces_recording(customer=None)


def test_forgetting_needs_redaction():
    line = ConsentFactory()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        forget_customer(line.customer)


def test_rows_of_a_list_say_who_is_blocked_and_until_when_in_three_queries():
    blocked, free = CustomerFactory(), CustomerFactory()
    opt_out(customer=blocked, source="page")
    rows = [{"customer_id": key} for key in (blocked.pk, free.pk, None)]
    with CaptureQueriesContext(connection) as queries:
        shown = with_decisions(rows, purpose="service")
    assert len(queries) == 3
    assert [row["decision"] and row["decision"].reason == "opted_out" for row in shown] == [
        True, False, None,
    ]  # fmt: skip
    page = render_to_string("crm/_blocked.html", {"decision": shown[0]["decision"]})
    assert "Blocked: Opted out on" in page
