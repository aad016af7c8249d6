"""Booking an appointment and moving one: both choose from the free slots."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from crm.exceptions import Refused, StaleWrite
from crm.forms.appointments import BookingForm, MoveForm, WhenForm, active, minutes_for
from crm.models import Appointment, Customer, OpCode, ServiceLine, Vehicle
from crm.search import search_customers
from crm.services import appointments as service
from crm.services.availability import Slot, free_slots
from crm.services.planning import plan_work
from crm.templatetags.lanewise import localtime
from crm.views.appointments import appointment_or_404
from crm.views.common import FORM, allowed, go
from crm.views.customer_card import customer_or_404
from crm.views.home import read_day
from jobs.registry import shop_zone

SHOWN_DAYS = 3
FURTHEST_DAYS = 180
# What the buttons beside the slots say, in days.
TURNS = {"earlier": -SHOWN_DAYS, "later": SHOWN_DAYS}


@dataclass(frozen=True)
class SlotDay:
    """The free slots of one day, apart by morning and afternoon."""

    day: date
    morning: list[Slot]
    afternoon: list[Slot]

    @property
    def parts(self) -> tuple[list[Slot], list[Slot]]:
        return self.morning, self.afternoon


@allowed("appointments:write", FORM)
def appointment_new(request: HttpRequest) -> HttpResponse:
    key = _uuid(request.POST.get("customer") or request.GET.get("customer"))
    if key is None:
        return _pick_customer(request)
    customer = customer_or_404(key)
    asks_for_times = request.method == "POST" and "times" in request.POST
    form = BookingForm(
        request.POST if request.method == "POST" and not asks_for_times else None,
        customer=customer,
        initial=_first_values(request, customer, asks_for_times),
    )
    if form.is_bound and form.is_valid():
        try:
            booked = _book(request, customer, form)
        except Refused as refused:
            form.refuse(refused)
        else:
            message = _("Booked for %s.") % localtime(booked.scheduled_at)
            return go(request, reverse("appointment", args=[booked.pk]), message)
    context = {
        "form": form,
        "customer": customer,
        "op_codes": list(active(OpCode).order_by("category", "code")),
        "chosen": {str(code) for code in form["op_codes"].value() or []},
        "refused": _open_work(customer),
        **_slots(request.POST or request.GET, None),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "crm/appointment_new.html", context, status=status)


@allowed("appointments:write")
def slots(request: HttpRequest) -> HttpResponse:
    """The free times for what the form says so far."""
    appointment = None
    if key := _uuid(request.GET.get("appointment")):
        appointment = get_object_or_404(Appointment, pk=key)
    return render(request, "crm/_slots.html", _slots(request.GET, appointment))


@allowed("appointments:write", FORM)
def appointment_move(request: HttpRequest, key: UUID) -> HttpResponse:
    found = appointment_or_404(key)
    asks_for_times = request.method == "POST" and "times" in request.POST
    sent = request.POST if request.method == "POST" and not asks_for_times else None
    form = MoveForm(sent, initial=_present(found) | _asked(request, asks_for_times))
    if sent is not None and form.is_valid():
        try:
            moved = _move(found, form)
        except StaleWrite as stale:
            form.refuse(stale)
            found = appointment_or_404(key)
            form.data = request.POST.copy()
            form.data["version"] = found.updated_at.isoformat()
        except Refused as refused:
            form.refuse(refused)
        else:
            message = _("Moved to %s.") % localtime(moved.scheduled_at)
            return go(request, reverse("appointment", args=[found.pk]), message)
    context = {
        "form": form,
        "appointment": found,
        "customer": found.customer,
        **_slots(request.POST or request.GET, found),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "crm/appointment_move.html", context, status=status)


def _pick_customer(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    hits = search_customers(text, limit=10) if text else []
    context = {"text": text, "hits": hits, "day": request.GET.get("date", "")}
    template = "crm/_pick_customer.html" if request.htmx else "crm/appointment_pick.html"  # type: ignore[attr-defined]
    return render(request, template, context)


def _book(request: HttpRequest, customer: Customer, form: BookingForm) -> Appointment:
    cleaned = form.cleaned_data
    with transaction.atomic():
        booked = service.book_appointment(
            customer=customer,
            vehicle=cleaned["vehicle"],
            scheduled_at=cleaned["scheduled_at"],
            service_type=cleaned["service_type"],
            duration_minutes=cleaned["duration_minutes"],
            technician=cleaned["technician"],
            bay=cleaned["bay"],
            advisor=cleaned["advisor"],
            data=form.details(),
            booking_method=cleaned["booking_method"],
            booked_by=str(request.user),
        )
        plan_work(appointment=booked, op_codes=cleaned["op_codes"])
    return booked


def _move(appointment: Appointment, form: MoveForm) -> Appointment:
    cleaned = form.cleaned_data
    return service.move_appointment(
        appointment=appointment,
        scheduled_at=cleaned["scheduled_at"],
        duration_minutes=cleaned["duration_minutes"],
        technician=cleaned["technician"],
        bay=cleaned["bay"],
        expected_version=parse_datetime(cleaned["version"] or ""),
    )


def _slots(asked: Any, appointment: Appointment | None) -> dict[str, Any]:
    """The free slots for the values in `asked` (a QueryDict), by day, with where to look on."""
    today = timezone.localdate()
    form = WhenForm(asked)
    form.is_valid()
    cleaned = form.cleaned_data
    first = cleaned.get("date") or today
    if turned := TURNS.get(asked.get("times", "")):
        first = read_day(asked.get("slots_first"), first) + timedelta(days=turned)
    first = min(max(first, today), today + timedelta(days=FURTHEST_DAYS))
    codes = active(OpCode).filter(pk__in=asked.getlist("op_codes"))
    planned = list(codes) if asked.getlist("op_codes") else []
    own = appointment.duration_minutes if appointment else 0
    minutes = cleaned.get("duration_minutes") or own or minutes_for(planned)
    category = asked.get("service_category") or (planned[0].category if planned else None)
    try:
        found = free_slots(
            first=first,
            last=first + timedelta(days=SHOWN_DAYS - 1),
            duration_minutes=minutes,
            category=appointment.service_category if appointment else category,
            technician=cleaned.get("technician"),
            bay=cleaned.get("bay"),
        )
    except Refused as refused:
        return {"slots_refused": str(refused), "slots_first": first, "minutes": minutes}
    return {
        "slot_days": _by_day(found, first),
        "slots_first": first,
        "slots_earlier": first > today,
        "minutes": minutes,
        "chosen_slot": _instant(asked.get("scheduled_at")),
        "any_slot": bool(found),
    }


def _by_day(found: list[Slot], first: date) -> list[SlotDay]:
    days = [first + timedelta(days=offset) for offset in range(SHOWN_DAYS)]
    return [
        SlotDay(
            day,
            [slot for slot in found if slot.start.date() == day and slot.start.hour < 12],
            [slot for slot in found if slot.start.date() == day and slot.start.hour >= 12],
        )
        for day in days
    ]


def _first_values(request: HttpRequest, customer: Customer, asks_for_times: bool) -> dict[str, Any]:
    """What a fresh booking form shows: the primary vehicle, today, and what the link names."""
    primary = (
        Vehicle.objects.filter(customer=customer, status="active")
        .order_by("-is_primary_vehicle", "-year")
        .values_list("pk", flat=True)
        .first()
    )
    values: dict[str, Any] = {
        "vehicle": _uuid(request.GET.get("vehicle")) or primary,
        "op_codes": request.GET.getlist("op_codes"),
        "advisor": customer.preferred_service_advisor_id,
        "date": timezone.localdate(),
    }
    return values | _asked(request, asks_for_times)


def _asked(request: HttpRequest, asks_for_times: bool) -> dict[str, Any]:
    """What was typed so far, when the button "Show free times" sent it, or the link names it."""
    sent = request.POST if asks_for_times else request.GET
    many = {"op_codes"}
    skipped = {"csrfmiddlewaretoken", "times", "customer", "next"}
    return {
        name: sent.getlist(name) if name in many else sent[name]
        for name in sent
        if name not in skipped
    }


def _present(appointment: Appointment) -> dict[str, Any]:
    return {
        "duration_minutes": appointment.duration_minutes,
        "date": max(appointment.scheduled_at.astimezone(shop_zone()).date(), timezone.localdate()),
        "version": appointment.updated_at.isoformat(),
    }


def _open_work(customer: Customer) -> list[dict[str, Any]]:
    """Declined and deferred work to offer while booking."""
    return list(
        ServiceLine.objects.refused()
        .filter(vehicle__customer=customer)
        .order_by("-created_at")
        .values("description", "price", "outcome", "reason", "op_code_id")[:6]
    )


def _instant(text: str | None) -> datetime | None:
    try:
        return parse_datetime(text or "")
    except ValueError:
        return None


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
