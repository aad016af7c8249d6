"""Chainable reads, named for what they yield."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import F, Q

from crm.enums import AppointmentStatus, LineOutcome
from jobs.registry import shop_zone


def shop_day(day: date) -> tuple[datetime, datetime]:
    """First instant of `day` in the shop's zone and of the day after; 23 to 25 hours apart."""
    zone = shop_zone()
    start = datetime(day.year, day.month, day.day, tzinfo=zone)
    after = day + timedelta(days=1)
    return start, datetime(after.year, after.month, after.day, tzinfo=zone)


class CustomerQuerySet(models.QuerySet[Any]):
    def present(self) -> CustomerQuerySet:
        """Without the anonymised ones."""
        return self.filter(anonymised_at__isnull=True)


class VehicleQuerySet(models.QuerySet[Any]):
    def on_the_road(self) -> VehicleQuerySet:
        return self.filter(status="active")


class AppointmentQuerySet(models.QuerySet[Any]):
    def active(self) -> AppointmentQuerySet:
        return self.filter(status__in=AppointmentStatus.active())

    def on_day(self, day: date) -> AppointmentQuerySet:
        """Those that begin on `day` in the shop's zone."""
        start, end = shop_day(day)
        return self.filter(scheduled_at__gte=start, scheduled_at__lt=end)

    def late(self, now: datetime) -> AppointmentQuerySet:
        """Due before `now` and not here yet."""
        return self.filter(
            status__in=[AppointmentStatus.SCHEDULED, AppointmentStatus.CONFIRMED],
            scheduled_at__lt=now,
        )

    def in_the_shop(self) -> AppointmentQuerySet:
        return self.filter(status__in=[AppointmentStatus.ARRIVED, AppointmentStatus.IN_PROGRESS])

    def with_names(self) -> AppointmentQuerySet:
        """Everything that a row of the book shows, in one query."""
        return self.select_related(
            "customer", "vehicle", "assigned_technician", "service_bay", "advisor"
        )


class ServiceRecordQuerySet(models.QuerySet[Any]):
    def latest_first(self) -> ServiceRecordQuerySet:
        return self.order_by("-service_date", "-created_at", "id")


class ServiceLineQuerySet(models.QuerySet[Any]):
    def refused(self) -> ServiceLineQuerySet:
        """Declined or deferred work that no later visit has done and nobody has closed."""
        return self.filter(
            outcome__in=[LineOutcome.DECLINED, LineOutcome.DEFERRED],
            resolved_by__isnull=True,
            closed_as="",
        )

    def closed(self) -> ServiceLineQuerySet:
        """Declined or deferred work that somebody has closed by hand."""
        return self.exclude(closed_as="")

    def due(self, today: date) -> Any:
        """Refused work whose time has come: declined, or deferred to a date or mileage reached."""
        return self.refused().filter(
            Q(outcome=LineOutcome.DECLINED)
            | Q(deferred_until__lte=today)
            | Q(deferred_until_mileage__lte=F("vehicle__current_mileage"))
        )


class WorkItemQuerySet(models.QuerySet[Any]):
    def open(self) -> WorkItemQuerySet:
        return self.filter(closed_at__isnull=True)

    def due(self, now: datetime) -> WorkItemQuerySet:
        """Open, come due and not expired."""
        return self.open().filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=now), due_at__lte=now
        )

    def free_for(self, user: Any, now: datetime) -> WorkItemQuerySet:
        """Without what somebody else holds."""
        return self.filter(
            Q(claimed_until__isnull=True) | Q(claimed_until__lte=now) | Q(claimed_by=user)
        )

    def best_first(self) -> WorkItemQuerySet:
        """Highest expected value first, after that what nobody may be contacted about."""
        return self.order_by("-rank", "-id")
