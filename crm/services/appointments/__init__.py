"""The appointment book: booking and moving (`booking`), the life of a visit (`status`)."""

from crm.services.appointments.booking import (
    DETAILS,
    KEEP,
    Keep,
    book_appointment,
    move_appointment,
    update_appointment,
)
from crm.services.appointments.status import (
    TRANSITIONS,
    allowed_moves,
    cancel_appointment,
    change_status,
    check_in,
    complete_appointment,
    confirm,
    mark_no_show,
    start_work,
)

__all__ = [
    "DETAILS",
    "KEEP",
    "TRANSITIONS",
    "Keep",
    "allowed_moves",
    "book_appointment",
    "cancel_appointment",
    "change_status",
    "check_in",
    "complete_appointment",
    "confirm",
    "mark_no_show",
    "move_appointment",
    "start_work",
    "update_appointment",
]
