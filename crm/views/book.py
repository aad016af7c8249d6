"""The appointment book: one day by bay, or a week by day."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.calendar_grid import grid_of
from crm.enums import AppointmentStatus as Status
from crm.expressions import vehicle_name
from crm.models import Appointment, ServiceBay
from crm.querysets import shop_day
from crm.services.availability import Hours, opening_hours
from crm.views.common import allowed
from crm.views.home import read_day
from jobs.registry import shop_zone

SHOWN = [*Status.active(), Status.COMPLETED, Status.NO_SHOW]


@allowed("appointments:read")
def book_day(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    day = read_day(request.GET.get("day"), today)
    visits = _visits(day, day)
    hours = opening_hours(day, day).get(day)
    bays = list(ServiceBay.objects.filter(is_active=True).values_list("code", "name"))
    grid = None
    if hours is not None or visits:
        hours = hours or Hours(visits[0]["starts_at"], visits[0]["ends_at"])
        opens, closes = hours.opens.astimezone(shop_zone()), hours.closes.astimezone(shop_zone())
        grid = grid_of(day, opens, closes, bays, visits, without_bay=_("No bay"))
    context = {
        "day": day,
        "today": today,
        "previous_day": day - timedelta(days=1),
        "next_day": day + timedelta(days=1),
        "grid": grid,
        "visits": visits,
        "now": timezone.now(),
    }
    return render(request, "crm/book_day.html", context)


@allowed("appointments:read")
def book_week(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    day = read_day(request.GET.get("day"), today)
    first = day - timedelta(days=day.weekday())
    last = first + timedelta(days=6)
    hours = opening_hours(first, last)
    bays = ServiceBay.objects.filter(is_active=True).count()
    by_day: dict[date, list[dict[str, Any]]] = {}
    for visit in _visits(first, last):
        by_day.setdefault(visit["starts_at"].date(), []).append(visit)
    context = {
        "days": [
            _week_day(first + timedelta(days=offset), hours, by_day, bays) for offset in range(7)
        ],
        "first": first,
        "last": last,
        "today": today,
        "previous_day": first - timedelta(days=7),
        "next_day": first + timedelta(days=7),
        "day": day,
    }
    return render(request, "crm/book_week.html", context)


def _visits(first: date, last: date) -> list[dict[str, Any]]:
    """Visits from `first` to `last`, with `starts_at` and `ends_at` in the shop's zone."""
    rows = (
        Appointment.objects.filter(
            scheduled_at__gte=shop_day(first)[0],
            scheduled_at__lt=shop_day(last)[1],
            status__in=SHOWN,
        )
        .order_by("scheduled_at", "id")
        .values(
            "id",
            "scheduled_at",
            "duration_minutes",
            "service_type",
            "status",
            "service_bay_id",
            customer_name=F("customer__name"),
            technician=F("assigned_technician__name"),
            vehicle_name=vehicle_name("vehicle__"),
        )
    )
    return [
        row
        | {
            "starts_at": row["scheduled_at"].astimezone(shop_zone()),
            "ends_at": _end_of(row),
        }
        for row in rows
    ]


def _end_of(row: Any) -> datetime:
    end: datetime = row["scheduled_at"] + timedelta(minutes=row["duration_minutes"])
    return end.astimezone(shop_zone())


def _week_day(
    day: date, hours: dict[date, Hours], by_day: dict[date, list[dict[str, Any]]], bays: int
) -> dict[str, Any]:
    """One day of the week view with the share of its bay hours that is booked, in percent."""
    visits = by_day.get(day, [])
    open_for = hours[day].closes - hours[day].opens if day in hours else timedelta(0)
    capacity = open_for.total_seconds() / 60 * bays
    booked = sum(visit["duration_minutes"] for visit in visits if visit["status"] != Status.NO_SHOW)
    return {
        "day": day,
        "hours": hours.get(day),
        "visits": visits,
        "load": min(round(100 * booked / capacity), 100) if capacity else 0,
    }
