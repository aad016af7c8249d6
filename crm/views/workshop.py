"""The steps of a visit: confirm, check in, start, complete, cancel, no-show."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.enums import AppointmentStatus as Status
from crm.enums import LineOutcome
from crm.exceptions import Refused
from crm.forms.visits import CancelForm, CheckInForm, CompleteForm, LineFormSet
from crm.models import Appointment, ServiceLine
from crm.services import appointments as service
from crm.views.appointments import appointment_or_404
from crm.views.common import FORM, WRITE, allowed, back_to, go, posted

ONE_CLICK = {
    Status.CONFIRMED: ("appointments:write", service.confirm),
    Status.ARRIVED: ("appointments:work", service.check_in),
    Status.IN_PROGRESS: ("appointments:work", service.start_work),
    Status.NO_SHOW: ("appointments:work", service.mark_no_show),
}
DONE = {
    Status.CONFIRMED: gettext_lazy("%s is confirmed."),
    Status.ARRIVED: gettext_lazy("%s is checked in."),
    Status.IN_PROGRESS: gettext_lazy("Work for %s has begun."),
    Status.NO_SHOW: gettext_lazy("%s did not come."),
}


@allowed("appointments:read", WRITE)
def appointment_status(request: HttpRequest, key: UUID) -> HttpResponse:
    """A step that needs nothing but a click; `to` names the status."""
    found = appointment_or_404(key)
    to = request.POST.get("to", "")
    target = back_to(request, reverse("appointment", args=[found.pk]))
    if to not in ONE_CLICK:
        messages.error(request, _("This step needs its own page."))
        return HttpResponseRedirect(target)
    capability, step = ONE_CLICK[Status(to)]
    if not request.user.can(capability):  # type: ignore[union-attr]
        raise PermissionDenied
    try:
        step(appointment=found)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, DONE[Status(to)] % found.customer)
    # A plain redirect for htmx too: it follows with its own headers and gets the fragment.
    return HttpResponseRedirect(target)


@allowed("appointments:work", FORM)
def appointment_check_in(request: HttpRequest, key: UUID) -> HttpResponse:
    found = appointment_or_404(key)
    form = CheckInForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            service.check_in(appointment=found, mileage=form.cleaned_data["mileage"])
        except Refused as refused:
            form.refuse(refused)
        else:
            target = back_to(request, reverse("appointment", args=[found.pk]))
            return go(request, target, _("%s is checked in.") % found.customer)
    return _step(request, found, form, "crm/appointment_check_in.html")


@allowed("appointments:write", FORM)
def appointment_cancel(request: HttpRequest, key: UUID) -> HttpResponse:
    found = appointment_or_404(key)
    form = CancelForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            service.cancel_appointment(appointment=found, reason=form.cleaned_data["reason"])
        except Refused as refused:
            form.refuse(refused)
        else:
            target = back_to(request, reverse("appointment", args=[found.pk]))
            return go(request, target, _("Cancelled. The slot is free again."))
    return _step(request, found, form, "crm/appointment_cancel.html")


@allowed("appointments:work", FORM)
def appointment_complete(request: HttpRequest, key: UUID) -> HttpResponse:
    """Close the visit: what was done, what was declined or deferred, and what comes next."""
    found = appointment_or_404(key)
    if request.method == "POST":
        form = CompleteForm(request.POST)
        lines: Any = LineFormSet(request.POST, prefix="lines")
        if form.is_valid() & lines.is_valid():
            try:
                record = service.complete_appointment(
                    appointment=found, lines=lines.lines(), **form.record()
                )
            except Refused as refused:
                form.refuse(refused)
            else:
                target = back_to(request, reverse("appointment", args=[found.pk]))
                return go(request, target, _("Closed as RO %s.") % record.ro_number)
    else:
        form = CompleteForm(initial={"technician": found.assigned_technician_id})
        lines = LineFormSet(initial=_planned(found), prefix="lines")
    return _step(
        request,
        found,
        form,
        "crm/appointment_complete.html",
        lines=lines,
        refused=_open_work(found),
    )


def _step(
    request: HttpRequest, appointment: Appointment, form: Any, template: str, **extra: Any
) -> HttpResponse:
    lines = extra.get("lines")
    wrong = bool(form.errors) or (lines is not None and lines.is_bound and not lines.is_valid())
    context = {
        "form": form,
        "appointment": appointment,
        "customer": appointment.customer,
        "next": back_to(request, ""),
        **extra,
    }
    return render(request, template, context, status=422 if wrong else 200)


def _planned(appointment: Appointment) -> list[dict[str, Any]]:
    """The planned lines as the form shows them; the booked service when nothing was planned."""
    planned = [
        row | {"outcome": LineOutcome.PERFORMED}
        for row in ServiceLine.objects.filter(appointment=appointment, outcome=LineOutcome.PLANNED)
        .order_by("description")
        .values("op_code", "description", "pay_type", "hours", "price")
    ]
    return planned or [{"description": appointment.service_type, "outcome": LineOutcome.PERFORMED}]


def _open_work(appointment: Appointment) -> list[dict[str, Any]]:
    """Work that the owner refused earlier: to offer again, or to tick off."""
    if appointment.vehicle_id is None:
        return []
    return list(
        ServiceLine.objects.refused()
        .filter(vehicle=appointment.vehicle_id)
        .order_by("-created_at")
        .values("op_code_id", "description", "price", "hours", "outcome", "reason")
    )
