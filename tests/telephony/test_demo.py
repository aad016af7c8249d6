"""The demonstration leaves no call behind, and real customers' calls stay."""

import pytest
from django.db.models import F
from django.utils import timezone

from crm import demo
from crm.enums import BatchKind, WorkKind
from crm.models import Consent, WorkItem
from telephony.models import CallLog, ProviderEvent
from tests.factories import CustomerFactory, DataBatchFactory, WorkItemFactory
from tests.telephony.factories import CallAccessFactory, CallLogFactory, ProviderEventFactory

pytestmark = pytest.mark.django_db


def test_calls_of_demonstration_customers_go_with_them() -> None:
    batch = DataBatchFactory(kind=BatchKind.DEMO)
    call = CallLogFactory(customer=CustomerFactory(batch=batch))
    CallAccessFactory(call=call)
    ProviderEventFactory(call_sid=call.call_sid)
    real = CallLogFactory(customer=CustomerFactory())
    kept = ProviderEventFactory(call_sid=real.call_sid)
    simulated = CallLogFactory(provider="simulator")
    WorkItemFactory(customer=None, phone=simulated.caller_phone, key=f"message:{simulated.pk}")
    removed = demo.remove()
    assert removed["calls"] == 2
    assert not WorkItem.objects.exists()
    assert list(CallLog.objects.all()) == [real]
    assert list(ProviderEvent.objects.all()) == [kept]


@pytest.mark.slow
def test_demonstration_has_calls_of_every_kind_and_takes_all_of_them_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(demo, "CUSTOMERS", 120)
    built = demo.build()
    calls = CallLog.objects.all()
    assert calls.count() == built["calls"]
    assert calls.missed().exists()
    assert calls.unmatched().count() == 3
    assert calls.filter(started_at__gt=timezone.now()).count() == 0
    booked = calls.filter(outcome="appointment_booked")
    assert booked.filter(appointment__customer_id=F("customer_id")).count() == booked.count() > 0
    nobodys = WorkItem.objects.filter(customer=None).order_by("kind")
    assert list(nobodys.values_list("kind", flat=True)) == ["missed_call", "voicemail"]
    assert WorkItem.objects.filter(kind=WorkKind.VOICEMAIL, customer__isnull=False).exists()
    assert Consent.objects.count() == built["consents"] > 50
    assert Consent.objects.filter(revoked_at__isnull=False).exists()
    demo.remove()
    assert calls.count() == WorkItem.objects.count() == Consent.objects.count() == 0
