"""What is planned for a visit, before anybody has touched the car."""

from collections.abc import Iterable

from crm.constraints import translated
from crm.context import audited
from crm.enums import LineOutcome
from crm.exceptions import Invalid
from crm.models import Appointment, OpCode, ServiceLine


def plan_work(*, appointment: Appointment, op_codes: Iterable[OpCode]) -> list[ServiceLine]:
    """Replace the planned lines of an open appointment by one line an op code.

    Raises Invalid for an appointment without a vehicle: a line belongs to one.
    """
    chosen, vehicle_id = list(op_codes), appointment.vehicle_id
    if chosen and vehicle_id is None:
        raise Invalid(
            "No vehicle is on this appointment.", field="vehicle", remedy="Choose the vehicle."
        )
    with audited(), translated():
        appointment.lines.filter(outcome=LineOutcome.PLANNED).delete()
        if vehicle_id is None:
            return []
        return ServiceLine.objects.bulk_create(
            ServiceLine(
                vehicle_id=vehicle_id,
                appointment=appointment,
                op_code=op_code,
                description=op_code.description,
                hours=op_code.hours,
                price=op_code.price,
                batch_id=appointment.batch_id,
            )
            for op_code in chosen
        )
