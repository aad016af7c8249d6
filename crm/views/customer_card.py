"""The customer's page: everything about one customer in at most twelve queries."""

from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from crm.briefs import lines_for
from crm.enums import AppointmentStatus
from crm.exceptions import Refused
from crm.expressions import full_name, vehicle_name
from crm.forms.customers import NoteForm
from crm.models import (
    Appointment,
    Customer,
    CustomerNote,
    ServiceLine,
    ServiceRecord,
    Vehicle,
)
from crm.panels import panels_for
from crm.prepared import prepared
from crm.services import customers as service
from crm.timeline import Source, sources_for, timeline
from crm.views.common import WRITE, allowed, go, is_fragment

SHOWN_VISITS = 12
SHOWN_NOTES = 3


def customer_or_404(key: UUID) -> Customer:
    """The customer with the preferred advisor, in one query."""
    found = Customer.objects.select_related("preferred_service_advisor").filter(pk=key).first()
    if found is None:
        raise Http404
    return found


@allowed("customers:read")
def customer(request: HttpRequest, key: UUID) -> HttpResponse:
    return show(request, customer_or_404(key), NoteForm())


def show(request: HttpRequest, customer: Customer, note: NoteForm, status: int = 200) -> Any:
    user: Any = request.user
    key = customer.pk
    context = {
        "customer": customer,
        "note_form": note,
        "vehicles": vehicles_of.dicts(customer=key) if user.can("vehicles:read") else [],
        "notes": latest_notes_of.dicts(customer=key),
        "panels": panels_for(request, customer),
        **timeline_context(request, customer),
    }
    if user.can("appointments:read"):
        context |= _visits(customer)
    if user.can("service:read"):
        context |= {"history": services_of.dicts(customer=key), "refused": _refused(customer)}
    return render(request, "crm/customer.html", context, status=status)


@allowed("customers:read")
def customer_brief(request: HttpRequest, key: UUID) -> HttpResponse:
    """What other apps know at a glance, for the head of the customer's page."""
    found = customer_or_404(key)
    lines = [] if found.is_anonymised else lines_for(request.user, found.pk, page=True)
    return render(request, "crm/_brief.html", {"lines": lines})


@allowed("customers:read")
def customer_timeline(request: HttpRequest, key: UUID) -> HttpResponse:
    """A part of the timeline for htmx; the whole page for everybody else."""
    if not is_fragment(request):
        return show(request, customer_or_404(key), NoteForm())
    found = customer_or_404(key)
    template = "crm/_timeline_entries.html" if "before" in request.GET else "crm/_timeline.html"
    return render(request, template, {"customer": found, **timeline_context(request, found)})


@allowed("customers:write", WRITE)
def customer_note(request: HttpRequest, key: UUID) -> HttpResponse:
    found = customer_or_404(key)
    form = NoteForm(request.POST)
    if form.is_valid():
        try:
            author: Any = request.user
            service.add_note(customer=found, author=author, text=form.cleaned_data["text"])
            form = NoteForm()
        except Refused as refused:
            form.refuse(refused)
    if is_fragment(request):
        notes = latest_notes_of.dicts(customer=found.pk)
        context = {"customer": found, "note_form": form, "notes": notes}
        response = render(request, "crm/_notes.html", context, status=422 if form.errors else 200)
        if not form.errors:
            response["HX-Trigger"] = "lanewise:noted"
        return response
    if form.errors:
        return show(request, found, form, status=422)
    return go(request, reverse("customer", args=[found.pk]))


@prepared(customer=UUID)
def vehicles_of(customer: UUID) -> QuerySet[Any, Any]:
    """Vehicles, the primary one first, those that left the household last."""
    return (
        Vehicle.objects.filter(customer=customer)
        .order_by(F("status").asc(), "-is_primary_vehicle", "-year", "id")
        .values(
            "id", "vin", "year", "make", "model", "trim", "engine", "color", "license_plate",
            "current_mileage", "last_service_date", "next_service_due_mileage", "status",
            "is_primary_vehicle", "vin_exception_reason",
        )
    )  # fmt: skip


@prepared(customer=UUID)
def appointments_of(customer: UUID) -> QuerySet[Any, Any]:
    return (
        Appointment.objects.filter(customer=customer)
        .order_by("-scheduled_at", "id")
        .values(
            "id", "scheduled_at", "duration_minutes", "service_type", "status", "transport",
            "cancellation_reason", "service_bay_id",
            technician=F("assigned_technician__name"),
            vehicle_name=vehicle_name("vehicle__"),
        )[: SHOWN_VISITS * 2]
    )  # fmt: skip


def _visits(customer: Customer) -> dict[str, Any]:
    """Upcoming visits (soonest first) and past ones (latest first), in one query."""
    rows = appointments_of.dicts(customer=customer.pk)
    now = timezone.now()
    open_now = {AppointmentStatus.ARRIVED, AppointmentStatus.IN_PROGRESS}
    upcoming = [
        row
        for row in rows
        if row["status"] in open_now
        or (row["scheduled_at"] >= now and row["status"] in AppointmentStatus.active())
    ]
    past = [row for row in rows if row not in upcoming]
    return {"upcoming": upcoming[::-1], "past": past[:SHOWN_VISITS], "has_more": len(past) > 12}


@prepared(customer=UUID)
def services_of(customer: UUID) -> QuerySet[Any, Any]:
    return (
        ServiceRecord.objects.filter(customer=customer)
        .latest_first()
        .values(
            "id", "ro_number", "service_date", "mileage", "services_performed", "total_cost",
            "next_service_type", "next_service_due_date", "next_service_due_mileage",
            "appointment_id",
            technician_name=F("technician__name"),
            vehicle_name=vehicle_name("vehicle__"),
        )[:SHOWN_VISITS]
    )  # fmt: skip


@prepared(customer=UUID)
def refused_lines_of(customer: UUID) -> QuerySet[Any, Any]:
    return (
        ServiceLine.objects.refused()
        .filter(vehicle__customer=customer)
        .order_by("-service_record__service_date", "id")
        .values(
            "id", "description", "price", "outcome", "reason", "deferred_until",
            "deferred_until_mileage", "vehicle_id", "op_code_id",
            said_on=F("service_record__service_date"),
            mileage=F("vehicle__current_mileage"),
            vehicle_name=vehicle_name("vehicle__"),
        )
    )  # fmt: skip


def _refused(customer: Customer) -> list[dict[str, Any]]:
    """Declined and deferred work that no later visit did; what is due first."""
    today = timezone.localdate()
    rows = refused_lines_of.dicts(customer=customer.pk)
    for row in rows:
        row["is_due"] = _is_due(row, today)
    return sorted(rows, key=lambda row: not row["is_due"])


def _is_due(row: dict[str, Any], today: Any) -> bool:
    """Twin of `ServiceLineQuerySet.due` for a row at hand."""
    until, miles = row["deferred_until"], row["deferred_until_mileage"]
    return bool(
        row["outcome"] == "declined"
        or (until and until <= today)
        or (miles is not None and row["mileage"] is not None and miles <= row["mileage"])
    )


@prepared(customer=UUID)
def latest_notes_of(customer: UUID) -> QuerySet[Any, Any]:
    return (
        CustomerNote.objects.filter(customer=customer)
        .order_by("-created_at", "id")
        .values("text", "created_at", who=full_name("author__"))[:SHOWN_NOTES]
    )


def timeline_context(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """Entries of the kinds that `?kind=` names (all without), up to `?before=`."""
    sources = sources_for(request.user)
    kind = request.GET.get("kind", "")
    chosen: list[Source] = [source for source in sources if source.kind == kind] or sources
    try:
        before = parse_datetime(request.GET.get("before", ""))
    except ValueError:
        before = None
    if before is not None and timezone.is_naive(before):
        before = None
    entries, following = timeline(customer.pk, chosen, before=before)
    return {
        "entries": entries,
        "following": following,
        "sources": sources,
        "kind": kind if len(chosen) == 1 else "",
        "now": timezone.now(),
    }
