"""The work list: once per key, ranked by what it is worth, one customer in one pair of hands."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from crm import today
from crm.dispositions import DISPOSITIONS, KINDS, chance_to_reach
from crm.enums import AppointmentStatus, WorkKind
from crm.exceptions import Invalid
from crm.models import Appointment, ContactAttempt, WorkItem
from crm.phones import WITHHELD
from crm.services import appointments, finding
from crm.services.claims import Taken, claim, claim_first, dispose, release, snooze
from crm.services.contacts import record_contact
from crm.services.permission import may_contact
from crm.services.worklist import NewWork, add_work, add_work_many, close_work
from tests.factories import (
    AppointmentFactory,
    CustomerFactory,
    ServiceLineFactory,
    ServiceRecordFactory,
    UserFactory,
    VehicleFactory,
    WorkItemFactory,
    shop_with,
)
from tests.jobs.test_outbox import in_thread

db = pytest.mark.django_db


# Rank


@pytest.mark.parametrize(
    ("kind", "calls", "reached", "chance"),
    [
        ("callback", 0, 0, "0.800"),
        ("battery_lead", 0, 0, "0.350"),
        ("battery_lead", 2, 0, "0.175"),
        ("battery_lead", 2, 1, "0.425"),
        ("battery_lead", 6, 6, "0.838"),
    ],
)
def test_chance_to_reach(kind, calls, reached, chance):
    assert chance_to_reach(kind, calls=calls, reached=reached) == Decimal(chance)


@given(st.sampled_from(sorted(KINDS)), st.integers(0, 50), st.data())
def test_chance_is_one_and_falls_with_silence_and_grows_with_conversations(kind, calls, data):
    reached = data.draw(st.integers(0, calls))
    chance = chance_to_reach(kind, calls=calls, reached=reached)
    assert 0 <= chance <= 1
    assert chance_to_reach(kind, calls=calls + 1, reached=reached) <= chance
    assert chance_to_reach(kind, calls=calls + 1, reached=reached + 1) >= chance


def test_every_kind_has_a_chance_and_a_value():
    assert set(KINDS) == set(WorkKind.values)


# Adding and closing


@db
def test_add_work_twice_keeps_one_item_and_brings_it_up_to_date():
    customer = CustomerFactory()
    same = {"key": "lead:1", "kind": WorkKind.BATTERY_LEAD, "customer_id": customer.pk}
    first = add_work(**same, title="Battery")
    again = add_work(**same, title="Battery at risk", value=Decimal(400))
    assert (again.pk, again.title, again.rank) == (first.pk, "Battery at risk", Decimal(140))
    assert close_work(key="lead:1", outcome="done")
    assert not close_work(key="lead:1", outcome="done")
    add_work(**same, title="Anew")
    item = WorkItem.objects.get()
    assert (item.title, item.outcome, item.closed_at is None) == ("Battery at risk", "done", False)


@db
def test_add_work_many_costs_the_same_for_one_and_for_many():
    def count(works):
        with CaptureQueriesContext(connection) as queries:
            assert add_work_many(works) == len(works)
        return len(queries)

    works = [
        NewWork(key=f"k{n}", kind="callback", customer_id=CustomerFactory().pk, title="Call")
        for n in range(6)
    ]
    assert count(works[:1]) == count(works[1:])
    before = list(WorkItem.objects.order_by("key").values_list("updated_at", flat=True))
    assert add_work_many(works) == 0
    assert before == list(WorkItem.objects.order_by("key").values_list("updated_at", flat=True))


@db
def test_calls_change_the_rank_of_open_items():
    item = WorkItemFactory(kind="battery_lead", value=200)
    ana = UserFactory()
    dispose(item=item, outcome="no_answer", by=ana)
    item.refresh_from_db()
    assert (item.reach, item.rank) == (Decimal("0.233"), Decimal("46.60"))


# Claims


@db
def test_claim_is_one_persons_until_it_expires():
    ana, bob, item = UserFactory(), UserFactory(), WorkItemFactory()
    taken = claim(item=item, by=ana)
    assert taken.claimed_until > timezone.now() + timedelta(minutes=19)
    with pytest.raises(Taken):
        claim(item=item, by=bob)
    assert claim(item=item, by=ana).claimed_by == ana
    WorkItem.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert claim(item=item, by=bob).claimed_by == bob
    assert not release(item=item, by=ana)
    assert release(item=item, by=bob)
    assert claim(item=item, by=ana).claimed_by == ana


@db
def test_claim_covers_the_whole_customer():
    ana, bob = UserFactory(), UserFactory()
    first = WorkItemFactory()
    second = WorkItemFactory(customer=first.customer)
    claim(item=first, by=ana)
    with pytest.raises(Taken):
        claim(item=second, by=bob)
    assert claim(item=second, by=ana).claimed_by == ana


@db
def test_claim_covers_a_number_but_not_all_who_kept_theirs_back():
    known, same = (WorkItemFactory(customer=None, phone="+12055550188") for _ in range(2))
    withheld, another = (WorkItemFactory(customer=None, phone=WITHHELD) for _ in range(2))
    claim(item=known, by=UserFactory())
    claim(item=withheld, by=UserFactory())
    for taken in (known, same, withheld):
        with pytest.raises(Taken):
            claim(item=taken, by=UserFactory())
    claim(item=another, by=UserFactory())


@db
def test_claim_of_a_closed_item_is_refused():
    item = WorkItemFactory(closed_at=timezone.now())
    with pytest.raises(Taken):
        claim(item=item, by=UserFactory())
    with pytest.raises(Taken):
        dispose(item=item, outcome="done", by=None)


@pytest.mark.django_db(transaction=True)
def test_many_people_at_once_never_get_the_same_customer():
    customers = [CustomerFactory() for _ in range(3)]
    for customer in customers:
        WorkItemFactory.create_batch(2, customer=customer)
    people = [UserFactory() for _ in range(6)]
    keys = list(WorkItem.objects.order_by("id").values_list("pk", flat=True))
    got = []

    def take(person):
        taken = claim_first(keys=keys, by=person)
        if taken is not None:
            got.append((taken.customer_id, person.pk))

    threads = [in_thread(lambda person=person: take(person)) for person in people]
    for thread in threads:
        thread.join()
    assert len(got) >= 1
    assert len({customer for customer, _ in got}) == len(got)


# Dispositions


@db
def test_disposition_records_the_contact_and_recycles_the_item():
    ana, item = UserFactory(), WorkItemFactory(purpose="callback")
    claim(item=item, by=ana)
    done = dispose(item=item, outcome="left_voicemail", by=ana, note="Asked to call back")
    attempt = ContactAttempt.objects.get()
    assert (attempt.by, attempt.reached, attempt.purpose) == (ana, False, "callback")
    assert (attempt.outcome, attempt.text) == ("left_voicemail", "Asked to call back")
    assert done.closed_at is None
    assert done.claimed_by_id is None
    assert done.tries == 1
    assert timedelta(days=1.9) < done.due_at - timezone.now() < timedelta(days=2.1)


@db
@pytest.mark.parametrize("code", sorted(DISPOSITIONS))
def test_every_disposition_closes_or_puts_off(code):
    item = dispose(item=WorkItemFactory(), outcome=code, by=UserFactory())
    disposition = DISPOSITIONS[code]
    assert (item.closed_at is not None) is disposition.closes
    assert disposition.closes or item.due_at > timezone.now()
    assert ContactAttempt.objects.count() == (disposition.reached is not None)


@db
def test_dated_callback_waits_for_its_time():
    at = timezone.now() + timedelta(days=3, hours=2)
    item = dispose(item=WorkItemFactory(), outcome="callback", by=UserFactory(), again_at=at)
    assert (item.due_at, item.closed_at) == (at, None)


@db
def test_do_not_call_opts_out_before_it_returns():
    item = WorkItemFactory()
    other = WorkItemFactory(customer=item.customer)
    dispose(item=item, outcome="do_not_call", by=UserFactory())
    decision = may_contact(customer=item.customer, channel="call", purpose="service")
    other.refresh_from_db()
    assert (decision.reason, other.barred) == ("do_not_call", "do_not_call")


@db
def test_call_in_the_telephone_log_is_completed_not_doubled():
    ana, item = UserFactory(), WorkItemFactory()
    claim(item=item, by=ana)
    record_contact(
        customer_id=item.customer_id,
        channel="call",
        direction="outbound",
        outcome="completed",
        key="CA1",
        by=ana,
    )
    dispose(item=item, outcome="not_interested", by=ana, note="Has a new car")
    attempt = ContactAttempt.objects.get()
    assert (attempt.key, attempt.outcome, attempt.reached) == ("CA1", "not_interested", True)


@db
def test_what_somebody_else_holds_is_theirs():
    ana, bob, item = UserFactory(), UserFactory(), WorkItemFactory()
    claim(item=item, by=ana)
    soon = timezone.now() + timedelta(hours=2)
    with pytest.raises(Taken):
        dispose(item=item, outcome="done", by=bob)
    with pytest.raises(Taken):
        snooze(item=item, until=soon, by=bob)
    assert not ContactAttempt.objects.exists()
    assert snooze(item=item, until=soon, by=ana).due_at == soon


@db
@pytest.mark.parametrize("days", [-1, 0, 366])
def test_a_time_past_or_too_far_is_refused(days):
    at = timezone.now() + timedelta(days=days)
    for attempt in (
        lambda item: snooze(item=item, until=at, by=None),
        lambda item: dispose(item=item, outcome="callback", again_at=at, by=None),
    ):
        with pytest.raises(Invalid, match="from now on"):
            attempt(WorkItemFactory())


@db
def test_unknown_disposition_is_refused():
    with pytest.raises(Invalid) as refused:
        dispose(item=WorkItemFactory(), outcome="went_fishing", by=None)
    assert refused.value.field == "outcome"


# Today

NOON = datetime(2026, 11, 18, 17, tzinfo=UTC)
SUNDAY = datetime(2026, 11, 22, 17, tzinfo=UTC)


def listed(user, now=NOON, **options):
    items = today.due_items(user=user, now=now, **options)
    return today.split(today.with_decisions(today.rows_of(items), now=now, user=user))


@db
def test_list_ranks_by_value_and_chance_and_puts_the_blocked_last():
    ana = UserFactory()
    old = {"due_at": NOON - timedelta(days=1)}
    small = WorkItemFactory(value=100, **old)
    big = WorkItemFactory(value=300, **old)
    asleep = WorkItemFactory(
        value=900, customer=CustomerFactory(state="AL", zip_code="36104"), **old
    )
    gone = WorkItemFactory(value=999, barred="opted_out", customer=CustomerFactory(), **old)
    WorkItemFactory(due_at=NOON + timedelta(days=9))
    WorkItemFactory(expires_at=NOON, **old)
    WorkItemFactory(closed_at=NOON, **old)
    noon = listed(ana)
    assert [row["id"] for row in noon.ready] == [asleep.pk, big.pk, small.pk, gone.pk]
    sunday = listed(ana, now=SUNDAY)
    ids = [row["id"] for row in sunday.ready]
    assert ids[:2] == [big.pk, small.pk]
    assert [(row["id"], row["decision"].reason) for row in sunday.blocked] == [
        (asleep.pk, "sunday")
    ]


@db
def test_list_hides_what_others_hold_and_shows_mine_first():
    ana, bob = UserFactory(), UserFactory()
    mine, theirs, free = WorkItemFactory(value=1), WorkItemFactory(), WorkItemFactory()
    claim(item=mine, by=ana)
    claim(item=theirs, by=bob)
    now = timezone.now()
    rows = today.rows_of(today.due_items(user=ana, now=now))
    assert {row["id"] for row in rows} == {mine.pk, free.pk}
    assert [row["id"] for row in today.rows_of(today.due_items(user=ana, now=now, mine=True))] == [
        mine.pk
    ]


@db
def test_next_skips_whoever_may_not_be_called_now(monkeypatch):
    monkeypatch.setattr(today.timezone, "now", lambda: SUNDAY)
    ana, bob = UserFactory(), UserFactory()
    old = {"due_at": SUNDAY - timedelta(days=1)}
    WorkItemFactory(value=900, customer=CustomerFactory(state="AL", zip_code="36104"), **old)
    WorkItemFactory(value=800, barred="opted_out", **old)
    best = WorkItemFactory(value=500, **old)
    next_best = WorkItemFactory(value=400, **old)
    assert today.take_next(user=ana).pk == best.pk
    assert today.take_next(user=ana).pk == best.pk
    assert today.take_next(user=bob).pk == next_best.pk
    assert today.take_next(user=UserFactory()) is None


@db
def test_window_costs_the_same_for_one_row_and_for_many():
    def count():
        with CaptureQueriesContext(connection) as queries:
            found = listed(ana, now=timezone.now())
        return len(queries), len(found.ready) + len(found.blocked)

    ana = UserFactory()
    WorkItemFactory()
    first = count()
    WorkItemFactory.create_batch(3)
    assert (first, count()) == ((4, 1), (4, 4))


@db
def test_count_leaves_out_what_nobody_may_be_called_about():
    ana = UserFactory()
    WorkItemFactory.create_batch(2)
    WorkItemFactory(barred="opted_out")
    assert today.count_due(user=ana) == 2


# Sources of crm itself


@db
def test_no_show_becomes_work_and_booking_again_settles_it():
    shop_with()
    visit = AppointmentFactory(
        scheduled_at=timezone.now() - timedelta(hours=2), estimated_cost=Decimal(320)
    )
    appointments.mark_no_show(appointment=visit)
    item = WorkItem.objects.get()
    assert (item.kind, item.customer_id, item.value) == ("no_show", visit.customer_id, 320)
    assert item.title == "Missed: Oil and filter change"
    appointments.book_appointment(
        customer=visit.customer,
        scheduled_at=timezone.now() + timedelta(days=3),
        service_type="Oil",
        enforce_hours=False,
    )
    item.refresh_from_db()
    assert (item.outcome, item.closed_at is not None) == ("appointment_set", True)


@db
def test_no_show_who_arrives_after_all_is_no_work():
    visit = AppointmentFactory(scheduled_at=timezone.now() - timedelta(hours=2))
    appointments.mark_no_show(appointment=visit)
    appointments.check_in(appointment=Appointment.objects.get())
    assert WorkItem.objects.get().outcome == "done"
    assert Appointment.objects.get().status == AppointmentStatus.ARRIVED


def refused(days_ago, **changes):
    today_ = date(2026, 11, 18)
    record = ServiceRecordFactory(service_date=today_ - timedelta(days=days_ago))
    return ServiceLineFactory(
        service_record=record, **{"outcome": "declined", "reason": "Too dear"} | changes
    )


@db
def test_declined_work_comes_due_and_goes_when_it_is_done():
    day = date(2026, 11, 18)
    due = refused(20)
    refused(3)
    refused(400)
    refused(3, outcome="deferred", deferred_until=day)
    refused(90, outcome="deferred", deferred_until=day + timedelta(days=9))
    gone = refused(20)
    gone.vehicle.status = "sold"
    gone.vehicle.save()
    assert finding.add_declined_work(today=day) == 2
    assert finding.add_declined_work(today=day) == 0
    item = WorkItem.objects.get(key=f"declined:{due.pk}")
    assert (item.title, item.value, item.purpose) == ("Front brake pads", 289, "marketing")
    assert item.reason == "Not done at the last visit: Too dear"
    due.resolved_by = ServiceLineFactory(service_record=due.service_record)
    due.save()
    assert finding.close_settled() == 1
    assert finding.close_settled() == 0
    item.refresh_from_db()
    assert item.outcome == "done"


@db
def test_expired_items_are_closed():
    WorkItemFactory(expires_at=timezone.now() - timedelta(minutes=1))
    WorkItemFactory(expires_at=timezone.now() + timedelta(minutes=1))
    assert finding.close_settled() == 1
    assert WorkItem.objects.filter(outcome="expired").count() == 1


@db
def test_work_goes_with_its_vehicle_and_customer():
    vehicle = VehicleFactory()
    WorkItemFactory(customer=vehicle.customer, vehicle=vehicle)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM vehicles WHERE id = %s", [vehicle.pk])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert not WorkItem.objects.exists()
