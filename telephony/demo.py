"""The demonstration's calls: a believable fortnight of them, gone with the rest of it."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.db.models.functions import ExtractHour
from django.utils import timezone

from crm.demo import Part, register
from crm.enums import AppointmentStatus, BookingMethod
from crm.models import Appointment, Customer, DataBatch, Vehicle, WorkItem
from jobs.registry import shop_zone
from telephony.enums import AnsweredBy, CallOutcome, CallStatus, CallType, Direction, Provider
from telephony.models import CallLog, ProviderEvent
from telephony.services.calls import log_call
from telephony.services.follow_up import LEFT

CALLS = 60
DAYS = 14
SEED = 5
_SID = "demo-"
# Exchanges that begin with 1 are given to nobody. Who calls from them, by the number of the scene.
_STRANGERS = (("+14041550163", 0), ("+14701550112", 6), ("+16781550147", 5))


@dataclass(frozen=True)
class _Scene:
    """One kind of call; `weight` says how often it comes. With a `method` a visit was booked that
    way in the call: "{service}" in the words stands for what it is for."""

    weight: int
    direction: str
    call_type: str
    outcome: str | None
    seconds: tuple[int, int]
    summary: str
    transcript: str = ""
    answered_by: str | None = AnsweredBy.PERSON
    is_voicemail: bool = False
    method: str = ""


_SCENES = (
    _Scene(
        8, Direction.INBOUND, CallType.INQUIRY, CallOutcome.INFORMATION_PROVIDED, (50, 240),
        "Asked what the next service costs; told the price.",
        "Hi, I wanted to know what the next service on my car would cost. That sounds fair, "
        "thank you so much for your help.",
    ),
    _Scene(
        6, Direction.INBOUND, CallType.NEW_APPOINTMENT, CallOutcome.APPOINTMENT_BOOKED, (90, 300),
        "Booked a visit: {service}.",
        "I would like to bring my car in, it is about this: {service}. That time is great.",
        method=BookingMethod.PHONE,
    ),
    _Scene(
        4, Direction.INBOUND, CallType.NEW_APPOINTMENT, CallOutcome.APPOINTMENT_BOOKED, (70, 200),
        "The voice agent booked a visit: {service}.",
        "Can I make an appointment? It is about this: {service}. Yes, that works for me. Thanks.",
        AnsweredBy.AGENT,
        method=BookingMethod.AI_VOICE,
    ),
    _Scene(
        3, Direction.INBOUND, CallType.COMPLAINT, CallOutcome.CALLBACK_REQUESTED, (120, 420),
        "The noise is still there after the repair; wants a call from the manager.",
        "This is really frustrating. The noise came back the day after I picked it up and I am "
        "very disappointed. I want somebody to call me back today.",
    ),
    _Scene(
        3, Direction.INBOUND, CallType.RESCHEDULE, CallOutcome.RESCHEDULED, (60, 150),
        "Moved the visit by two days.",
        "Something came up at work, can I move my appointment to Thursday instead? Perfect.",
    ),
    _Scene(
        4, Direction.INBOUND, CallType.INQUIRY, None, (0, 25), "", answered_by=None,
    ),
    _Scene(
        3, Direction.INBOUND, CallType.INQUIRY, None, (15, 60), "",
        "Hello, my check engine light came on this morning and I am worried. Please call me back.",
        None, True,
    ),
    _Scene(
        6, Direction.OUTBOUND, CallType.FOLLOW_UP, CallOutcome.NO_ANSWER, (0, 30), "",
        answered_by=None,
    ),
    _Scene(
        5, Direction.OUTBOUND, CallType.FOLLOW_UP, CallOutcome.NOT_INTERESTED, (40, 160),
        "Spoke about the declined work; wants to wait until spring.",
    ),
)  # fmt: skip


def _build(batch: DataBatch) -> Mapping[str, int]:
    chance = random.Random(SEED)
    customers = list(
        Customer.objects.filter(batch=batch)
        .select_related("preferred_service_advisor")
        .order_by("phone")[: CALLS * 4]
    )
    visits = _booked(batch)
    for of_one_method in visits.values():
        chance.shuffle(of_one_method)
    for number in range(CALLS):
        [scene] = chance.choices(_SCENES, [scene.weight for scene in _SCENES])
        caller = None if number < len(_STRANGERS) else chance.choice(customers)
        if caller is None:
            scene = _SCENES[_STRANGERS[number][1]]
        elif scene.method and not visits[scene.method]:
            scene = _SCENES[0]
        _call(number, scene, caller, visits[scene.method].pop() if scene.method else None, chance)
    return {"calls": CALLS}


def _booked(batch: DataBatch) -> dict[str, list[Appointment]]:
    """Coming visits that were booked in the last days while the shop was open, by method."""
    found = (
        Appointment.objects.filter(customer__batch=batch, created_at__gte=_days_ago(DAYS))
        .filter(status__in=(AppointmentStatus.SCHEDULED, AppointmentStatus.CONFIRMED))
        .alias(hour=ExtractHour("created_at", tzinfo=shop_zone()))
        .filter(hour__gte=8, hour__lt=18)
        .select_related("customer__preferred_service_advisor")
        .order_by("created_at", "id")
    )
    methods = (BookingMethod.PHONE, BookingMethod.AI_VOICE)
    return {method: [v for v in found if v.booking_method == method] for method in methods}


def _days_ago(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)


def _call(
    number: int,
    scene: _Scene,
    caller: Customer | None,
    visit: Appointment | None,
    chance: random.Random,
) -> None:
    """Log a call of `caller`; who booked `visit` called for it when it was booked."""
    customer = visit.customer if visit else caller
    words = {"service": visit.service_type if visit else ""}
    missed = scene.answered_by is None and not scene.is_voicemail
    log_call(
        data={
            "provider": Provider.SIMULATOR,
            "call_sid": f"{_SID}{number:04d}",
            "customer": customer,
            "caller_phone": customer.phone if customer else _STRANGERS[number][0],
            "advisor": customer.preferred_service_advisor if customer else None,
            "direction": scene.direction,
            "call_type": scene.call_type,
            "outcome": scene.outcome,
            "appointment": visit,
            "status": CallStatus.NO_ANSWER if missed else CallStatus.COMPLETED,
            "answered_by": scene.answered_by,
            "is_voicemail": scene.is_voicemail,
            "duration_seconds": chance.randint(*scene.seconds),
            "summary": scene.summary.format(**words),
            "transcript": scene.transcript.format(**words) or None,
            "started_at": visit.created_at if visit else _moment(chance),
        }
    )


def _moment(chance: random.Random) -> datetime:
    """Between eight and six at the shop, on one of the last days; never in the future."""
    now = timezone.now()
    day = now.astimezone(shop_zone()) - timedelta(days=chance.triangular(0, DAYS, 0))
    at = day.replace(hour=8, minute=0, second=0, microsecond=0)
    at += timedelta(minutes=chance.randrange(600))
    return at if at < now - timedelta(minutes=10) else at - timedelta(days=1)


def _remove(customers: QuerySet[Customer], vehicles: QuerySet[Vehicle]) -> Mapping[str, int]:
    """Our calls, simulated ones of nobody, and those with demonstration customers, whoever made
    them; with the callbacks about them and the work that they left."""
    simulated = Q(provider=Provider.SIMULATOR, customer=None)
    calls = CallLog.objects.filter(
        Q(customer__in=customers) | Q(call_sid__startswith=_SID) | simulated
    )
    left = [f"{kind}:{key}" for key in calls.values_list("pk", flat=True) for kind in LEFT]
    WorkItem.objects.filter(key__in=left).delete()
    told = ProviderEvent.objects.filter(call_sid__in=calls.values("call_sid"))
    events = told.delete()[0]
    return {"calls": calls.delete()[1].get("telephony.CallLog", 0), "callbacks": events}


def register_part() -> None:
    register(Part("calls", _build, _remove, position=60))
