"""Engagements that the dealership's own records stand for, and how they are noticed."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from crm.enums import AppointmentStatus, LineOutcome
from crm.models import Appointment, ContactAttempt
from crm.services import appointments, contacts
from crm.services.customers import create_customer, erase_customer
from jobs.models import Outbox
from jobs.outbox import execute
from jobs.registry import local_today
from tests.factories import (
    AppointmentFactory,
    CustomerFactory,
    DataBatchFactory,
    ServiceLineFactory,
    ServiceRecordFactory,
    VehicleFactory,
)
from tests.warmth.factories import WarmthEventFactory
from warmth.models import CustomerWarmth, WarmthEvent, WarmthLevelCrossing
from warmth.services import syncing
from warmth.services.events import record_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer():
    return CustomerFactory()


def events_of(customer):
    return sorted(
        WarmthEvent.objects.filter(customer=customer).values_list("event_type", flat=True)
    )


def sync(customer):
    """What the records stand for now."""
    changed = syncing.sync_customers([customer.pk])
    assert syncing.sync_customers([customer.pk]) == 0, "the second call changed something"
    return changed


def attempt(customer, **values):
    values = {"channel": "call", "direction": "outbound", "purpose": "service", **values}
    return ContactAttempt.objects.create(customer=customer, **values)


# What stands for what


def test_visit_booked_missed_and_made_after_all(customer):
    visit = AppointmentFactory(
        customer=customer, vehicle=None, scheduled_at=timezone.now() - timedelta(hours=1)
    )
    sync(customer)
    assert events_of(customer) == ["appointment_booked"]
    Appointment.objects.update(status=AppointmentStatus.NO_SHOW)
    sync(customer)
    assert events_of(customer) == ["appointment_booked", "no_show"]
    Appointment.objects.filter(pk=visit.pk).update(status=AppointmentStatus.ARRIVED)
    sync(customer)
    assert events_of(customer) == ["appointment_booked"]


def test_cancelled_visit_keeps_its_time_when_it_is_edited(customer):
    AppointmentFactory(customer=customer, vehicle=None, status=AppointmentStatus.CANCELLED)
    sync(customer)
    before = WarmthEvent.objects.get(event_type="cancellation").occurred_at
    Appointment.objects.update(customer_concerns="None")
    sync(customer)
    assert WarmthEvent.objects.get(event_type="cancellation").occurred_at == before


@pytest.mark.parametrize(
    ("prices", "is_big"), [([800], True), ([500, 300], True), ([799.99], False), ([], False)]
)
def test_declined_work_above_the_threshold_is_a_big_repair(customer, prices, is_big):
    record = ServiceRecordFactory(vehicle=VehicleFactory(customer=customer))
    for price in prices:
        ServiceLineFactory(
            service_record=record, outcome=LineOutcome.DECLINED, reason="Price", price=price
        )
    ServiceLineFactory(service_record=record, price=5_000)
    sync(customer)
    expected = ["declined_repair", "service_visit"] if is_big else ["service_visit"]
    assert events_of(customer) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"reached": True}, ["reply"]),
        ({"reached": False}, ["outreach"]),
        ({"channel": "text"}, ["outreach"]),
        ({"channel": "text", "purpose": "reminder"}, []),
        ({"direction": "inbound"}, ["call"]),
        ({"direction": "inbound", "channel": "text"}, ["message"]),
        ({"direction": "inbound", "channel": "visit"}, []),
        ({"direction": "inbound", "channel": "visit", "purpose": "marketing"}, ["showroom_visit"]),
    ],
)
def test_contact(customer, values, expected):
    attempt(customer, **values)
    sync(customer)
    assert events_of(customer) == expected


def test_message_soon_after_ours_is_an_answer(customer):
    now = timezone.now()
    attempt(customer, channel="text", at=now - timedelta(days=3))
    attempt(customer, channel="text", direction="inbound", at=now - timedelta(days=1))
    attempt(customer, channel="email", direction="inbound", at=now - timedelta(days=1))
    sync(customer)
    assert events_of(customer) == ["message", "outreach", "reply"]


def test_call_that_turns_out_to_have_been_answered_changes_its_kind(customer):
    made = attempt(customer)
    sync(customer)
    ContactAttempt.objects.filter(pk=made.pk).update(reached=True)
    sync(customer)
    assert events_of(customer) == ["reply"]


def test_opt_out_counts_when_it_is_about_offers(customer):
    for purpose in ("", "reminder"):
        customer.consents.create(
            channel="call", purpose=purpose, basis="opt_out", source="page",
            revoked_at=timezone.now(),
        )  # fmt: skip
    sync(customer)
    assert events_of(customer) == ["opt_out"]


def test_vehicle_bought_from_us_is_a_purchase_with_its_date(customer):
    bought = local_today() - timedelta(days=40)
    VehicleFactory(customer=customer, purchased_from_us=True, purchase_date=bought)
    VehicleFactory(customer=customer, purchase_date=bought, is_primary_vehicle=False)
    sync(customer)
    event = WarmthEvent.objects.get()
    assert (event.event_type, timezone.localdate(event.occurred_at)) == ("purchase", bought)


def test_events_of_other_sources_and_customers_stay(customer):
    WarmthEventFactory(customer=customer)
    WarmthEventFactory(source="crm")
    sync(customer)
    assert WarmthEvent.objects.count() == 2


# How it is noticed


def run_outbox():
    """What the worker does with everything of ours that waits."""
    rows = Outbox.objects.waiting().filter(task__startswith="warmth.")
    tasks = list(rows.order_by("id").values_list("id", "task"))
    for pk, _ in tasks:
        assert execute(pk)
    return [task for _, task in tasks]


def test_new_customer_gets_a_score(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        made = create_customer(
            data={"first_name": "Ann", "last_name": "Lee", "phone": "2055550142"}
        )
    assert run_outbox() == ["warmth.sync_customer"]
    assert CustomerWarmth.objects.filter(customer=made).exists()


def test_missed_appointment_lowers_the_score(customer, django_capture_on_commit_callbacks):
    record_event(customer_id=customer.pk, event_type="test_drive")
    before = CustomerWarmth.objects.get(customer=customer).overall_warmth_score
    visit = AppointmentFactory(
        customer=customer, vehicle=None, scheduled_at=timezone.now() - timedelta(hours=2)
    )
    with django_capture_on_commit_callbacks(execute=True):
        appointments.mark_no_show(appointment=visit)
    run_outbox()
    assert "no_show" in events_of(customer)
    assert CustomerWarmth.objects.get(customer=customer).overall_warmth_score < before


def test_contact_is_noticed_once_however_often_it_is_announced(
    customer, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(3):
            contacts.record_contact(
                customer_id=customer.pk, channel="call", direction="inbound", key="one"
            )
    assert run_outbox() == ["warmth.sync_customer"]
    assert events_of(customer) == ["call"]


def test_erased_customer_leaves_nothing(customer, django_capture_on_commit_callbacks):
    for kind in ("test_drive", "financing_approval"):
        record_event(customer_id=customer.pk, event_type=kind, subject=customer.last_name)
    WarmthLevelCrossing.objects.create(
        customer=customer, direction="up", previous_level="cold", level="cool", score=Decimal(31)
    )
    other = WarmthEventFactory()
    with django_capture_on_commit_callbacks(execute=True):
        erase_customer(customer=customer, reason="Asked for it")
    assert "warmth.forget_customer" in run_outbox()
    assert not CustomerWarmth.objects.filter(customer=customer).exists()
    assert not WarmthLevelCrossing.objects.exists()
    assert WarmthEvent.objects.get() == other


def test_night_finds_what_no_signal_told(customer):
    AppointmentFactory(customer=customer, vehicle=None)
    gone = WarmthEventFactory(customer=CustomerFactory(anonymised_at=timezone.now()))
    assert syncing.sync_recent() >= 2
    assert syncing.sync_recent() == 0
    assert events_of(customer) == ["appointment_booked"]
    assert not WarmthEvent.objects.filter(pk=gone.pk).exists()


def test_loaded_batch_is_taken_slice_by_slice(monkeypatch):
    monkeypatch.setattr(syncing, "SLICE", 2)
    batch = DataBatchFactory()
    for _ in range(3):
        VehicleFactory(
            customer=CustomerFactory(batch=batch), purchased_from_us=True,
            purchase_date=local_today() - timedelta(days=400),
        )  # fmt: skip
    after = syncing.sync_slice(batch_id=batch.pk)
    assert (bool(after), CustomerWarmth.objects.count()) == (True, 2)
    assert syncing.sync_slice(batch_id=batch.pk, after=after) == ""
    assert WarmthEvent.objects.filter(event_type="purchase").count() == 3
