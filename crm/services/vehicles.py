"""Vehicles: add, change, correct a mileage, make primary, delete."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crm import signals
from crm.cleaning import clean_vehicle
from crm.constraints import translated
from crm.context import audited
from crm.exceptions import HasHistory, Invalid
from crm.models import Customer, DataBatch, Vehicle
from crm.services.writing import assign, locked, save_changes

WRITABLE = (
    "customer",
    "vin",
    "vin_exception_reason",
    "license_plate",
    "year",
    "make",
    "model",
    "trim",
    "engine",
    "color",
    "purchase_date",
    "purchased_from_us",
    "current_mileage",
    "last_service_date",
    "last_service_mileage",
    "next_service_due_mileage",
    "is_primary_vehicle",
    "status",
)


def add_vehicle(
    *, customer: Customer | None, data: Mapping[str, Any], batch: DataBatch | None = None
) -> Vehicle:
    """A new vehicle of `customer`. The first one becomes the primary vehicle, unless `data`
    says otherwise; a later one that asks to be primary takes over."""
    vehicle = Vehicle(customer=customer, batch=batch)
    cleaned = clean_vehicle(data)
    with audited(), translated():
        siblings = Vehicle.objects.filter(customer=customer, is_primary_vehicle=True)
        has_primary = customer is not None and siblings.exists()
        wants = cleaned.pop("is_primary_vehicle", None)
        assign(vehicle, cleaned, WRITABLE)
        if has_primary and wants:
            siblings.update(is_primary_vehicle=False)
        vehicle.is_primary_vehicle = bool(wants) if wants is not None else not has_primary
        vehicle.save(force_insert=True)
        vehicle.refresh_from_db()
        signals.announce(signals.vehicle_changed, vehicle_id=vehicle.pk, fields=sorted(cleaned))
    return vehicle


def update_vehicle(
    *, vehicle: Vehicle, data: Mapping[str, Any], expected_version: datetime | None = None
) -> Vehicle:
    """Change the given fields; a new owner starts without a primary mark unless it is their
    first vehicle."""
    with audited(), translated():
        fresh = locked(vehicle, expected_version)
        # The VIN's rules need year and exception together, given or not.
        whole = {
            "vin": fresh.vin,
            "year": fresh.year,
            "vin_exception_reason": fresh.vin_exception_reason,
            **data,
        }
        cleaned = {name: value for name, value in clean_vehicle(whole).items() if name in data}
        previous_owner = fresh.customer_id
        changed = assign(fresh, cleaned, WRITABLE)
        if fresh.customer_id != previous_owner and "is_primary_vehicle" not in data:
            fresh.is_primary_vehicle = not Vehicle.objects.filter(
                customer=fresh.customer, is_primary_vehicle=True
            ).exists()
            changed.append("is_primary_vehicle")
        elif "is_primary_vehicle" in changed and fresh.is_primary_vehicle:
            _demote_others(fresh)
        save_changes(fresh, changed)
        if changed:
            signals.announce(signals.vehicle_changed, vehicle_id=fresh.pk, fields=changed)
    return fresh


def correct_mileage(*, vehicle: Vehicle, mileage: int, reason: str) -> Vehicle:
    """Set a mileage that may be lower than the recorded one; the reason goes into the audit."""
    if not reason.strip():
        raise Invalid("A correction needs a reason.", field="reason", remedy="Say why.")
    with audited(reason=reason.strip(), mileage_correction="on"), translated():
        fresh = locked(vehicle)
        changed = assign(fresh, {"current_mileage": mileage}, WRITABLE)
        save_changes(fresh, changed)
        if changed:
            signals.announce(signals.vehicle_changed, vehicle_id=fresh.pk, fields=changed)
    return fresh


def make_primary(*, vehicle: Vehicle) -> Vehicle:
    """Make this the one primary vehicle of its owner."""
    with audited(), translated():
        fresh = locked(vehicle)
        if fresh.customer_id is None:
            raise Invalid("This vehicle has no owner.", field="customer", remedy="Set the owner.")
        _demote_others(fresh)
        save_changes(fresh, assign(fresh, {"is_primary_vehicle": True}, WRITABLE))
    return fresh


def delete_vehicle(*, vehicle: Vehicle) -> None:
    """Delete a vehicle that no appointment and no service record stands on."""
    with audited(), translated():
        fresh = locked(vehicle)
        if fresh.appointments.exists() or fresh.service_history.exists():
            raise HasHistory(
                "This vehicle has appointments or service history.",
                remedy="Set its status to sold or totaled instead.",
            )
        fresh.delete()


def _demote_others(vehicle: Vehicle) -> None:
    Vehicle.objects.filter(customer=vehicle.customer, is_primary_vehicle=True).exclude(
        pk=vehicle.pk
    ).update(is_primary_vehicle=False)
