"""Visits of a block of vehicles: appointments, service records and their lines."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from crm.seeding.columns import (
    MINUTES_A_DAY,
    Bools,
    Calendar,
    Ints,
    Texts,
    between,
    booleans,
    choose,
    money,
    numbers,
    optional,
    pick,
    texts,
    uuids,
)
from crm.seeding.garage import Garage
from crm.seeding.menu import (
    AI_AGENT,
    CANCEL_REASONS,
    CONCERNS,
    MENU,
    NEXT_SERVICE,
)
from crm.seeding.people import People
from crm.seeding.shop import LONGEST_VISIT, Lane, Shop

APPOINTMENT_COLUMNS = (
    "id", "created_at", "updated_at", "customer_id", "vehicle_id", "scheduled_at",
    "duration_minutes", "service_type", "service_category", "customer_concerns",
    "recommended_services", "estimated_cost", "actual_cost", "status", "cancellation_reason",
    "confirmation_sent", "reminder_sent", "assigned_technician", "service_bay", "advisor_id",
    "transport", "booking_method", "booked_by", "arrived_at", "started_at", "completed_at",
    "batch_id",
)  # fmt: skip
RECORD_COLUMNS = (
    "id", "created_at", "updated_at", "vehicle_id", "customer_id", "appointment_id", "ro_number",
    "service_date", "mileage", "services_performed", "parts_replaced", "total_cost",
    "next_service_type", "next_service_due_date", "next_service_due_mileage", "advisor_id",
    "technician_id", "batch_id",
)  # fmt: skip

CENTS = np.array([operation.cents for operation in MENU], dtype=np.int64)
DESCRIPTION = texts([operation.description for operation in MENU])
CATEGORY = texts([operation.category for operation in MENU])
MINUTES = np.array(
    [
        int(min(max(-(-float(operation.hours) * 60 // 15) * 15, 30), LONGEST_VISIT))
        for operation in MENU
    ],
    dtype=np.int64,
)
NEVER = -1


@dataclass(frozen=True)
class Trips:
    """Visits that took place, as parallel arrays. `vehicle` indexes the block's vehicles; `lane`
    is -1 for a visit without an appointment, whose `begin` and `appointment` then mean nothing."""

    vehicle: Ints
    day: Ints
    mileage: Ints
    is_last: Bools
    lane: Ints
    begin: Ints
    appointment: Texts
    record: Texts


@dataclass(frozen=True)
class Bookings:
    """Appointments to write, as parallel arrays; instants in epoch minutes, NEVER for none.

    `vehicle` indexes the block's vehicles, `recommended` the menu (NEVER for none).
    """

    ids: Texts
    vehicle: Ints
    lane: Ints
    begin: Ints
    operation: Ints
    status: Texts
    reason: Texts
    created: Ints
    completed: Ints
    actual_cents: Ints
    recommended: Ints

    @classmethod
    def joined(cls, parts: list["Bookings"]) -> "Bookings":
        return cls(
            **{
                name: np.concatenate([getattr(part, name) for part in parts])
                for name in cls.__dataclass_fields__
            }
        )


def draw_operations(rng: np.random.Generator, lane: Ints, lanes: list[Lane]) -> Ints:
    """A main operation for each visit, out of what its lane can do (lane -1: everything)."""
    operation = np.zeros(len(lane), dtype=np.int64)
    for index in range(-1, len(lanes)):
        (rows,) = np.nonzero(lane == index)
        categories = lanes[index].categories if index >= 0 else frozenset()
        weights = [o.main if not categories or o.category in categories else 0 for o in MENU]
        operation[rows] = pick(rng, len(MENU), len(rows), weights)
    return operation


def booking_instants(rng: np.random.Generator, begin: Ints, since: Ints, today: int) -> Ints:
    """When each appointment was made: 1 to 20 days ahead, before `today`, not before the day
    on which the customer first came."""
    day = np.minimum(begin // MINUTES_A_DAY - between(rng, 1, 20, len(begin)), today - 1)
    made = np.maximum(day, since) * MINUTES_A_DAY + between(rng, 13 * 60, 21 * 60, len(begin))
    # A first visit may be on the very day; then it was booked at the door.
    return np.minimum(made, begin - 15)


def appointment_columns(
    rng: np.random.Generator,
    bookings: Bookings,
    *,
    people: People,
    garage: Garage,
    shop: Shop,
    calendar: Calendar,
    batch_id: str,
) -> tuple[Texts, ...]:
    count = len(bookings.ids)
    owner = garage.owner[bookings.vehicle]
    minutes = MINUTES[bookings.operation]
    done = bookings.status == "completed"
    sure = done | (bookings.status == "confirmed")
    advisor = _advisors(rng, people.advisor[owner], len(shop.advisors))
    method = choose(
        rng, texts(("phone", "online", "walk_in", "ai_voice")), count, (0.50, 0.27, 0.08, 0.15)
    )
    arrived = bookings.begin - between(rng, -6, 12, count)
    started = bookings.begin + between(rng, 7, 15, count)
    changed = np.select(
        [done, bookings.status == "no_show", bookings.status == "cancelled"],
        [
            bookings.completed,
            bookings.begin + 60,
            # Called off within a day of booking: never after the visit would have begun.
            bookings.created + np.minimum(MINUTES_A_DAY, (bookings.begin - bookings.created) // 2),
        ],
        bookings.created,
    )
    return (
        bookings.ids,
        calendar.instants(bookings.created),
        calendar.instants(changed),
        people.ids[owner],
        garage.ids[bookings.vehicle],
        calendar.instants(bookings.begin),
        numbers(minutes),
        DESCRIPTION[bookings.operation],
        CATEGORY[bookings.operation],
        optional(choose(rng, texts(CONCERNS), count), rng.random(count) < 0.3),
        optional(DESCRIPTION[bookings.recommended], bookings.recommended != NEVER),
        money(CENTS[bookings.operation]),
        optional(money(bookings.actual_cents), done),
        bookings.status,
        bookings.reason,
        booleans(sure | (rng.random(count) < 0.5)),
        booleans(done & (rng.random(count) < 0.8)),
        texts([lane.technician_id for lane in shop.lanes])[bookings.lane],
        texts([lane.bay for lane in shop.lanes])[bookings.lane],
        _keys(shop)[advisor],
        choose(
            rng,
            texts(("waiter", "drop_off", "loaner", "shuttle", r"\N")),
            count,
            (0.35, 0.35, 0.08, 0.07, 0.15),
        ),
        method,
        _booked_by(method, advisor, shop),
        optional(calendar.instants(arrived), done),
        optional(calendar.instants(started), done),
        optional(calendar.instants(bookings.completed), done),
        texts([batch_id] * count),
    )


def _advisors(rng: np.random.Generator, preferred: Ints, size: int) -> Ints:
    """The preferred advisor, else any; -1 in a shop without advisors."""
    if not size:
        return np.full(len(preferred), -1, dtype=np.int64)
    return np.where(preferred >= 0, preferred, rng.integers(0, size, len(preferred)))


def _keys(shop: Shop) -> Texts:
    return texts([*(key for key, _ in shop.advisors), r"\N"])


def _booked_by(method: Texts, advisor: Ints, shop: Shop) -> Texts:
    name = texts([*(name for _, name in shop.advisors), r"\N"])[advisor]
    return np.where(method == "ai_voice", AI_AGENT, np.where(method == "online", r"\N", name))


def unvisited(
    rng: np.random.Generator,
    *,
    vehicle: Ints,
    lane: Ints,
    begin: Ints,
    status: Texts,
    since: Ints,
    today: int,
    lanes: list[Lane],
) -> Bookings:
    """Appointments without a service record: to come, cancelled, or nobody came."""
    count = len(vehicle)
    reason = choose(rng, texts(CANCEL_REASONS), count)
    return Bookings(
        ids=uuids(rng, count),
        vehicle=vehicle,
        lane=lane,
        begin=begin,
        operation=draw_operations(rng, lane, lanes),
        status=status,
        reason=optional(reason, status == "cancelled"),
        created=booking_instants(rng, begin, since, today),
        completed=np.full(count, NEVER),
        actual_cents=np.zeros(count, dtype=np.int64),
        recommended=np.full(count, NEVER),
    )


def record_columns(
    rng: np.random.Generator,
    trips: Trips,
    *,
    performed: list[Ints],
    cents: Ints,
    ro_numbers: Texts,
    people: People,
    garage: Garage,
    shop: Shop,
    calendar: Calendar,
    batch_id: str,
) -> tuple[Texts, ...]:
    """Service records; `performed` holds up to three menu indices a visit, NEVER for none."""
    count = len(trips.record)
    owner = garage.owner[trips.vehicle]
    closed = trips.day * MINUTES_A_DAY + between(rng, 16 * 60, 21 * 60, count)
    stamp = calendar.instants(closed)
    technician = texts([lane.technician_id for lane in shop.lanes] or [r"\N"])
    any_lane = rng.integers(0, len(technician), count)
    return (
        trips.record,
        stamp,
        stamp,
        garage.ids[trips.vehicle],
        people.ids[owner],
        optional(trips.appointment, trips.lane >= 0),
        ro_numbers,
        calendar.dates(trips.day),
        numbers(trips.mileage),
        _arrays(performed, [f'"{operation.description}"' for operation in MENU]),
        _arrays(performed, [_quoted(operation.parts) for operation in MENU]),
        money(cents),
        texts([NEXT_SERVICE] * count),
        calendar.dates(trips.day + 180),
        numbers(np.where(trips.is_last, garage.next_due[trips.vehicle], trips.mileage + 5_000)),
        _keys(shop)[_advisors(rng, people.advisor[owner], len(shop.advisors))],
        technician[np.where(trips.lane >= 0, trips.lane, any_lane)],
        texts([batch_id] * count),
    )


def _quoted(values: tuple[str, ...]) -> str:
    return ",".join(f'"{value}"' for value in values)


def _arrays(performed: list[Ints], words: list[str]) -> Texts:
    """PostgreSQL text arrays of the words of each visit's operations."""
    table = [*words, ""]  # NEVER is -1: nothing
    rows: Any = zip(*(indices.tolist() for indices in performed), strict=True)
    return texts(
        ["{" + ",".join(filter(None, (table[index] for index in row))) + "}" for row in rows]
    )
