"""Rows of the telephone's tables for tests."""

from datetime import timedelta

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from telephony import models
from telephony.enums import AnsweredBy, CallStatus, Direction, EventKind, Provider
from tests.factories import phone_number


class CallLogFactory(DjangoModelFactory):
    """An incoming call of an unknown number that a person answered and ended an hour ago."""

    class Meta:
        model = models.CallLog

    provider = Provider.TWILIO
    call_sid = factory.Sequence(lambda n: f"CA{n:032x}")
    direction = Direction.INBOUND
    caller_phone = factory.Sequence(lambda n: phone_number(500_000 + n))
    status = CallStatus.COMPLETED
    answered_by = AnsweredBy.PERSON
    started_at = factory.LazyFunction(lambda: timezone.now() - timedelta(hours=1))
    answered_at = factory.LazyAttribute(
        lambda call: call.started_at + timedelta(seconds=8) if call.answered_by else None
    )
    ended_at = factory.LazyAttribute(
        lambda call: (
            call.started_at + timedelta(seconds=98) if CallStatus(call.status).is_terminal else None
        )
    )
    duration_seconds = factory.LazyAttribute(lambda call: 90 if call.ended_at else None)


class ProviderEventFactory(DjangoModelFactory):
    class Meta:
        model = models.ProviderEvent

    provider = Provider.TWILIO
    event_key = factory.Sequence(lambda n: f"{n:064x}")
    kind = EventKind.STATUS
    call_sid = factory.Sequence(lambda n: f"CA{n:032x}")
    payload = factory.LazyFunction(dict)


class CallAccessFactory(DjangoModelFactory):
    class Meta:
        model = models.CallAccess

    call = factory.SubFactory(CallLogFactory)
    label = "somebody"
    what = "recording"
