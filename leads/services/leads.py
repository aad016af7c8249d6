"""A lead's way: scored from its vehicle, contacted, booked, arrived, won, lost, expired."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from crm.constraints import translated
from crm.context import audited
from crm.enums import AppointmentStatus
from crm.exceptions import IllegalTransition, Invalid
from crm.models import Appointment, ServiceRecord
from jobs.registry import local_today
from leads.enums import LeadStatus, ScoreCause
from leads.models import Lead, LeadScore
from leads.services import scoring, syncing, work
from leads.services.parameters import champion

# Where each status may lead. Closed leads stay closed: a vehicle that becomes interesting again
# gets a new lead.
_OPEN_ENDS = (LeadStatus.WON, LeadStatus.LOST, LeadStatus.EXPIRED)
STEPS: dict[str, tuple[str, ...]] = {
    LeadStatus.NEW: (
        LeadStatus.CONTACTED, LeadStatus.BOOKED, LeadStatus.ARRIVED, *_OPEN_ENDS,
    ),
    LeadStatus.CONTACTED: (LeadStatus.BOOKED, LeadStatus.ARRIVED, *_OPEN_ENDS),
    LeadStatus.BOOKED: (LeadStatus.CONTACTED, LeadStatus.ARRIVED, *_OPEN_ENDS),
    LeadStatus.ARRIVED: (LeadStatus.CONTACTED, LeadStatus.BOOKED, *_OPEN_ENDS),
}  # fmt: skip
BATCH_SLICE = 20_000
_BOOKED = (AppointmentStatus.SCHEDULED, AppointmentStatus.CONFIRMED)
_HERE = (AppointmentStatus.ARRIVED, AppointmentStatus.IN_PROGRESS, AppointmentStatus.COMPLETED)


def score_vehicle(*, vehicle_id: UUID | str, as_of: date | None = None) -> LeadScore | None:
    """Create or refresh the lead of a vehicle and score it; None when it is to have none."""
    score_vehicles(vehicle_ids=[vehicle_id], as_of=as_of)
    return LeadScore.objects.filter(lead__vehicle_id=vehicle_id, is_open=True).first()


@transaction.atomic
def score_vehicles(
    *, vehicle_ids: Iterable[UUID | str], as_of: date | None = None
) -> syncing.Synced:
    """The same for several vehicles; scores only leads whose facts changed."""
    day = as_of or local_today()
    synced = syncing.sync_vehicles(vehicle_ids, as_of=day)
    rescore(lead_ids=synced.scorable, as_of=day)
    work.withdraw(synced.expired)
    return synced


@transaction.atomic
def score_batch(*, batch_id: UUID | str, after: str = "") -> str:
    """The same for the next BATCH_SLICE vehicles that a batch brought or changed, or whose owner
    it changed; the key to go on after, "" at the end. The work list gets the most urgent only."""
    vehicles = syncing.vehicles_of_batch(batch_id)
    if after:
        vehicles = vehicles.filter(pk__gt=after)
    keys = list(vehicles.order_by("pk").values_list("pk", flat=True)[:BATCH_SLICE])
    day = local_today()
    synced = syncing.sync_vehicles(keys, as_of=day)
    if synced.scorable:
        scoring.recompute(
            parameters=champion(), as_of=day, lead_ids=synced.scorable, cause=ScoreCause.FACTS
        )
        work.offer_most_urgent()
    work.withdraw(synced.expired)
    return str(keys[-1]) if len(keys) == BATCH_SLICE else ""


def rescore(*, lead_ids: list[int], as_of: date | None = None) -> int:
    """Score these leads now, and put those that are high on the work list; rows written."""
    if not lead_ids:
        return 0
    written = scoring.recompute(
        parameters=champion(),
        as_of=as_of or local_today(),
        lead_ids=lead_ids,
        cause=ScoreCause.FACTS,
    )
    work.bring_up_to_date(lead_ids)
    return written


def move_lead(
    *,
    lead: Lead,
    status: str,
    reason: str = "",
    appointment: Appointment | None = None,
    service_record: ServiceRecord | None = None,
) -> Lead:
    """Take a lead to another status, with the visit it led to.

    A lead that is lost needs a reason. The same status again changes only what it is linked to.
    Raises IllegalTransition, Invalid.
    """
    with audited(reason=reason.strip()), translated():
        fresh = Lead.objects.select_for_update(of=("self",)).get(pk=lead.pk)
        if status == LeadStatus.LOST and not reason.strip():
            raise Invalid("A lost lead needs a reason.", field="reason", remedy="Say why.")
        if status != fresh.status and status not in STEPS.get(fresh.status, ()):
            raise IllegalTransition(
                f"A lead that is {fresh.get_status_display().lower()} cannot become {status}.",
                field="status",
            )
        fresh.status = status
        fresh.status_reason = reason.strip()[:200]
        fresh.appointment = appointment or fresh.appointment
        fresh.service_record = service_record or fresh.service_record
        fresh.save(update_fields=["status", "status_reason", "appointment", "service_record"])
        if not fresh.is_open or status in (LeadStatus.BOOKED, LeadStatus.ARRIVED):
            work.withdraw([fresh.pk], outcome=status)
        fresh.refresh_from_db()
    return fresh


def snooze_lead(*, lead: Lead, until: datetime | None) -> Lead:
    """Let an open lead rest until then; None wakes it. Raises Invalid for a time that is past."""
    if until is not None and until <= timezone.now():
        raise Invalid("Snooze until a time to come.", field="until", remedy="Choose a later time.")
    with audited(), translated():
        fresh = Lead.objects.select_for_update(of=("self",)).get(pk=lead.pk)
        if not fresh.is_open:
            raise IllegalTransition("A closed lead cannot be snoozed.", field="until")
        fresh.snoozed_until = until
        fresh.save(update_fields=["snoozed_until"])
        if until is None:
            work.bring_up_to_date([fresh.pk])
        else:
            work.withdraw([fresh.pk], outcome="snoozed")
        fresh.refresh_from_db()
    return fresh


def follow_appointment(*, appointment_id: UUID | str) -> None:
    """Bring the open lead of an appointment's vehicle in line with the appointment: the truck
    comes in, so its battery can be tested. A visit that falls through takes the lead back."""
    appointment = Appointment.objects.filter(pk=appointment_id).first()
    if appointment is None:
        return
    lead = Lead.objects.open().filter(vehicle_id=appointment.vehicle_id).first()
    if lead is None:
        return
    if appointment.status in _BOOKED and lead.status in (LeadStatus.NEW, LeadStatus.CONTACTED):
        move_lead(lead=lead, status=LeadStatus.BOOKED, appointment=appointment)
    elif appointment.status in _HERE and lead.status != LeadStatus.ARRIVED:
        move_lead(lead=lead, status=LeadStatus.ARRIVED, appointment=appointment)
    elif (
        appointment.status in (AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW)
        and lead.appointment_id == appointment.pk
        and lead.status != LeadStatus.CONTACTED
    ):
        move_lead(lead=lead, status=LeadStatus.CONTACTED, reason="The visit fell through.")


def follow_service(*, service_record_id: UUID | str) -> None:
    """Name the repair order on the lead that the visit belongs to."""
    record = ServiceRecord.objects.filter(pk=service_record_id).first()
    if record is None or record.appointment_id is None:
        return
    lead = Lead.objects.filter(appointment=record.appointment_id, service_record=None).first()
    if lead is not None:
        move_lead(lead=lead, status=lead.status, reason=lead.status_reason, service_record=record)


def follow_contact(*, customer_id: UUID | str) -> int:
    """Mark the customer's new leads that are high, and so were to be called about, as contacted;
    how many."""
    leads = Lead.objects.filter(customer_id=customer_id, status=LeadStatus.NEW)
    high = list(leads.filter(score__contact_urgency="immediate").values_list("pk", flat=True))
    with audited(reason="The customer was contacted."), translated():
        return int(Lead.objects.filter(pk__in=high).update(status=LeadStatus.CONTACTED))
