"""Worlds in which `tests/jobs/test_twice.py` runs the tasks and jobs of `warmth` (see there)."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from tests.factories import AppointmentFactory, CustomerFactory, DataBatchFactory
from tests.warmth.factories import CustomerWarmthFactory, WarmthEventFactory, history_row
from warmth.services import crossings
from warmth.services.computation import these


def a_warm_customer() -> None:
    WarmthEventFactory(event_type="test_drive")


def a_booked_customer() -> dict[str, str]:
    return {"customer": str(AppointmentFactory().customer_id)}


def a_booking() -> None:
    AppointmentFactory()


def a_batch() -> dict[str, str]:
    batch = DataBatchFactory()
    AppointmentFactory(customer=CustomerFactory(batch=batch), vehicle=None)
    return {"batch": str(batch.pk), "after": ""}


def a_customer_to_forget() -> dict[str, str]:
    row = CustomerWarmthFactory()
    WarmthEventFactory(customer=row.customer)
    return {"customer": str(row.customer_id)}


def a_crossing() -> dict[str, str]:
    row = CustomerWarmthFactory(overall_warmth_score=Decimal(80))
    crossings.note_crossings(these([row.customer_id]))
    return {}


def an_old_history_row() -> None:
    history_row(CustomerWarmthFactory(), "20", timezone.now() - timedelta(days=800))


TASKS = {
    "warmth.deliver_crossings": a_crossing,
    "warmth.forget_customer": a_customer_to_forget,
    "warmth.sync_batch": a_batch,
    "warmth.sync_customer": a_booked_customer,
}
JOBS = {
    "warmth.archive": an_old_history_row,
    "warmth.recompute": a_warm_customer,
    "warmth.report": a_warm_customer,
    "warmth.sync": a_booking,
}
PLAIN = {}
