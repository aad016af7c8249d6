"""What `telephony` does when `crm` announces something. Receivers run after the commit."""

from typing import Any
from uuid import UUID

from crm import signals
from crm.models import Customer
from jobs.services import enqueue
from telephony.services import calls, verification


def match_customer(customer_id: UUID, **_: Any) -> None:
    """A new customer, or a new number, may own calls that were nobody's."""
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer is not None:
        calls.match_customer(customer=customer)


def match_batch(batch_id: UUID, **_: Any) -> None:
    enqueue("telephony.match_batch", args={"batch": str(batch_id)})


def forget_customer(customer_id: UUID, **_: Any) -> None:
    calls.forget_customer(customer_id=customer_id)
    verification.forget_customer(customer_id=customer_id)


def connect() -> None:
    signals.customer_changed.connect(match_customer, dispatch_uid="telephony.match_customer")
    signals.customers_loaded.connect(match_batch, dispatch_uid="telephony.match_batch")
    signals.customer_erased.connect(forget_customer, dispatch_uid="telephony.forget_customer")
