"""The demonstration leaves no call behind, and real customers' calls stay."""

import pytest

from crm import demo
from crm.enums import BatchKind
from telephony.models import CallLog, ProviderEvent
from tests.factories import CustomerFactory, DataBatchFactory
from tests.telephony.factories import CallAccessFactory, CallLogFactory, ProviderEventFactory

pytestmark = pytest.mark.django_db


def test_calls_of_demonstration_customers_go_with_them() -> None:
    batch = DataBatchFactory(kind=BatchKind.DEMO)
    call = CallLogFactory(customer=CustomerFactory(batch=batch))
    CallAccessFactory(call=call)
    ProviderEventFactory(call_sid=call.call_sid)
    real = CallLogFactory(customer=CustomerFactory())
    kept = ProviderEventFactory(call_sid=real.call_sid)
    removed = demo.remove()
    assert removed["calls"] == 1
    assert list(CallLog.objects.all()) == [real]
    assert list(ProviderEvent.objects.all()) == [kept]
