"""What `crm` announces to the apps above it. Receivers run after the commit.

Every signal sends keys only, so that a receiver reads the state that was committed.
"""

from typing import Any

from django.db import transaction
from django.dispatch import Signal

customer_changed = Signal()  # customer_id, created
customer_erased = Signal()  # customer_id
vehicle_changed = Signal()  # vehicle_id, fields
appointment_changed = Signal()  # appointment_id, status, previous
service_completed = Signal()  # service_record_id, vehicle_id
contact_recorded = Signal()  # customer_id, channel, direction
consent_changed = Signal()  # customer_id, granted, channel, purpose ("" for all of them)
# Many records at once: one announcement for a generated batch, one for each chunk of an import.
# New rows bear `batch_id`; those that an import changed stand in `import_changes` of its run. No
# customer_changed or vehicle_changed is sent for them.
customers_loaded = Signal()  # batch_id


def announce(signal: Signal, **keys: Any) -> None:
    """Send `signal` once the transaction around has committed; a failing receiver is logged
    and never undoes or answers for what was saved."""

    def send() -> None:
        signal.send_robust(sender=None, **keys)

    transaction.on_commit(send, robust=True)
