"""Service records: what was done, declined and deferred, and what that does to the vehicle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q

from crm import signals
from crm.constraints import translated
from crm.context import audited
from crm.enums import LineOutcome, PayType
from crm.exceptions import Invalid
from crm.models import Appointment, DataBatch, OpCode, ServiceLine, ServiceRecord, Vehicle
from crm.services.writing import assign, locked, save_changes

WRITABLE = (
    "ro_number",
    "service_date",
    "mileage",
    "services_performed",
    "parts_replaced",
    "total_cost",
    "next_service_type",
    "next_service_due_date",
    "next_service_due_mileage",
    "advisor",
    "technician",
)


@dataclass(frozen=True)
class LineData:
    """One operation of a visit. Hours are flat-rate hours; an empty description, hours or price
    come from the op code."""

    op_code: OpCode | None = None
    description: str = ""
    pay_type: str = PayType.CUSTOMER
    hours: Decimal | None = None
    price: Decimal | None = None
    outcome: str = LineOutcome.PERFORMED
    reason: str = ""
    deferred_until: date | None = None
    deferred_until_mileage: int | None = None


def record_service(
    *,
    vehicle: Vehicle,
    data: Mapping[str, Any],
    lines: Sequence[LineData] = (),
    batch: DataBatch | None = None,
) -> ServiceRecord:
    """A service that was done without an appointment in this book."""
    with audited(), translated():
        return write_record(vehicle=vehicle, appointment=None, data=data, lines=lines, batch=batch)


def write_record(
    *,
    vehicle: Vehicle,
    appointment: Appointment | None,
    data: Mapping[str, Any],
    lines: Sequence[LineData],
    batch: DataBatch | None,
) -> ServiceRecord:
    """Record, lines and vehicle inside the caller's transaction.

    What the lines say fills what `data` leaves out: services performed, total cost (customer
    pay only). Earlier declined or deferred work with the same op code counts as done.
    """
    record = ServiceRecord(
        vehicle=vehicle, customer_id=vehicle.customer_id, appointment=appointment, batch=batch
    )
    values = {name: value for name, value in data.items() if value is not None}
    assign(record, values, WRITABLE)
    performed = [line for line in lines if line.outcome == LineOutcome.PERFORMED]
    if record.services_performed is None:
        record.services_performed = [_description(line) for line in performed]
    record.parts_replaced = list(record.parts_replaced or [])
    if record.total_cost is None:
        record.total_cost = sum(
            (_price(line) for line in performed if line.pay_type == PayType.CUSTOMER), Decimal(0)
        )
    record.ro_number = record.ro_number or _next_ro_number()
    record.save(force_insert=True)
    written = ServiceLine.objects.bulk_create(_line(line, record) for line in lines)
    _resolve_refused(record, written)
    _bring_vehicle_up_to_date(vehicle, record)
    signals.announce(signals.service_completed, service_record_id=record.pk, vehicle_id=vehicle.pk)
    return record


def raise_mileage(vehicle: Vehicle, mileage: int) -> None:
    """Record a mileage read at the vehicle; raises Invalid when it is below the known one."""
    fresh = locked(vehicle)
    if fresh.current_mileage is not None and mileage < fresh.current_mileage:
        raise Invalid(
            f"The record says {fresh.current_mileage:,} miles already.",
            field="mileage",
            remedy="Check the odometer; correct the record first if it is wrong.",
        )
    save_changes(fresh, assign(fresh, {"current_mileage": mileage}, frozenset({"current_mileage"})))


def _line(line: LineData, record: ServiceRecord) -> ServiceLine:
    if not _description(line):
        raise Invalid("A line has no description.", field="lines", remedy="Say what it is.")
    return ServiceLine(
        vehicle_id=record.vehicle_id,
        appointment_id=record.appointment_id,
        service_record=record,
        op_code=line.op_code,
        description=_description(line),
        pay_type=line.pay_type,
        hours=line.hours if line.hours is not None else getattr(line.op_code, "hours", Decimal(0)),
        price=_price(line),
        outcome=line.outcome,
        reason=line.reason.strip(),
        deferred_until=line.deferred_until,
        deferred_until_mileage=line.deferred_until_mileage,
        batch_id=record.batch_id,
    )


def _description(line: LineData) -> str:
    return line.description.strip() or getattr(line.op_code, "description", "")


def _price(line: LineData) -> Decimal:
    return line.price if line.price is not None else getattr(line.op_code, "price", Decimal(0))


def _next_ro_number() -> str:
    """The next repair-order number; a sequence, so two advisors never get the same.

    Numbers that an import brought along are passed over.
    """
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT nextval('repair_order_numbers')")
            number = str(cursor.fetchone()[0])
            if not ServiceRecord.objects.filter(ro_number=number).exists():
                return number


def _resolve_refused(record: ServiceRecord, lines: list[ServiceLine]) -> None:
    """Close earlier refusals that this visit has done."""
    done = {
        line.op_code_id: line
        for line in lines
        if line.outcome == LineOutcome.PERFORMED and line.op_code_id
    }
    for op_code, line in done.items():
        ServiceLine.objects.refused().filter(vehicle_id=record.vehicle_id, op_code=op_code).update(
            resolved_by=line
        )


def _bring_vehicle_up_to_date(vehicle: Vehicle, record: ServiceRecord) -> None:
    """The latest visit decides the vehicle's service columns, not one entered late."""
    if record.mileage is not None and (
        vehicle.current_mileage is None or record.mileage >= vehicle.current_mileage
    ):
        raise_mileage(vehicle, record.mileage)
    Vehicle.objects.filter(
        Q(last_service_date__isnull=True) | Q(last_service_date__lte=record.service_date),
        pk=vehicle.pk,
    ).update(
        last_service_date=record.service_date,
        **({"last_service_mileage": record.mileage} if record.mileage is not None else {}),
        **(
            {"next_service_due_mileage": record.next_service_due_mileage}
            if record.next_service_due_mileage is not None
            else {}
        ),
    )
