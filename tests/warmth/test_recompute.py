"""Bringing customers' warmth up to date."""

from decimal import Decimal

import pytest
from django.utils import timezone

from tests.factories import CustomerFactory
from tests.warmth.factories import WarmthEventFactory
from warmth.models import CustomerWarmth
from warmth.services.recompute import recompute_customers

pytestmark = pytest.mark.django_db


def test_smoke():
    customer = CustomerFactory()
    WarmthEventFactory(customer=customer, event_type="test_drive", occurred_at=timezone.now())
    assert recompute_customers([customer.pk]) == 1
    warmth = CustomerWarmth.objects.get(customer=customer)
    assert warmth.engagement_score == Decimal("33.00")
    assert warmth.history.count() == 1
    assert recompute_customers([customer.pk]) == 0
