"""The service drive on one day: who comes, who is late, who waits, what stands in the bays.

Reads only, a handful of queries whatever the number of visits.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from crm.enums import AppointmentStatus as Status
from crm.enums import Transport
from crm.expressions import full_name, vehicle_name
from crm.models import Appointment, ServiceBay, ServiceLine
from crm.querysets import shop_day
from crm.services.appointments import TRANSITIONS

EXPECTED = (Status.SCHEDULED, Status.CONFIRMED)
HERE = (Status.ARRIVED, Status.IN_PROGRESS)
# What an advisor does next, at most two of them as buttons of a row.
NEXT_STEP = {
    Status.SCHEDULED: Status.ARRIVED,
    Status.CONFIRMED: Status.ARRIVED,
    Status.NO_SHOW: Status.ARRIVED,
    Status.ARRIVED: Status.IN_PROGRESS,
    Status.IN_PROGRESS: Status.COMPLETED,
}


@dataclass(frozen=True)
class Bay:
    """A bay at one moment: `visit` stands in it, `upcoming` is the next one today."""

    code: str
    name: str
    visit: dict[str, Any] | None
    upcoming: dict[str, Any] | None
    is_overdue: bool


@dataclass(frozen=True)
class Drive:
    """One day. `visits` are in time order, those left over from days before come first."""

    day: date
    visits: list[dict[str, Any]]
    counts: dict[str, int]


def drive_of(day: date, *, now: datetime, is_today: bool) -> Drive:
    """The visits that begin on `day`, with those still in the shop when it is today. One query."""
    wanted = Q(scheduled_at__gte=shop_day(day)[0], scheduled_at__lt=shop_day(day)[1])
    if is_today:
        wanted |= Q(status__in=HERE, scheduled_at__lt=shop_day(day)[0])
    visits = [_with_state(row, now, is_today) for row in _rows(wanted)]
    return Drive(day=day, visits=visits, counts=_counts(visits))


def bays_of(drive: Drive, *, now: datetime) -> list[Bay]:
    """Every active bay and who is in it now. One query."""
    bays = []
    for code, name in ServiceBay.objects.filter(is_active=True).values_list("code", "name"):
        booked = [visit for visit in drive.visits if visit["service_bay_id"] == code]
        working = [visit for visit in booked if visit["status"] == Status.IN_PROGRESS]
        coming = [visit for visit in booked if visit["status"] in (*EXPECTED, Status.ARRIVED)]
        visit = working[0] if working else None
        bays.append(
            Bay(
                code=code,
                name=name,
                visit=visit,
                upcoming=coming[0] if coming else None,
                is_overdue=visit is not None and visit["ends_at"] < now,
            )
        )
    return bays


def _rows(wanted: Q) -> Any:
    refused = (
        ServiceLine.objects.refused()
        .filter(vehicle=OuterRef("vehicle"))
        .order_by()
        .values("vehicle")
        .annotate(lines=Count("pk"))
        .values("lines")
    )
    return (
        Appointment.objects.filter(wanted)
        .order_by("scheduled_at", "id")
        .values(
            "id", "customer_id", "scheduled_at", "duration_minutes", "service_type", "status",
            "transport", "promised_at", "arrived_at", "started_at", "completed_at",
            "service_bay_id", "customer_concerns", "cancellation_reason",
            customer_name=F("customer__name"),
            customer_phone=F("customer__phone"),
            vehicle_name=vehicle_name("vehicle__"),
            plate=F("vehicle__license_plate"),
            technician=F("assigned_technician__name"),
            advisor_name=full_name("advisor__"),
            refused_lines=Coalesce(Subquery(refused), 0),
        )
    )  # fmt: skip


def _with_state(row: dict[str, Any], now: datetime, is_today: bool) -> dict[str, Any]:
    """`row` with what follows from the clock: minutes late, waiting, when it ends, next step."""
    late = int((now - row["scheduled_at"]).total_seconds() // 60)
    waits = row["transport"] == Transport.WAITER and row["status"] in HERE
    since = row["arrived_at"] or row["scheduled_at"]
    return row | {
        "late_minutes": late if is_today and row["status"] in EXPECTED and late > 0 else 0,
        "is_waiting": waits,
        "waiting_minutes": int((now - since).total_seconds() // 60) if waits else 0,
        "ends_at": (row["started_at"] or row["scheduled_at"])
        + timedelta(minutes=row["duration_minutes"]),
        "next_step": NEXT_STEP.get(row["status"], ""),
        "may_miss": Status.NO_SHOW in TRANSITIONS[row["status"]] and row["scheduled_at"] <= now,
        "is_closed": row["status"] in (Status.COMPLETED, Status.CANCELLED, Status.NO_SHOW),
    }


def _counts(visits: list[dict[str, Any]]) -> dict[str, int]:
    def having(*statuses: str) -> int:
        return sum(visit["status"] in statuses for visit in visits)

    return {
        "all": sum(visit["status"] != Status.CANCELLED for visit in visits),
        "expected": having(*EXPECTED),
        "late": sum(visit["late_minutes"] > 0 for visit in visits),
        "waiting": sum(visit["is_waiting"] for visit in visits),
        "in_work": having(Status.IN_PROGRESS),
        "arrived": having(Status.ARRIVED),
        "done": having(Status.COMPLETED),
        "no_show": having(Status.NO_SHOW),
    }
