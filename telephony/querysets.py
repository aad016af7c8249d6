"""Chainable reads, named for what they yield."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import models
from django.db.models import Q

from crm.phones import WITHHELD
from crm.querysets import shop_day
from telephony.enums import CallStatus, Direction


class CallQuerySet(models.QuerySet[Any]):
    def open(self) -> CallQuerySet:
        """Calls that are still going on."""
        return self.filter(status__in=CallStatus.open())

    def finished(self) -> CallQuerySet:
        return self.exclude(status__in=CallStatus.open())

    def missed(self) -> CallQuerySet:
        """Incoming calls that ended without anybody answering; voicemails are among them."""
        return self.finished().filter(MISSED)

    def unmatched(self) -> CallQuerySet:
        """Calls of a known number that belongs to no customer."""
        return self.filter(customer__isnull=True).exclude(caller_phone=WITHHELD)

    def from_day(self, day: date) -> CallQuerySet:
        """Those that began on `day` in the shop's zone, or later."""
        return self.filter(started_at__gte=shop_day(day)[0])

    def until_day(self, day: date) -> CallQuerySet:
        """Those that began on `day` in the shop's zone, or earlier."""
        return self.filter(started_at__lt=shop_day(day)[1])


MISSED = Q(direction=Direction.INBOUND, answered_by__isnull=True) & ~Q(
    provider__in=["manual", "other"]
)
