"""The lines of a customer's brief that `crm` itself knows."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.briefs import Brief, Line, register
from crm.expressions import vehicle_name
from crm.models import Appointment, Customer, ServiceLine, Vehicle
from crm.templatetags.lanewise import localtime, money
from jobs.registry import shop_zone

SHOWN_VEHICLES = 3
# A visit that is further away than this is not what the call is about.
NEAR_DAYS = 60
TONES = {"arrived": "attention", "in_progress": "progress"}


def register_briefs() -> None:
    register(Brief("vehicles", "vehicles:read", _vehicles, position=10, on_page=False))
    register(Brief("appointment", "appointments:read", _appointment, position=20, on_page=False))
    register(Brief("declined", "service:read", _declined, position=60, on_page=False))
    register(Brief("last_contact", "customers:read", _last_contact, position=90, on_page=False))


def _vehicles(customer_id: UUID) -> Iterator[Line]:
    owned = Vehicle.objects.on_the_road().filter(customer=customer_id)
    first = owned.order_by("-is_primary_vehicle", "-year", "id")[:SHOWN_VEHICLES]
    for name in first.values_list(vehicle_name(), flat=True):
        yield Line(name, "car")


def _appointment(customer_id: UUID) -> Iterator[Line]:
    now = timezone.now()
    found = (
        Appointment.objects.active()
        .filter(
            customer=customer_id,
            scheduled_at__gte=now - timedelta(days=1),
            scheduled_at__lt=now + timedelta(days=NEAR_DAYS),
        )
        .order_by("scheduled_at")
        .values("id", "scheduled_at", "service_type", "status")
        .first()
    )
    if found is not None:
        text = f"{localtime(found['scheduled_at'])}: {found['service_type']}"
        tone = TONES.get(found["status"], "info")
        yield Line(text, "calendar-event", tone, reverse("appointment", args=[found["id"]]))


def _declined(customer_id: UUID) -> Iterator[Line]:
    today = timezone.now().astimezone(shop_zone()).date()
    due = ServiceLine.objects.due(today).filter(vehicle__customer=customer_id)
    found = due.aggregate(lines=Count("id"), price=Sum("price"))
    if found["lines"]:
        text = ngettext("%d declined line", "%d declined lines", found["lines"]) % found["lines"]
        yield Line(f"{text}, {money(found['price'])}", "clipboard-list", "attention")


def _last_contact(customer_id: UUID) -> Iterator[Line]:
    found = Customer.objects.filter(pk=customer_id).values_list("last_contact_date", flat=True)
    if last := found.first():
        yield Line(_("Last contact %s") % localtime(last), "message")
