"""Home: the service drive of one day."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date

from crm.drive import bays_of, drive_of
from crm.expressions import vehicle_name
from crm.home_figures import figures_for
from crm.listing import counted
from crm.models import OpeningHours, ServiceLine, SpecialDay
from crm.services.availability import opening_hours
from crm.today import MOST_COUNTED, count_due
from crm.views.common import allowed, answer

DUE_ROWS = 6


@allowed("appointments:read")
def home(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    today = timezone.localdate(now)
    day = read_day(request.GET.get("day"), today)
    is_today = day == today
    drive = drive_of(day, now=now, is_today=is_today)
    hours = opening_hours(day, day).get(day)
    context: dict[str, Any] = {
        "now": now,
        "day": day,
        "is_today": is_today,
        "is_past": day < today,
        "previous_day": day - timedelta(days=1),
        "next_day": day + timedelta(days=1),
        "drive": drive,
        "hours": hours,
        "closed_reason": "" if hours else _why_closed(day),
        "has_hours": hours is not None or OpeningHours.objects.exists(),
        "here_url": _url_of(day, is_today),
        "most_counted": MOST_COUNTED,
    }
    if is_today:
        context["figures"] = figures_for(request.user)
    if is_today and request.user.can("work:read"):  # type: ignore[union-attr]
        context["to_contact"] = count_due(user=request.user)
    if is_today:
        context["bays"] = bays_of(drive, now=now)
        if request.user.can("service:read"):  # type: ignore[union-attr]
            context |= _due_work(today)
    return answer(request, "crm/home.html", context, fragment="crm/_drive.html")


def read_day(text: str | None, default: date) -> date:
    """The day of `?day=`; `default` for none, nonsense, or one that no calendar reaches."""
    try:
        day = parse_date(text or "")
    except ValueError:
        day = None
    return day if day is not None and date(2000, 1, 1) <= day <= date(2099, 12, 31) else default


def _url_of(day: date, is_today: bool) -> str:
    return reverse("home") if is_today else f"{reverse('home')}?day={day:%Y-%m-%d}"


def _why_closed(day: date) -> str:
    special = SpecialDay.objects.filter(date=day).values_list("reason", flat=True).first()
    return special or f"{day:%A}"


def _due_work(today: date) -> dict[str, Any]:
    """Declined and deferred work whose time has come: how much, and the most worthwhile rows."""
    due = ServiceLine.objects.due(today).filter(vehicle__customer__anonymised_at__isnull=True)
    total, more = counted(due)
    rows = due.order_by("-price", "id").values(
        "id",
        "description",
        "price",
        "outcome",
        "reason",
        "vehicle__customer_id",
        "vehicle__customer__name",
        vehicle_name=vehicle_name("vehicle__"),
    )[:DUE_ROWS]
    return {"due_total": total, "due_more": more, "due_rows": list(rows)}
