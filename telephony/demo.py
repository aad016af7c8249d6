"""The demonstration's calls: a believable fortnight of them, gone with the rest of it."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from crm.demo import Part, register
from crm.models import Customer, DataBatch, Vehicle, WorkItem
from crm.querysets import shop_zone
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
    """One kind of call; `weight` says how often it comes."""

    weight: int
    direction: str
    call_type: str
    outcome: str | None
    seconds: tuple[int, int]
    summary: str
    transcript: str = ""
    answered_by: str | None = AnsweredBy.PERSON
    is_voicemail: bool = False


_SCENES = (
    _Scene(
        8, Direction.INBOUND, CallType.INQUIRY, CallOutcome.INFORMATION_PROVIDED, (50, 240),
        "Asked what the next service costs; told the price.",
        "Hi, I wanted to know what the next service on my car would cost. That sounds fair, "
        "thank you so much for your help.",
    ),
    _Scene(
        6, Direction.INBOUND, CallType.NEW_APPOINTMENT, CallOutcome.APPOINTMENT_BOOKED, (90, 300),
        "Booked a visit for the coming week.",
        "I would like to bring my car in for an oil change next week. Wednesday morning is great.",
    ),
    _Scene(
        4, Direction.INBOUND, CallType.NEW_APPOINTMENT, CallOutcome.APPOINTMENT_BOOKED, (70, 200),
        "The voice agent booked a visit.",
        "I need new brake pads. Yes, Friday at nine works for me. Thanks.",
        AnsweredBy.AGENT,
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
    for number in range(CALLS):
        caller = None if number < len(_STRANGERS) else chance.choice(customers)
        _call(number, caller, chance)
    return {"calls": CALLS}


def _call(number: int, customer: Customer | None, chance: random.Random) -> None:
    [scene] = chance.choices(_SCENES, [scene.weight for scene in _SCENES])
    phone = customer.phone if customer else _STRANGERS[number][0]
    if customer is None:
        scene = _SCENES[_STRANGERS[number][1]]
    began = _moment(chance)
    missed = scene.answered_by is None and not scene.is_voicemail
    log_call(
        data={
            "provider": Provider.SIMULATOR,
            "call_sid": f"{_SID}{number:04d}",
            "customer": customer,
            "caller_phone": phone,
            "advisor": customer.preferred_service_advisor if customer else None,
            "direction": scene.direction,
            "call_type": scene.call_type,
            "outcome": scene.outcome,
            "status": CallStatus.NO_ANSWER if missed else CallStatus.COMPLETED,
            "answered_by": scene.answered_by,
            "is_voicemail": scene.is_voicemail,
            "duration_seconds": chance.randint(*scene.seconds),
            "summary": scene.summary,
            "transcript": scene.transcript or None,
            "started_at": began,
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
