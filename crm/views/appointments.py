"""The list of appointments and the page of one."""

from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm import export_columns
from crm.enums import AppointmentStatus as Status
from crm.exceptions import Refused, StaleWrite
from crm.exports import export_response
from crm.expressions import vehicle_name
from crm.forms.appointments import AppointmentForm
from crm.forms.filters import AppointmentFilter
from crm.listing import counted, keyset_page
from crm.models import Appointment, AuditEntry, ServiceLine
from crm.panels import visit_panels_for
from crm.services import appointments as service
from crm.timeline_sources import changed_values, people_names
from crm.views.common import FORM, allowed, answer_list, go, posted
from crm.views.editing import stale_form

ORDERS = {"time": ("scheduled_at", "id"), "changed": ("updated_at", "id")}
SHOWN_CHANGES = 20


@allowed("appointments:read")
def appointments(request: HttpRequest) -> HttpResponseBase:
    form = AppointmentFilter(request.GET)
    found = form.apply(Appointment.objects.all())
    if "export" in request.GET:
        return export_response(
            request,
            name="appointments",
            columns=export_columns.APPOINTMENTS,
            queryset=found.order_by(*ORDERS["time"]),
        )
    newest_first = form.wanted().get("when") == "past"
    page = keyset_page(
        found,
        query=request.GET,
        orders=ORDERS,
        default="-time" if newest_first else "time",
        rows=_rows,
    )
    total, more = counted(found)
    now = timezone.now()
    for row in page.rows:
        row["is_late"] = (
            row["status"] in (Status.SCHEDULED, Status.CONFIRMED) and row["scheduled_at"] < now
        )
    context = {
        "form": form,
        "page": page,
        "total": total,
        "more": more,
        "filtered": bool(form.wanted()),
    }
    return answer_list(request, "crm/appointments.html", context, fragment="crm/_appointments.html")


@allowed("appointments:read")
def appointment(request: HttpRequest, key: UUID) -> HttpResponse:
    return show(request, appointment_or_404(key))


def appointment_or_404(key: UUID) -> Appointment:
    found = Appointment.objects.with_names().filter(pk=key).first()
    if found is None:
        raise Http404
    return found


def show(
    request: HttpRequest, appointment: Appointment, *, status: int = 200, **extra: Any
) -> HttpResponse:
    user: Any = request.user
    lines = ServiceLine.objects.filter(appointment=appointment).order_by("outcome", "description")
    record = getattr(appointment, "service_record", None) if appointment.completed_at else None
    context = {
        "appointment": appointment,
        "customer": appointment.customer,
        "moves": moves_for(user, appointment),
        "may_move": user.can("appointments:write")
        and appointment.status in (Status.SCHEDULED, Status.CONFIRMED),
        "may_edit": user.can("appointments:write") and appointment.status in Status.active(),
        "lines": list(lines) if user.can("service:read") else [],
        "record": record,
        "now": timezone.now(),
        "panels": visit_panels_for(user, appointment),
        "changes": _changes(appointment) if user.can("audit:read") else [],
        **extra,
    }
    return render(request, "crm/appointment.html", context, status=status)


def moves_for(user: Any, appointment: Appointment) -> list[str]:
    """Steps that `user` may take from here, in the order of the enum."""
    needs = {Status.CONFIRMED: "appointments:write", Status.CANCELLED: "appointments:write"}
    now = timezone.now()
    return [
        move
        for move in service.allowed_moves(appointment)
        if user.can(needs.get(Status(move), "appointments:work"))
        and not (move == Status.NO_SHOW and appointment.scheduled_at > now)
    ]


@allowed("appointments:write", FORM)
def appointment_edit(request: HttpRequest, key: UUID) -> HttpResponse:
    found = appointment_or_404(key)
    form = AppointmentForm(posted(request), record=found)
    if request.method == "POST" and form.is_valid():
        try:
            service.update_appointment(
                appointment=found, data=form.changes(), expected_version=form.expected_version()
            )
        except StaleWrite:
            form = stale_form(form, appointment_or_404(key))
        except Refused as refused:
            form.refuse(refused)
        else:
            return go(request, reverse("appointment", args=[found.pk]), _("Saved."))
    status = 409 if form.is_stale else 422 if form.errors else 200
    context = {"form": form, "appointment": found, "customer": found.customer}
    return render(request, "crm/appointment_form.html", context, status=status)


def _rows(appointments: QuerySet[Appointment]) -> Any:
    return appointments.values(
        "id",
        "customer_id",
        "scheduled_at",
        "duration_minutes",
        "service_type",
        "status",
        "transport",
        "service_bay_id",
        customer_name=F("customer__name"),
        customer_phone=F("customer__phone"),
        vehicle_name=vehicle_name("vehicle__"),
        plate=F("vehicle__license_plate"),
        technician=F("assigned_technician__name"),
    )


def _changes(appointment: Appointment) -> list[dict[str, Any]]:
    entries = AuditEntry.objects.filter(
        table_name="appointments", row_id=str(appointment.pk)
    ).values(
        "at", "action", "before", "after", "actor_label", "source", "reason", people=people_names()
    )[:SHOWN_CHANGES]
    shown = [
        dict(entry)
        | {
            "changes": changed_values(Appointment, entry) if entry["action"] == "update" else (),
        }
        for entry in entries
    ]
    # Stamps alone, such as that of a confirmation sent, say nothing to a reader.
    return [
        entry
        for entry in shown
        if entry["changes"] or entry["reason"] or entry["action"] != "update"
    ]
