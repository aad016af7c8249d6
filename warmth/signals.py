"""What `crm` announces becomes background work here: each record is read again by its key."""

from typing import Any
from uuid import UUID

from django.dispatch import receiver

from crm import signals
from crm.models import Appointment, ServiceRecord, Vehicle
from jobs.services import enqueue


def sync_soon(customer_id: UUID | None) -> None:
    """One task a customer, however much is announced until a worker starts on it."""
    if customer_id is not None:
        enqueue(
            "warmth.sync_customer",
            args={"customer": str(customer_id)},
            dedup_key=f"warmth.sync:{customer_id}",
        )


@receiver(signals.customer_changed, dispatch_uid="warmth.customer_changed")
@receiver(signals.contact_recorded, dispatch_uid="warmth.contact_recorded")
@receiver(signals.consent_changed, dispatch_uid="warmth.consent_changed")
def on_customer(customer_id: UUID, **_: Any) -> None:
    sync_soon(customer_id)


@receiver(signals.appointment_changed, dispatch_uid="warmth.appointment_changed")
def on_appointment(appointment_id: UUID, **_: Any) -> None:
    for found in Appointment.objects.filter(pk=appointment_id).values_list("customer", flat=True):
        sync_soon(found)


@receiver(signals.service_completed, dispatch_uid="warmth.service_completed")
def on_service(service_record_id: UUID, **_: Any) -> None:
    records = ServiceRecord.objects.filter(pk=service_record_id)
    for found in records.values_list("customer", flat=True):
        sync_soon(found)


@receiver(signals.vehicle_changed, dispatch_uid="warmth.vehicle_changed")
def on_vehicle(vehicle_id: UUID, **_: Any) -> None:
    for found in Vehicle.objects.filter(pk=vehicle_id).values_list("customer", flat=True):
        sync_soon(found)


@receiver(signals.customers_loaded, dispatch_uid="warmth.customers_loaded")
def on_batch(batch_id: UUID, **_: Any) -> None:
    enqueue(
        "warmth.sync_batch",
        args={"batch": str(batch_id), "after": ""},
        dedup_key=f"warmth.sync_batch:{batch_id}:",
    )


@receiver(signals.customer_erased, dispatch_uid="warmth.customer_erased")
def on_erased(customer_id: UUID, **_: Any) -> None:
    enqueue("warmth.forget_customer", args={"customer": str(customer_id)})
