"""From the name of a broken database constraint to a sentence at the right field."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.db.models import ProtectedError

from crm.exceptions import Duplicate, HasHistory, Invalid, Refused, SlotTaken

UNIQUE_VIOLATION = "23505"
FOREIGN_KEY_VIOLATION = "23503"
_TAKEN = "Choose another time, or let Lanewise pick a free bay and technician."

RULES: dict[str, tuple[type[Refused], str | None, str, str]] = {
    "customers_phone_once": (
        Duplicate, "phone", "Another customer has this phone number.",
        "Open that customer, or take another number.",
    ),
    "customers_email_once": (
        Duplicate, "email", "Another customer has this e-mail address.",
        "Open that customer, or leave the address empty.",
    ),
    "customers_phone_e164": (
        Invalid, "phone", "This is not a telephone number.", "Write ten digits.",
    ),
    "customers_email_shape": (
        Invalid, "email", "This is not an e-mail address.", "Write name@example.com.",
    ),
    "customers_state_shape": (
        Invalid, "state", "A state has two letters.", "Write the postal code, for example GA.",
    ),
    "customers_zip_shape": (
        Invalid, "zip_code", "A ZIP code has five digits, or nine with a hyphen.",
        "Write 30309 or 30309-1234.",
    ),
    "customers_contact_method_known": (
        Invalid, "preferred_contact_method", "Unknown contact method.",
        "Choose phone, email or text.",
    ),
    "customers_type_known": (
        Invalid, "customer_type", "Unknown customer type.", "Choose retail, fleet or referral.",
    ),
    "customers_appointment_time_known": (
        Invalid, "preferred_appointment_time", "Unknown time of day.",
        "Choose morning, afternoon or evening.",
    ),
    "customers_named": (
        Invalid, "last_name", "A customer needs a first and a last name.", "Fill in both.",
    ),
    "customers_birth_plausible": (
        Invalid, "date_of_birth", "The date of birth is before 1900.", "Check the year.",
    ),
    "vehicles_vin_once": (
        Duplicate, "vin", "This VIN is in the books already.",
        "Open that vehicle and change its owner.",
    ),
    "vehicles_vin_valid": (
        Invalid, "vin", "The VIN's shape, check digit or model year is wrong.",
        "Check it, or give the reason why an invalid VIN stands.",
    ),
    "vehicles_year_plausible": (
        Invalid, "year", "The model year must be between 1900 and 2100.", "Check the year.",
    ),
    "vehicles_described": (
        Invalid, "model", "A vehicle needs a make and a model.", "Fill in both.",
    ),
    "vehicles_plate_shape": (
        Invalid, "license_plate", "A plate has capital letters, digits, blanks and hyphens.",
        "Check the plate.",
    ),
    "vehicles_mileage_plausible": (
        Invalid, "current_mileage", "The mileage must be between 0 and 2,000,000.",
        "Check the odometer.",
    ),
    "vehicles_mileage_never_falls": (
        Invalid, "current_mileage", "The mileage is below the one on record.",
        "Check the odometer; to correct the record use “Correct mileage” with a reason.",
    ),
    "vehicles_last_service_mileage_positive": (
        Invalid, "last_service_mileage", "The mileage cannot be negative.", "Check it.",
    ),
    "vehicles_next_due_positive": (
        Invalid, "next_service_due_mileage", "The mileage cannot be negative.", "Check it.",
    ),
    "vehicles_purchase_plausible": (
        Invalid, "purchase_date", "Bought more than a year before the model year.",
        "Check the date and the model year.",
    ),
    "vehicles_status_known": (
        Invalid, "status", "Unknown vehicle status.", "Choose active, sold or totaled.",
    ),
    "vehicles_one_primary": (
        Duplicate, "is_primary_vehicle", "The customer has another primary vehicle.",
        "Use “Make primary”, which changes both.",
    ),
    "appointments_bay_free": (
        SlotTaken, "service_bay", "This bay is taken at that time.", _TAKEN,
    ),
    "appointments_technician_free": (
        SlotTaken, "assigned_technician", "This technician is booked at that time.", _TAKEN,
    ),
    "appointments_status_known": (Invalid, "status", "Unknown status.", "Choose a listed one."),
    "appointments_category_known": (
        Invalid, "service_category", "Unknown category.",
        "Choose maintenance, repair, inspection or recall.",
    ),
    "appointments_booking_method_known": (
        Invalid, "booking_method", "Unknown booking method.",
        "Choose phone, online, walk_in or ai_voice.",
    ),
    "appointments_transport_known": (
        Invalid, "transport", "Unknown transport.",
        "Choose waiter, drop_off, loaner or shuttle.",
    ),
    "appointments_duration_plausible": (
        Invalid, "duration_minutes", "A visit takes between 5 minutes and 24 hours.",
        "Check the duration.",
    ),
    "appointments_service_named": (
        Invalid, "service_type", "What is to be done is missing.", "Name the service.",
    ),
    "appointments_cancelled_with_reason": (
        Invalid, "cancellation_reason", "Cancelling needs a reason.", "Say why.",
    ),
    "appointments_estimate_positive": (
        Invalid, "estimated_cost", "A cost cannot be negative.", "Check the amount.",
    ),
    "appointments_cost_positive": (
        Invalid, "actual_cost", "A cost cannot be negative.", "Check the amount.",
    ),
    "appointments_promise_after_start": (
        Invalid, "promised_at", "Promised before the appointment begins.", "Check the time.",
    ),
    "service_history_ro_once": (
        Duplicate, "ro_number", "This RO number exists already.", "Check the number.",
    ),
    "service_history_mileage_plausible": (
        Invalid, "mileage", "The mileage must be between 0 and 2,000,000.", "Check the odometer.",
    ),
    "service_history_cost_positive": (
        Invalid, "total_cost", "A cost cannot be negative.", "Check the amount.",
    ),
    "service_history_next_due_positive": (
        Invalid, "next_service_due_mileage", "The mileage cannot be negative.", "Check it.",
    ),
    "service_lines_positive": (
        Invalid, "price", "Hours and price cannot be negative.", "Check them.",
    ),
    "service_lines_refused_with_reason": (
        Invalid, "reason", "Declined and deferred work needs a reason.", "Say why.",
    ),
    "service_lines_deferred_until": (
        Invalid, "deferred_until", "Deferred work needs a date or a mileage.", "Give one.",
    ),
    "service_lines_closed_known": (
        Invalid, "closed_as", "Unknown way to close work.", "Choose done_elsewhere or not_wanted.",
    ),
    "service_lines_closed_refused": (
        Invalid, "closed_as", "Only declined and deferred work can be closed.",
        "Choose another line.",
    ),
    "service_lines_closed_with_reason": (
        Invalid, "reason", "Work that is no longer wanted needs a reason.", "Say why.",
    ),
    "webhook_endpoints_url": (
        Invalid, "url", "This is not an address.", "Write https://example.com/hook.",
    ),
    "webhook_endpoints_events_chosen": (
        Invalid, "event_types", "A webhook needs an event.", "Choose at least one.",
    ),
    "webhook_messages_key_once": (
        Duplicate, None, "This event was published already.", "Nothing is to be done.",
    ),
    "webhook_messages_key_given": (
        Invalid, None, "The event's key is empty.", "Give it one.",
    ),
    "webhook_deliveries_once": (
        Duplicate, None, "This receiver gets that message already.", "Replay the delivery.",
    ),
    "webhook_deliveries_status_known": (
        Invalid, "status", "Unknown status.", "Choose pending, delivered or failed.",
    ),
    "webhook_deliveries_pending_due": (
        Invalid, "due_at", "What waits needs a time of its next try.", "Give one.",
    ),
    "webhook_deliveries_delivered_when": (
        Invalid, "delivered_at", "What was delivered needs its time.", "Give one.",
    ),
    "saved_filters_name_once": (
        Duplicate, "name", "You have a filter of this name.", "Choose another name.",
    ),
    "saved_filters_named": (Invalid, "name", "The filter has no name.", "Give it one."),
    "customer_notes_said": (Invalid, "text", "The note is empty.", "Write something."),
}  # fmt: skip


def register_rules(rules: Mapping[str, tuple[type[Refused], str | None, str, str]]) -> None:
    """Add the rules of an app's own tables; called from its `AppConfig.ready`."""
    RULES.update(rules)


def explain(error: IntegrityError | DataError) -> Refused:
    """The refusal that stands for `error`; an unknown constraint is named as it is."""
    diagnosis: Any = getattr(error.__cause__, "diag", None)
    name = getattr(diagnosis, "constraint_name", None) or ""
    if name in RULES:
        kind, field, message, remedy = RULES[name]
        return kind(message, field=field, remedy=remedy, code=name)
    sqlstate = getattr(diagnosis, "sqlstate", "")
    if sqlstate == UNIQUE_VIOLATION:
        return Duplicate("This exists already.", remedy="Change the existing one.")
    if sqlstate == FOREIGN_KEY_VIOLATION or isinstance(error, ProtectedError):
        return HasHistory(
            "Other records stand on this one, or the one it refers to does not exist.",
            remedy="Anonymise a customer instead of deleting; check the reference.",
        )
    column = getattr(diagnosis, "column_name", None)
    return Invalid("The database refused a value.", field=column, remedy="Check the values.")


@contextmanager
def translated() -> Iterator[None]:
    """Turn what the database refuses inside into a `Refused`; nothing of it is written.

    Deferred constraints are checked at the end of the block, not at the end of the request.
    """
    try:
        with transaction.atomic():
            yield
    except (IntegrityError, DataError) as error:
        raise explain(error) from error
