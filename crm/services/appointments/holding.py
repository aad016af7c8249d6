"""One change of the appointment book at a time."""

from datetime import datetime

from django.db import connection

from crm.models import Appointment
from crm.services.writing import locked


def hold_book() -> None:
    """Wait until nobody else is changing the book; the book is ours until the commit.

    Two bookings would pick the same free bay. And each change is entered into the indexes of the
    exclusion constraints before it is compared with the others: two at once may wait for each
    other, a deadlock that costs one of them. Comes before any lock of a row.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('appointment book'))")


def held(appointment: Appointment, expected_version: datetime | None) -> Appointment:
    """`appointment` read afresh and locked, and the book with it. Raises StaleWrite."""
    hold_book()
    return locked(appointment, expected_version)
