"""What the crm announces, turned into work for the outbox."""

from typing import Any

from django.dispatch import receiver

from crm import signals
from jobs.services import enqueue
from leads.services.outcomes import SYNC_VEHICLE

# Only these say something about the battery or about who owns it.
SCORED_FIELDS = frozenset({"current_mileage", "vin", "year", "make", "model", "customer", "status"})


@receiver(signals.vehicle_changed, dispatch_uid="leads.vehicle_changed")
def vehicle_changed(vehicle_id: Any, fields: Any, **kwargs: Any) -> None:
    if SCORED_FIELDS.intersection(fields):
        key = str(vehicle_id)
        enqueue(SYNC_VEHICLE, args={"vehicle": key}, dedup_key=f"{SYNC_VEHICLE}:{key}")


@receiver(signals.customers_loaded, dispatch_uid="leads.customers_loaded")
def customers_loaded(batch_id: Any, **kwargs: Any) -> None:
    key, task = str(batch_id), "leads.sync_batch"
    enqueue(task, args={"batch": key, "after": ""}, dedup_key=f"{task}:{key}")


@receiver(signals.customer_changed, dispatch_uid="leads.customer_changed")
@receiver(signals.customer_erased, dispatch_uid="leads.customer_erased")
def customer_changed(customer_id: Any, created: bool = False, **kwargs: Any) -> None:
    key, task = str(customer_id), "leads.sync_customer"
    if not created:  # a new customer's vehicles announce themselves
        enqueue(task, args={"customer": key}, dedup_key=f"{task}:{key}")


@receiver(signals.appointment_changed, dispatch_uid="leads.appointment_changed")
def appointment_changed(appointment_id: Any, **kwargs: Any) -> None:
    key, task = str(appointment_id), "leads.follow_appointment"
    enqueue(task, args={"appointment": key}, dedup_key=f"{task}:{key}")


@receiver(signals.service_completed, dispatch_uid="leads.service_completed")
def service_completed(service_record_id: Any, **kwargs: Any) -> None:
    key, task = str(service_record_id), "leads.follow_service"
    enqueue(task, args={"service_record": key}, dedup_key=f"{task}:{key}")


@receiver(signals.contact_recorded, dispatch_uid="leads.contact_recorded")
def contact_recorded(customer_id: Any, direction: str, **kwargs: Any) -> None:
    key, task = str(customer_id), "leads.follow_contact"
    if direction == "outbound":
        enqueue(task, args={"customer": key}, dedup_key=f"{task}:{key}")
