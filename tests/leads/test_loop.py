"""The closed loop: a lead is called about, booked, comes in, is tested, and judges its score."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from crm.enums import LineOutcome
from crm.services.appointments.booking import book_appointment
from crm.services.appointments.status import (
    cancel_appointment,
    check_in,
    complete_appointment,
    mark_no_show,
    start_work,
)
from crm.services.contacts import record_contact
from crm.services.records import LineData
from jobs.models import Outbox
from jobs.registry import local_today
from leads import tasks
from leads.models import BatteryTest, Lead
from leads.services import observing, outcomes
from leads.services.attribution import attribution
from leads.services.leads import rescore
from tests.factories import VehicleFactory, shop_time, shop_with
from tests.leads.factories import LeadFactory

pytestmark = pytest.mark.django_db
TASKS = {
    "leads.follow_contact": tasks.follow_contact,
    "leads.follow_appointment": tasks.follow_appointment,
    "leads.follow_service": tasks.follow_service,
}


@pytest.fixture
def after(django_capture_on_commit_callbacks, settings):
    """Call something as if its transaction committed, then do the leads work that it left."""
    settings.OUTBOX_PUBLISH = False

    def run(action, **arguments):
        with django_capture_on_commit_callbacks(execute=True):
            done = action(**arguments)
        waiting = Outbox.objects.filter(task__in=TASKS, done_at=None).order_by("id")
        for row in list(waiting):
            TASKS[row.task](**row.args)
        waiting.delete()
        return done

    return run


@pytest.fixture
def lead():
    """A high lead of a vehicle of the shop."""
    shop_with()
    vehicle = VehicleFactory()
    lead = LeadFactory(vehicle=vehicle, customer=vehicle.customer, vin=vehicle.vin, vehicle_age=2)
    rescore(lead_ids=[lead.pk])
    return lead


def fresh(lead):
    return Lead.objects.get(pk=lead.pk)


def called(after, lead):
    after(
        record_contact, customer_id=lead.customer_id, channel="call", direction="outbound",
        reached=True,
    )  # fmt: skip


def booked(after, lead):
    return after(
        book_appointment,
        customer=lead.customer,
        vehicle=lead.vehicle,
        scheduled_at=shop_time(local_today() + timedelta(days=1), 10),
        service_type="Battery test",
    )


def test_lead_is_won_from_the_call_to_the_new_battery(after, lead):
    called(after, lead)
    assert fresh(lead).status == "contacted"

    visit = booked(after, lead)
    assert (fresh(lead).status, fresh(lead).appointment) == ("booked", visit)

    visit = after(check_in, appointment=visit)
    assert fresh(lead).status == "arrived"

    visit = after(start_work, appointment=visit)
    test = outcomes.record_battery_test(
        result="replace_customer_pay", lead=fresh(lead), data={"appointment": visit}
    )
    assert fresh(lead).status == "won"
    assert fresh(lead).status_reason == "Replaced, customer pays."

    battery = LineData(
        description="Battery", outcome=LineOutcome.PERFORMED, price=Decimal("405.00")
    )
    order = after(complete_appointment, appointment=visit, lines=[battery])
    ended = fresh(lead)
    assert (ended.status, ended.appointment, ended.service_record) == ("won", visit, order)
    assert not ended.score.is_open

    found = observing.outcomes(horizon_days=90).observed
    assert found.failed.tolist() == [True]
    assert test.predicted_probability == ended.score.posterior_probability
    high = attribution()[0]
    assert (high.contacted, high.reached, high.booked, high.arrived, high.won) == (1, 1, 1, 1, 1)
    assert high.revenue_per_contact == order.total_cost


def test_declined_replacement_loses_the_lead_but_proves_the_prediction_right(after, lead):
    called(after, lead)
    visit = after(check_in, appointment=booked(after, lead))
    outcomes.record_battery_test(result="declined", lead=fresh(lead), data={"appointment": visit})
    assert fresh(lead).status == "lost"
    assert observing.outcomes(horizon_days=90).observed.failed.tolist() == [True]


def test_recharge_keeps_the_lead_open_at_the_visit(after, lead):
    visit = after(check_in, appointment=booked(after, lead))
    outcomes.record_battery_test(result="recharge", lead=fresh(lead), data={"appointment": visit})
    assert fresh(lead).status == "arrived"


@pytest.mark.parametrize("ending", ["cancelled", "no_show"])
def test_visit_that_falls_through_takes_the_lead_back_to_contacted(after, lead, ending):
    called(after, lead)
    visit = booked(after, lead)
    if ending == "cancelled":
        after(cancel_appointment, appointment=visit, reason="Out of town")
    else:
        type(visit).objects.filter(pk=visit.pk).update(
            scheduled_at=timezone.now() - timedelta(hours=2)
        )
        visit.refresh_from_db()
        after(mark_no_show, appointment=visit)
    assert fresh(lead).status == "contacted"
    high = attribution()[0]
    assert (high.booked, high.arrived) == (1, 0)


def test_closed_lead_is_not_reopened_by_a_late_visit(after, lead):
    outcomes.record_battery_test(result="good", lead=fresh(lead))
    assert fresh(lead).status == "lost"
    visit = booked(after, lead)
    after(check_in, appointment=visit)
    assert (fresh(lead).status, fresh(lead).appointment) == ("lost", None)
    assert BatteryTest.objects.count() == 1
