"""The demonstration dealership: who signs in, building it for today, taking it away again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from crm.context import audited
from crm.enums import BatchKind, Role
from crm.exceptions import Duplicate, Refused
from crm.models import (
    ApiToken,
    Appointment,
    Customer,
    CustomerNote,
    DataBatch,
    ServiceLine,
    ServiceRecord,
    Technician,
    User,
    Vehicle,
)
from crm.roles import ROLE_CAPABILITIES
from crm.services import tokens

PASSWORD = "demo-lanewise-1"  # noqa: S105  (published on purpose; production refuses demo users)
API_TOKEN = "lw_demo-lanewise-token-1"  # noqa: S105
CUSTOMERS = 600
SEED = 1

# role, user name, first and last name
_STAFF = (
    (Role.ADVISOR, "mike", "Mike", "Johnson"),
    (Role.ADVISOR, "sarah", "Sarah", "Chen"),
    (Role.ADVISOR, "robert", "Robert", "Williams"),
    (Role.BDC, "bella", "Bella", "Nguyen"),
    (Role.SALES, "sam", "Sam", "Carter"),
    (Role.TECHNICIAN, "carlos", "Carlos", "Mendez"),
    (Role.MANAGER, "maria", "Maria", "Lopez"),
    (Role.ADMIN, "admin", "Ada", "Brown"),
    (Role.API, "api", "Voice", "Agent"),
)
# An API client has no password: it shows a token.
LOGINS: list[tuple[str, str, str]] = [
    (role.value, username, API_TOKEN if role == Role.API else PASSWORD)
    for role, username, _, _ in _STAFF
]


@dataclass(frozen=True)
class Part:
    """What an app above adds to the demonstration, in the same transaction.

    `build(batch)` runs when customers, vehicles and visits of the batch are there,
    `remove(customers, vehicles)` before they go; both return the rows of each table. Parts are
    built in the order of `position` and removed in the other one.
    """

    name: str
    build: Callable[[DataBatch], Mapping[str, int]]
    remove: Callable[[QuerySet[Customer], QuerySet[Vehicle]], Mapping[str, int]]
    position: int = 50


_parts: dict[str, Part] = {}


def register(part: Part) -> None:
    """Add `part`, or replace the one of the same name. Called from `AppConfig.ready`."""
    _parts[part.name] = part


def parts() -> list[Part]:
    return sorted(_parts.values(), key=lambda part: part.position)


def exists() -> bool:
    """Whether demonstration rows or users are in the database."""
    return (
        DataBatch.objects.filter(kind=BatchKind.DEMO).exists()
        or User.objects.filter(is_demo=True).exists()
    )


def build() -> dict[str, int]:
    """A dealership that is believable right now; rows of each table. All or nothing.

    Raises Refused in production, Duplicate when a user name is a real person's.
    """
    # Imported late: numpy and the name tables are for building only, not for each web process.
    from crm.seeding import furniture, scenes
    from crm.seeding.generator import Plan
    from crm.seeding.loader import load

    if settings.PRODUCTION:
        raise Refused(
            "Demonstration data has published passwords; production refuses it.",
            code="production",
            remedy="Generate data without logins with seed_crm.",
        )
    today = furniture.shop_today()
    plan = Plan(CUSTOMERS, SEED, today, demo=True, home="Atlanta", future_share=0.30)
    with transaction.atomic():
        with audited(reason="Demonstration data"):
            furniture.furnish()
            staff = _make_staff()
        advisors = [user for user in staff if user.role == Role.ADVISOR]
        written = load(plan, advisors)
        batch = DataBatch.objects.get(pk=plan.batch_id)
        # What follows is audited row by row again: the timeline of those customers shows it.
        with audited(reason="Demonstration data", bulk_batch="", defer_search=""):
            scenes.play(
                batch=batch,
                shop=furniture.describe_shop(advisors, today),
                advisors=advisors,
                now=timezone.now(),
            )
            # The scenes bring a vehicle of their own.
            written["vehicles"] = Vehicle.objects.filter(batch=batch).count()
            for part in parts():
                written.update(part.build(batch))
    return written


def remove() -> dict[str, int]:
    """Take the demonstration away and nothing else; how many of each went. All or nothing.

    What hangs on a demonstration customer goes along, whoever entered it. A demonstration
    vehicle that a real customer has owned or had serviced stays, as do bays, technicians,
    hours, op codes and the audit trail.
    """
    customers = Customer.objects.filter(batch__kind=BatchKind.DEMO)
    vehicles = Vehicle.objects.filter(
        Q(customer__in=customers) | Q(customer=None, batch__kind=BatchKind.DEMO)
    )
    with transaction.atomic(), audited(reason="Demonstration data removed"):
        _release_real_history(customers, vehicles)
        removed: dict[str, int] = {}
        for part in reversed(parts()):
            removed.update(part.remove(customers, vehicles))
        lines = Q(service_record__customer__in=customers) | Q(appointment__customer__in=customers)
        return removed | {
            "service lines": _delete(ServiceLine.objects.filter(lines | Q(vehicle__in=vehicles))),
            "service records": _delete(
                ServiceRecord.objects.filter(Q(customer__in=customers) | Q(vehicle__in=vehicles))
            ),
            "appointments": _delete(Appointment.objects.filter(customer__in=customers)),
            "notes": _delete(CustomerNote.objects.filter(customer__in=customers)),
            "vehicles": _delete(vehicles),
            "customers": _delete(customers),
            "users": _delete(User.objects.filter(is_demo=True)),
            "batches": _delete(DataBatch.objects.filter(kind=BatchKind.DEMO)),
        }


def _make_staff() -> list[User]:
    usernames = [username for _, username, _, _ in _STAFF]
    taken = User.objects.filter(username__in=usernames).values_list("username", flat=True)
    if taken:
        raise Duplicate(
            f"These user names belong to somebody: {', '.join(sorted(taken))}.",
            remedy="Rename them first.",
        )
    staff = []
    for role, username, first, last in _STAFF:
        user = User(
            username=username,
            first_name=first,
            last_name=last,
            email=f"{username}@demo.example",
            role=role,
            is_demo=True,
            is_staff=role in (Role.ADMIN, Role.MANAGER),
        )
        user.set_password(None if role == Role.API else PASSWORD)
        user.save()
        staff.append(user)
        if role == Role.TECHNICIAN:
            Technician.objects.filter(name=user.get_full_name(), user=None).update(user=user)
        if role == Role.API:
            _make_token(user)
    return staff


def _make_token(client: User) -> None:
    """A token whose secret is known beforehand, unlike those that people make."""
    ApiToken.objects.create(
        user=client,
        name="Demonstration",
        prefix=API_TOKEN[: tokens.SHOWN_CHARACTERS],
        digest=tokens.digest(API_TOKEN),
        scopes=sorted(ROLE_CAPABILITIES[Role.API]),
        expires_at=timezone.now() + tokens.DEFAULT_LIFE,
    )


def _release_real_history(customers: QuerySet[Customer], vehicles: QuerySet[Vehicle]) -> None:
    """Cut the ties of real rows to vehicles that are about to go."""
    Appointment.objects.filter(vehicle__in=vehicles).exclude(customer__in=customers).update(
        vehicle=None
    )
    real = ServiceRecord.objects.filter(vehicle__in=vehicles, customer__isnull=False).exclude(
        customer__in=customers
    )
    kept = list(real.values_list("vehicle_id", flat=True))
    Vehicle.objects.filter(pk__in=kept).update(customer=None, batch=None, is_primary_vehicle=False)


def _delete(rows: QuerySet[Any]) -> int:
    """How many of `rows` themselves were deleted, not counting what the database cascades to."""
    _, counts = rows.delete()
    return int(counts.get(rows.model._meta.label, 0))
