"""What the demonstration leaves in the call log goes with it."""

from collections.abc import Mapping

from django.db.models import QuerySet

from crm.demo import Part, register
from crm.models import Customer, DataBatch, Vehicle
from telephony.models import CallLog, ProviderEvent


def _build(batch: DataBatch) -> Mapping[str, int]:
    return {}


def _remove(customers: QuerySet[Customer], vehicles: QuerySet[Vehicle]) -> Mapping[str, int]:
    """Calls with demonstration customers and the callbacks about them, whoever made them."""
    calls = CallLog.objects.filter(customer__in=customers)
    told = ProviderEvent.objects.filter(call_sid__in=calls.values("call_sid"))
    events = told.delete()[0]
    return {"calls": calls.delete()[1].get("telephony.CallLog", 0), "callbacks": events}


def register_part() -> None:
    register(Part("calls", _build, _remove, position=60))
