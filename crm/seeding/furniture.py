"""What a shop needs before cars can come: bays, technicians, hours, op codes, advisors.

Only what is missing is made; a shop that has its own bays or hours keeps them.
"""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import NAMESPACE_URL, uuid5

from django.utils import timezone

from crm.enums import AppointmentStatus, Role, ServiceCategory
from crm.models import (
    Appointment,
    OpCode,
    OpeningHours,
    ServiceBay,
    SpecialDay,
    Technician,
    User,
)
from crm.seeding.menu import MENU
from crm.seeding.shop import Lane, Shop, Taken
from jobs.registry import shop_zone

ADVISORS = ("Mike Johnson", "Sarah Chen", "Robert Williams")

_EXPRESS = [ServiceCategory.MAINTENANCE.value, ServiceCategory.INSPECTION.value]
_BAYS: dict[str, tuple[str, list[str]]] = {
    "B1": ("Express lane 1", _EXPRESS),
    "B2": ("Express lane 2", _EXPRESS),
    "B3": ("Lift 3", []),
    "B4": ("Lift 4", []),
    "B5": ("Lift 5", []),
    "B6": ("Lift 6", []),
    "B7": ("Diagnosis", []),
    "B8": ("Alignment rack", []),
}
_TECHNICIANS: dict[str, list[str]] = {
    "Carlos Mendez": [],
    "Dwayne Ellis": [],
    "Hannah Brooks": [],
    "Jin Park": [],
    "Luis Ortega": [],
    "Maya Patel": [],
    "Omar Haddad": _EXPRESS,
    "Tyler Reed": _EXPRESS,
}
_HOURS = {
    **{weekday: (time(7, 30), time(18, 0)) for weekday in range(5)},
    5: (time(8, 0), time(14, 0)),
}


def furnish() -> None:
    """Make what is missing. Call it inside `audited`."""
    if not ServiceBay.objects.exists():
        ServiceBay.objects.bulk_create(
            ServiceBay(code=code, name=name, categories=categories)
            for code, (name, categories) in _BAYS.items()
        )
    if not Technician.objects.exists():
        Technician.objects.bulk_create(
            Technician(
                id=uuid5(NAMESPACE_URL, f"lanewise:technician:{name}"), name=name, skills=skills
            )
            for name, skills in _TECHNICIANS.items()
        )
    if not OpeningHours.objects.exists():
        OpeningHours.objects.bulk_create(
            OpeningHours(weekday=weekday, opens=opens, closes=closes)
            for weekday, (opens, closes) in _HOURS.items()
        )
    known = set(OpCode.objects.values_list("code", flat=True))
    OpCode.objects.bulk_create(
        OpCode(
            code=operation.code,
            description=operation.description,
            category=operation.category,
            hours=Decimal(operation.hours),
            price=Decimal(operation.cents) / 100,
        )
        for operation in MENU
        if operation.code not in known
    )


def ensure_advisors() -> list[User]:
    """The seed's three advisors, real ones; a new one cannot sign in until given a password."""
    found = []
    for name in ADVISORS:
        first, last = name.split()
        advisor = User.objects.filter(
            first_name=first, last_name=last, role=Role.ADVISOR, is_demo=False
        ).first()
        if advisor is None:
            advisor = User(username=_free_username(name), first_name=first, last_name=last)
            advisor.set_unusable_password()
            advisor.save()
        found.append(advisor)
    return found


def _free_username(name: str) -> str:
    base = name.lower().replace(" ", ".")
    taken = set(User.objects.filter(username__startswith=base).values_list("username", flat=True))
    return next(
        username
        for username in (base, *(f"{base}{number}" for number in range(2, 1_000)))
        if username not in taken
    )


def describe_shop(advisors: list[User], as_of: date) -> Shop:
    """The shop as the database has it, for `generator.blocks`."""
    start = datetime.combine(as_of, time(0), tzinfo=UTC) - timedelta(days=2)
    active = Appointment.objects.filter(
        status__in=AppointmentStatus.active(), scheduled_at__gte=start
    )
    return Shop(
        zone=shop_zone(),
        advisors=[(advisor.pk, advisor.get_full_name()) for advisor in advisors],
        lanes=_lanes(),
        hours={
            weekday: (opens, closes)
            for weekday, opens, closes in OpeningHours.objects.values_list(
                "weekday", "opens", "closes"
            )
        },
        special={
            day: (opens, closes) if opens and closes else None
            for day, opens, closes in SpecialDay.objects.values_list("date", "opens", "closes")
        },
        taken=[
            Taken(at, at + timedelta(minutes=minutes), bay, technician.hex if technician else None)
            for at, minutes, bay, technician in active.values_list(
                "scheduled_at", "duration_minutes", "service_bay_id", "assigned_technician_id"
            )
        ],
    )


def _lanes() -> list[Lane]:
    """Each active bay with a technician of its own, as long as there are technicians.

    A bay gets the one who can do most of what the bay is for, the least versatile first.
    """
    every = frozenset(ServiceCategory.values)
    idle = list(Technician.objects.filter(is_active=True).order_by("name"))
    lanes = []
    for bay in ServiceBay.objects.filter(is_active=True).order_by("code"):
        suited = frozenset(bay.categories) & every or every
        can = {t.pk: (frozenset(t.skills) & every or every) for t in idle}
        idle.sort(key=lambda t: (-len(suited & can[t.pk]), len(can[t.pk]), t.name))
        if idle and suited & can[idle[0].pk]:
            technician = idle.pop(0)
            lanes.append(
                Lane(bay.code, technician.pk.hex, technician.name, suited & can[technician.pk])
            )
    return lanes


def shop_today() -> date:
    return timezone.now().astimezone(shop_zone()).date()
