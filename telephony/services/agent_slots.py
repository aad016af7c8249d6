"""Free times as the voice agent offers them."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from crm.enums import AppointmentStatus as Status
from crm.models import Appointment, Customer, OpCode
from crm.services.availability import free_slots
from jobs.registry import shop_zone
from telephony.models import CallLog
from telephony.services import verification
from telephony.services.agent_answers import Answer, done, refused, spoken_list, spoken_time
from telephony.verification import kinds_of_work

# minutes, and the category of work that bay and technician have to be fit for (None: any)
Need = tuple[int, str | None]
SEARCHED_DAYS = 14
OFFERED = 3
_PARTS_OF_DAY = {"morning": (0, 12), "afternoon": (12, 17), "evening": (17, 24)}


def list_slots(
    *,
    call: CallLog,
    service: str = "",
    first_day: date | None = None,
    last_day: date | None = None,
    part_of_day: str = "",
) -> Answer:
    """Free times, the first of each half day; the next two weeks when no day is given.

    Long enough for `service`; when none is named, for the verified caller's one visit, which is
    then to be moved.
    """
    today = timezone.localdate(timezone=shop_zone())
    first = max(first_day or today, today)
    last = min(max(last_day or first + timedelta(days=SEARCHED_DAYS), first), first + timedelta(30))
    found = _offer(_needed(call, service), first, last, part_of_day)
    if not found:
        return refused(
            "no_slots",
            "I have nothing free in those days. Shall we look at other days?",
            next_step="list_slots",
        )
    return done(
        f"I have {spoken_list([spoken_time(start) for start in found[:OFFERED]])}.",
        next_step="book",
        slots=[start.isoformat() for start in found],
    )


def _needed(call: CallLog, service: str) -> Need:
    if service:
        return visit_for(service)
    claim = verification.current(verification.key_of_call(call))
    if claim is None or claim.verified_at is None or claim.customer is None:
        return visit_for("")
    coming = coming_visits(claim.customer)
    return need_of(coming[0]) if len(coming) == 1 else visit_for("")


def need_of(visit: Appointment) -> Need:
    """What the shop needs for `visit`, which exists."""
    return visit.duration_minutes, visit.service_category


def _offer(need: Need, first: date, last: date, part_of_day: str = "") -> list[datetime]:
    duration, category = need
    opens, closes = _PARTS_OF_DAY.get(part_of_day, (0, 24))
    slots = free_slots(first=first, last=last, duration_minutes=duration, category=category)
    chosen: dict[tuple[date, bool], datetime] = {}
    for slot in slots:
        if opens <= slot.start.hour < closes:
            chosen.setdefault((slot.start.date(), slot.start.hour < 12), slot.start)
    return list(chosen.values())[: 2 * OFFERED]


def visit_for(service: str) -> Need:
    """What the shop needs for the operation that `service` names; an hour and any bay if none."""
    kinds = kinds_of_work([service])
    if not kinds:
        return 60, None
    menu = OpCode.objects.filter(is_active=True).order_by("code")
    for description, category, hours in menu.values_list("description", "category", "hours"):
        if kinds <= kinds_of_work([description]):
            return max(30, -(-int(hours * 60) // 30) * 30), category
    return 60, None


def instead(code: str, need: Need, start: datetime) -> Answer:
    """That time will not do; the next ones from that day on."""
    day = max(timezone.localdate(start, shop_zone()), timezone.localdate(timezone=shop_zone()))
    others = _offer(need, day, day + timedelta(days=SEARCHED_DAYS))
    times = spoken_list([spoken_time(other) for other in others[:OFFERED]])
    return refused(
        code,
        f"That time is not free. I have {times}." if others else "That time is not free.",
        next_step="list_slots",
        slots=[other.isoformat() for other in others],
    )


def visits_of(customer: Customer) -> Any:
    return Appointment.objects.filter(customer=customer).select_related("vehicle")


def coming_visits(customer: Customer) -> list[Appointment]:
    """The next visits of `customer`, as many as are read out."""
    return list(
        visits_of(customer)
        .filter(status__in=[Status.SCHEDULED, Status.CONFIRMED], scheduled_at__gt=timezone.now())
        .order_by("scheduled_at", "id")[:OFFERED]
    )
