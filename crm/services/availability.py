"""Free slots from opening hours, bays, technicians and duration, right over daylight saving."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from crm.exceptions import Invalid
from crm.models import Appointment, OpeningHours, ServiceBay, SpecialDay, Technician
from crm.querysets import shop_day
from jobs.registry import shop_zone

LONGEST_SEARCH_DAYS = 92


@dataclass(frozen=True)
class Slot:
    """A time at which at least one bay and one technician are free.

    `start` and `end` are in the shop's zone; `bays` and `technicians` are ordered, least busy
    that day first.
    """

    start: datetime
    end: datetime
    bays: tuple[str, ...]
    technicians: tuple[UUID, ...]


@dataclass(frozen=True)
class Hours:
    """Opening and closing instant of one date."""

    opens: datetime
    closes: datetime


def opening_hours(first: date, last: date) -> dict[date, Hours]:
    """Hours of each open date from `first` to `last`, both included. Two queries.

    Instants are built from wall-clock times in the shop's zone, so a shop that opens at 7:30
    opens at 7:30 on both days of a clock change.
    """
    weekdays = {row.weekday: (row.opens, row.closes) for row in OpeningHours.objects.all()}
    special = {
        row.date: (row.opens, row.closes)
        for row in SpecialDay.objects.filter(date__range=(first, last))
    }
    result = {}
    for day in _days(first, last):
        opens, closes = special.get(day, weekdays.get(day.weekday(), (None, None)))
        if opens is not None and closes is not None:
            result[day] = Hours(_instant(day, opens), _instant(day, closes))
    return result


def free_slots(
    *,
    first: date,
    last: date,
    duration_minutes: int = 60,
    category: str | None = None,
    technician: Technician | None = None,
    bay: ServiceBay | None = None,
    now: datetime | None = None,
    limit: int | None = None,
) -> list[Slot]:
    """Slots that begin from `first` to `last` (shop dates), in time order, at most `limit`.

    A slot lies inside one day's opening hours and in the future. Seven queries at most,
    whatever the number of days. Raises Invalid for more than 92 days or an impossible duration.
    """
    if last < first or (last - first).days >= LONGEST_SEARCH_DAYS:
        raise Invalid(
            f"Search between 1 and {LONGEST_SEARCH_DAYS} days.", field="last", remedy="Shorten it."
        )
    if not 5 <= duration_minutes <= 24 * 60:
        raise Invalid(
            "A visit takes between 5 minutes and 24 hours.",
            field="duration_minutes",
            remedy="Check the duration.",
        )
    now = now or timezone.now()
    bays = [bay.code] if bay else usable_bays(category)
    technicians = [technician.pk] if technician else usable_technicians(category)
    taken = _taken(first, last)
    length = timedelta(minutes=duration_minutes)
    slots: list[Slot] = []
    for hours in opening_hours(first, last).values():
        today = [entry for entry in taken if entry.start < hours.closes and entry.end > hours.opens]
        for start in _starts(hours, length, now):
            busy = [entry for entry in today if entry.start < start + length and entry.end > start]
            free_bays = _free(bays, {entry.bay for entry in busy}, [e.bay for e in today])
            free_technicians = _free(
                technicians, {entry.technician for entry in busy}, [e.technician for e in today]
            )
            if free_bays and free_technicians:
                slots.append(
                    Slot(
                        start.astimezone(shop_zone()),
                        (start + length).astimezone(shop_zone()),
                        tuple(free_bays),
                        tuple(free_technicians),
                    )
                )
                if limit is not None and len(slots) >= limit:
                    return slots
    return slots


def usable_bays(category: str | None) -> list[str]:
    """Codes of the active bays for a service category (None: any)."""
    return [
        code
        for code, categories in ServiceBay.objects.filter(is_active=True).values_list(
            "code", "categories"
        )
        if not category or not categories or category in categories
    ]


def usable_technicians(category: str | None) -> list[UUID]:
    """Keys of the active technicians for a service category (None: any), by name."""
    return [
        key
        for key, skills in Technician.objects.filter(is_active=True).values_list("id", "skills")
        if not category or not skills or category in skills
    ]


@dataclass(frozen=True)
class _Taken:
    start: datetime
    end: datetime
    bay: str | None
    technician: UUID | None


def _taken(first: date, last: date) -> list[_Taken]:
    """Active appointments that may touch the dates; a visit lasts 24 hours at most."""
    rows = Appointment.objects.active().filter(
        scheduled_at__gte=shop_day(first)[0] - timedelta(hours=24),
        scheduled_at__lt=shop_day(last)[1],
    )
    return [
        _Taken(start, start + timedelta(minutes=minutes), bay, technician)
        for start, minutes, bay, technician in rows.values_list(
            "scheduled_at", "duration_minutes", "service_bay_id", "assigned_technician_id"
        )
    ]


def _free(candidates: list[Any], busy: set[Any], load: Iterable[Any]) -> list[Any]:
    """Candidates that are not busy, least booked that day first, ties in their own order."""
    booked = list(load)
    return sorted((c for c in candidates if c not in busy), key=booked.count)


def _starts(hours: Hours, length: timedelta, now: datetime) -> Iterator[datetime]:
    """Instants on the slot grid that leave room before closing, not before `now`.

    Steps are elapsed time, so no wall-clock time is skipped or offered twice.
    """
    step = timedelta(minutes=settings.SLOT_MINUTES)
    start = hours.opens
    while start + length <= hours.closes:
        if start >= now:
            yield start
        start += step


def _instant(day: date, wall: time) -> datetime:
    """The instant at which the shop's clock shows `wall` on `day`, in UTC.

    A time that the spring change skips moves one hour on (02:30 becomes 03:30); of one that
    the autumn change repeats, the first is meant.
    """
    return datetime.combine(day, wall, tzinfo=shop_zone()).astimezone(UTC)


def _days(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)
