"""The voice agent's tools around the appointment book."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from crm.enums import AppointmentStatus as Status
from crm.enums import BookingMethod
from crm.exceptions import ShopClosed, SlotTaken
from crm.models import Appointment, Customer, Vehicle
from crm.services import appointments
from crm.services.customers import create_customer
from telephony import speech
from telephony.enums import CallOutcome, CallType
from telephony.models import AgentAction, CallerVerification, CallLog
from telephony.services import verification
from telephony.services.agent_answers import (
    NUMBER_NEEDED,
    Answer,
    done,
    refused,
    spoken_list,
    spoken_time,
)
from telephony.services.agent_identity import UNREADABLE_NUMBER, claim_of, spoken_phone
from telephony.services.agent_slots import (
    coming_visits,
    instead,
    need_of,
    visit_for,
    visits_of,
)

BOOKED_BY = "AI Voice Agent"
# A caller who wants more visits than this in one call talks to a person.
BOOKINGS_A_CALL = 3


def book(
    *,
    call: CallLog,
    start: datetime,
    service: str,
    first_name: str,
    last_name: str,
    phone: str = "",
    vehicle: str = "",
    concerns: str = "",
) -> Answer:
    """A new appointment. To know the number is enough; the desk sees whether more was known.

    Names are asked of everybody, because to ask only strangers would tell who is a customer.
    """
    claim = _claim_for_booking(call, phone)
    if isinstance(claim, Answer):
        return claim
    if AgentAction.objects.filter(call=call, tool="book").count() > BOOKINGS_A_CALL:
        return refused(
            "too_many", "Let me get a colleague to help with that.", next_step="hand_over"
        )
    customer = _customer_of(claim, first_name, last_name)
    minutes, category = visit_for(service)
    try:
        booked = appointments.book_appointment(
            customer=customer,
            vehicle=_vehicle_named(customer, vehicle),
            scheduled_at=start,
            service_type=service,
            duration_minutes=minutes,
            booking_method=BookingMethod.AI_VOICE,
            booked_by=BOOKED_BY,
            data={
                "service_category": category,
                "customer_concerns": concerns,
                "service_description": _remark(claim, first_name, last_name, vehicle),
            },
        )
    except (SlotTaken, ShopClosed) as taken:
        return instead(taken.code, visit_for(service), start)
    _note(call, CallType.NEW_APPOINTMENT, CallOutcome.APPOINTMENT_BOOKED, booked)
    return _booked(booked, "You are booked for {service} on {time}.")


def _claim_for_booking(call: CallLog, phone: str) -> CallerVerification | Answer:
    if phone:
        claimed = spoken_phone(phone)
        if claimed is None:
            return UNREADABLE_NUMBER
        present = claim_of(call)
        if present is None or present.claimed_phone != claimed:
            return verification.identify(call=call, claimed=claimed)
        return present
    return claim_of(call) or NUMBER_NEEDED


def _customer_of(claim: CallerVerification, first_name: str, last_name: str) -> Customer:
    """The customer of the claimed number; a new one when the number is nobody's."""
    if claim.customer is not None:
        return claim.customer
    made = create_customer(
        data={"phone": claim.claimed_phone, "first_name": first_name, "last_name": last_name}
    )
    verification.give_customer(claim=claim, customer=made)
    return made


def _remark(claim: CallerVerification, first_name: str, last_name: str, vehicle: str) -> str:
    verified = "verified" if claim.verified_at else "not verified"
    said = f" Vehicle as described: {vehicle}." if vehicle else ""
    return f"Booked by the voice agent. Caller: {first_name} {last_name}, {verified}.{said}"


def _vehicle_named(customer: Customer, said: str) -> Vehicle | None:
    """The one vehicle of the customer whose make, model or year `said` names; None if not one."""
    words = set(speech.words(said))
    owned = Vehicle.objects.on_the_road().filter(customer=customer)
    named = [car for car in owned if words & set(speech.words(f"{car.make} {car.model}"))]
    return named[0] if len(named) == 1 else None


def reschedule(*, call: CallLog, start: datetime, appointment: UUID | None = None) -> Answer:
    """Another time for a visit of the verified caller."""
    chosen = _chosen(call, appointment)
    if isinstance(chosen, Answer):
        return chosen
    try:
        # Any free bay and technician: those of the old time may be busy at the new one.
        moved = appointments.move_appointment(
            appointment=chosen, scheduled_at=start, technician=None, bay=None
        )
    except (SlotTaken, ShopClosed) as taken:
        return instead(taken.code, need_of(chosen), start)
    _note(call, CallType.RESCHEDULE, CallOutcome.RESCHEDULED, moved)
    return _booked(moved, "Your visit for {service} is now on {time}.")


def cancel(*, call: CallLog, reason: str, appointment: UUID | None = None) -> Answer:
    """Call off a visit of the verified caller."""
    chosen = _chosen(call, appointment)
    if isinstance(chosen, Answer):
        return chosen
    ended = appointments.cancel_appointment(appointment=chosen, reason=reason[:200])
    _note(call, CallType.CANCEL, CallOutcome.CANCELLED, ended)
    return _booked(ended, "Your visit for {service} on {time} is cancelled.")


def service_status(*, call: CallLog) -> Answer:
    """What the verified caller's vehicles are in for now, and what is booked."""
    customer = verification.verified_customer(call)
    in_shop = list(visits_of(customer).in_the_shop())
    coming = coming_visits(customer)
    _note(call, CallType.INQUIRY, CallOutcome.INFORMATION_PROVIDED)
    sentences = [_in_shop(visit) for visit in in_shop]
    sentences += [
        f"You have {visit.service_type} on {spoken_time(visit.scheduled_at)}." for visit in coming
    ]
    return done(
        " ".join(sentences) or "You have no visit booked, and no vehicle is here with us.",
        in_shop=[_shown(visit) for visit in in_shop],
        upcoming=[_shown(visit) for visit in coming],
    )


def _in_shop(visit: Appointment) -> str:
    car = str(visit.vehicle) if visit.vehicle else "vehicle"
    state = "being worked on" if visit.status == Status.IN_PROGRESS else "checked in"
    ready = f"; we promised it for {spoken_time(visit.promised_at)}" if visit.promised_at else ""
    return f"Your {car} is {state}{ready}."


def _chosen(call: CallLog, key: UUID | None) -> Appointment | Answer:
    """The verified caller's visit that is meant; raises NotVerified."""
    coming = coming_visits(verification.verified_customer(call))
    if not coming:
        return refused(
            "no_appointment", "I see no visit of yours that lies ahead.", next_step="book"
        )
    meant = [visit for visit in coming if key is None or visit.pk == key]
    if len(meant) == 1:
        return meant[0]
    spoken = [f"{visit.service_type} on {spoken_time(visit.scheduled_at)}" for visit in coming]
    return refused(
        "which_appointment",
        f"Which one do you mean: {spoken_list(spoken)}?",
        appointments=[_shown(visit) for visit in coming],
    )


def _booked(visit: Appointment, sentence: str) -> Answer:
    said = sentence.format(service=visit.service_type, time=spoken_time(visit.scheduled_at))
    return done(said, **_shown(visit))


def _shown(visit: Appointment) -> dict[str, Any]:
    return {
        "appointment": str(visit.pk),
        "service": visit.service_type,
        "starts_at": visit.scheduled_at.isoformat(),
        "status": visit.status,
    }


def is_still_so(data: Mapping[str, Any]) -> bool:
    """Whether the visit stands as an earlier answer told: there at that time, or cancelled."""
    cancelled = data["status"] == Status.CANCELLED
    return Appointment.objects.filter(
        pk=data["appointment"],
        scheduled_at=datetime.fromisoformat(data["starts_at"]),
        status__in=[Status.CANCELLED] if cancelled else Status.active(),
    ).exists()


def _note(call: CallLog, kind: str, outcome: str, visit: Appointment | None = None) -> None:
    """What the call was about, for the log; its customer too when nobody knew before."""
    changes: dict[str, Any] = {"call_type": kind, "outcome": outcome}
    if visit is not None:
        changes["appointment"] = visit
        if call.customer_id is None:
            changes["customer"] = visit.customer
    CallLog.objects.filter(pk=call.pk).update(**changes)
