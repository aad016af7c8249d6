"""Battery leads on the pages of crm: on a customer's card and at the visit, loaded after them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.enums import AppointmentStatus
from crm.exceptions import Refused
from crm.models import Appointment
from crm.views.common import READ, WRITE, allowed, answer, go
from crm.views.customer_card import customer_or_404
from leads.enums import FailureWindow, TestResult
from leads.forms.work import OutcomeForm
from leads.models import BatteryTest, LeadRecord
from leads.services import outcomes

SHOWN = 10
_HERE = (AppointmentStatus.ARRIVED, AppointmentStatus.IN_PROGRESS, AppointmentStatus.COMPLETED)
_COLUMNS = (
    "lead_id", "year", "make", "model", "posterior_probability", "contact_urgency",
    "predicted_failure_window", "status", "is_open",
)  # fmt: skip


@allowed("leads:read", READ)
def customer_leads(request: HttpRequest, key: UUID) -> HttpResponse:
    customer = customer_or_404(key)
    found = LeadRecord.objects.filter(customer_id=customer.pk)
    rows = found.order_by("-is_open", "-posterior_probability", "-lead_id").values(*_COLUMNS)
    context = {"customer": customer, "leads": [_shown(row) for row in rows[:SHOWN]]}
    return answer(
        request, "leads/customer_leads.html", context, fragment="leads/_customer_leads.html"
    )


@allowed("leads:read", READ)
def visit(request: HttpRequest, key: UUID) -> HttpResponse:
    """The battery of the vehicle that is here, with the buttons for its test."""
    return _visit(request, _visit_or_404(key))


@allowed("leads:write", WRITE)
def visit_outcome(request: HttpRequest, key: UUID) -> HttpResponse:
    found, form = _visit_or_404(key), OutcomeForm(request.POST)
    home = reverse("appointment", args=[found.pk])
    if not form.is_valid():
        return _visit(request, found, form)
    user: Any = request.user
    data = form.measured() | {"appointment": found}
    if found.assigned_technician is not None:
        data["technician"] = found.assigned_technician
    try:
        test = outcomes.record_battery_test(
            result=form.cleaned_data["result"], vehicle=found.vehicle, data=data, by=user
        )
    except Refused as refused:
        return go(request, home, str(refused), messages.ERROR)
    return go(request, home, _("Battery test: %s.") % test.get_result_display())


def _visit_or_404(key: UUID) -> Appointment:
    related = ("customer", "vehicle", "assigned_technician")
    found = Appointment.objects.select_related(*related).filter(pk=key).first()
    if found is None:
        raise Http404
    return found


def _visit(
    request: HttpRequest, appointment: Appointment, form: OutcomeForm | None = None
) -> HttpResponse:
    record = (
        LeadRecord.objects.filter(vehicle_id=appointment.vehicle_id, is_open=True)
        .values(*_COLUMNS)
        .first()
        if appointment.vehicle_id
        else None
    )
    context = {
        "appointment": appointment,
        "lead": _shown(record) if record else None,
        "is_here": appointment.status in _HERE,
        "tests": BatteryTest.objects.filter(appointment=appointment).select_related("recorded_by"),
        "results": TestResult.choices,
        "outcome_form": form or OutcomeForm(),
    }
    status = 422 if form is not None else 200
    if request.headers.get("HX-Request"):
        return render(request, "leads/_visit.html", context, status=status)
    return render(request, "leads/visit.html", context, status=status)


def _shown(row: Any) -> dict[str, Any]:
    return {
        **row,
        "percent": int(100 * row["posterior_probability"] + 0.5),
        "window": FailureWindow(row["predicted_failure_window"]).label,
    }
