"""What the exports of each list show. Headers are the import's labels where a column can come
back, so that a file may be exported, corrected in Excel and imported again."""

from crm.enums import WorkKind
from crm.exports import Column
from crm.importing.fields import FIELDS, LABELS

_PATHS = {"preferred_service_advisor": "preferred_service_advisor__username"}


def _importable(record: str, prefix: str = "") -> list[Column]:
    return [
        Column(field.label, prefix + _PATHS.get(field.name, field.name))
        for field in FIELDS
        if field.record == record and field.column
    ]


CUSTOMERS = (
    Column(LABELS["customer_id"], "id"),
    *_importable("customer"),
    Column("Last contact", "last_contact_date"),
)

VEHICLES = (
    Column(LABELS["vehicle_id"], "id"),
    *_importable("vehicle"),
    Column("Primary vehicle", "is_primary_vehicle"),
    Column(LABELS["customer_id"], "customer_id"),
    Column("Owner's name", "customer__name"),
    Column("Owner's phone", "customer__phone"),
)

APPOINTMENTS = (
    Column("Appointment ID", "id"),
    Column("Time", "scheduled_at"),
    Column("Minutes", "duration_minutes"),
    Column("Status", "status"),
    Column("Service", "service_type"),
    Column("Category", "service_category"),
    Column("Customer", "customer__name"),
    Column("Phone", "customer__phone"),
    Column("Year", "vehicle__year"),
    Column("Make", "vehicle__make"),
    Column("Model", "vehicle__model"),
    Column("VIN", "vehicle__vin"),
    Column("Bay", "service_bay_id"),
    Column("Technician", "assigned_technician__name"),
    Column("Advisor", "advisor__username"),
    Column("Transport", "transport"),
    Column("Promised", "promised_at"),
    Column("Concerns", "customer_concerns"),
    Column("Estimated cost", "estimated_cost"),
    Column("Actual cost", "actual_cost"),
    Column("Booked through", "booking_method"),
    Column("Booked by", "booked_by"),
    Column("Reason of cancellation", "cancellation_reason"),
)

SERVICE_HISTORY = (
    Column("RO number", "ro_number"),
    Column("Date", "service_date"),
    Column("Customer", "customer__name"),
    Column("Phone", "customer__phone"),
    Column("Year", "vehicle__year"),
    Column("Make", "vehicle__make"),
    Column("Model", "vehicle__model"),
    Column("VIN", "vehicle__vin"),
    Column("Mileage", "mileage"),
    Column("Services", "services_performed"),
    Column("Parts", "parts_replaced"),
    Column("Total", "total_cost"),
    Column("Advisor", "advisor__username"),
    Column("Technician", "technician__name"),
    Column("Next service", "next_service_type"),
    Column("Next service date", "next_service_due_date"),
    Column("Next service mileage", "next_service_due_mileage"),
)

DECLINED_WORK = (
    Column("Customer", "vehicle__customer__name"),
    Column("Phone", "vehicle__customer__phone"),
    Column("Year", "vehicle__year"),
    Column("Make", "vehicle__make"),
    Column("Model", "vehicle__model"),
    Column("VIN", "vehicle__vin"),
    Column("Work", "description"),
    Column("Op code", "op_code_id"),
    Column("Price", "price"),
    Column("Hours", "hours"),
    Column("Outcome", "outcome"),
    Column("Reason", "reason"),
    Column("Deferred until", "deferred_until"),
    Column("Deferred until mileage", "deferred_until_mileage"),
    Column("RO number", "service_record__ro_number"),
    Column("Date", "created_at"),
)

TODAY = (
    Column("Kind", "kind", lambda kind: WorkKind(kind).label),
    Column("Customer", "customer__name"),
    Column("Phone", "number"),
    Column("Year", "vehicle__year"),
    Column("Make", "vehicle__make"),
    Column("Model", "vehicle__model"),
    Column("What", "title"),
    Column("Why", "reason"),
    Column("Value", "value"),
    Column("Due", "due_at"),
    Column("Tries", "tries"),
    Column("Never call because", "barred", lambda reason: reason.replace("_", " ")),
)
