"""Service lines: what was planned, performed, declined and deferred."""

from dataclasses import dataclass

import numpy as np

from crm.seeding.columns import (
    Calendar,
    Ints,
    Texts,
    between,
    choose,
    money,
    numbers,
    optional,
    pick,
    texts,
    uuids,
)
from crm.seeding.menu import DECLINE_REASONS, DEFER_REASONS, MENU
from crm.seeding.visits import CATEGORY, CENTS, DESCRIPTION, NEVER

COLUMNS = (
    "id", "created_at", "updated_at", "vehicle_id", "appointment_id", "service_record_id",
    "op_code", "description", "pay_type", "hours", "price", "outcome", "reason", "deferred_until",
    "deferred_until_mileage", "batch_id",
)  # fmt: skip

CODES = texts([operation.code for operation in MENU])
HOURS = texts([operation.hours for operation in MENU])
_EXTRA = [operation.extra for operation in MENU]
_REFUSED = [operation.refused for operation in MENU]


@dataclass(frozen=True)
class Work:
    """Per visit: menu indices (NEVER for none), and who pays for the main operation."""

    main: Ints
    extras: tuple[Ints, Ints]
    refused: Ints
    pay_type: Texts

    @property
    def performed(self) -> list[Ints]:
        return [self.main, *self.extras]

    def customer_cents(self) -> Ints:
        """What the customer paid: the main operation unless somebody else pays, and the extras."""
        priced = np.append(CENTS, 0)
        own = np.where(self.pay_type == "customer", priced[self.main], 0)
        return own + priced[self.extras[0]] + priced[self.extras[1]]


def draw(rng: np.random.Generator, main: Ints) -> Work:
    """Up to two extras and, at every fourth visit, something refused; no operation twice."""
    count = len(main)
    first = np.where(rng.random(count) < 0.55, pick(rng, len(MENU), count, _EXTRA), NEVER)
    first = np.where(first == main, NEVER, first)
    second = np.where(rng.random(count) < 0.25, pick(rng, len(MENU), count, _EXTRA), NEVER)
    second = np.where((second == main) | (second == first) | (first == NEVER), NEVER, second)
    refused = np.where(rng.random(count) < 0.28, pick(rng, len(MENU), count, _REFUSED), NEVER)
    done = (refused == main) | (refused == first) | (refused == second)
    pay_type = choose(rng, texts(("customer", "warranty", "internal")), count, (0.93, 0.05, 0.02))
    return Work(
        main=main,
        extras=(first, second),
        refused=np.where(done, NEVER, refused),
        pay_type=np.where(CATEGORY[main] == "recall", "warranty", pay_type),
    )


@dataclass(frozen=True)
class Stand:
    """What the lines of some visits hang on: parallel texts of keys, NULL where there is none."""

    vehicle: Texts
    appointment: Texts
    record: Texts
    stamp: Texts


def visit_lines(
    rng: np.random.Generator,
    work: Work,
    stand: Stand,
    *,
    day: Ints,
    mileage: Ints,
    calendar: Calendar,
    batch_id: str,
) -> list[tuple[Texts, ...]]:
    """Lines of visits that took place, one set of columns a kind of line."""
    customer = texts(["customer"] * len(work.main))
    performed = [
        _performed(rng, work.main, work.pay_type, stand, batch_id),
        _performed(rng, work.extras[0], customer, stand, batch_id),
        _performed(rng, work.extras[1], customer, stand, batch_id),
    ]
    (rows,) = np.nonzero(work.refused != NEVER)
    refused = _refused(
        rng,
        work.refused[rows],
        _select(stand, rows),
        day=day[rows],
        mileage=mileage[rows],
        calendar=calendar,
    )
    return [*performed, (*refused, texts([batch_id] * len(rows)))]


def planned_lines(
    rng: np.random.Generator, operation: Ints, stand: Stand, *, batch_id: str
) -> tuple[Texts, ...]:
    """The one operation that an appointment to come was booked for."""
    count = len(operation)
    return (
        *_stem(rng, operation, stand, texts(["customer"] * count)),
        texts(["planned"] * count),
        *_no_refusal(count),
        texts([batch_id] * count),
    )


def _performed(
    rng: np.random.Generator, operation: Ints, pay_type: Texts, stand: Stand, batch_id: str
) -> tuple[Texts, ...]:
    (rows,) = np.nonzero(operation != NEVER)
    count = len(rows)
    return (
        *_stem(rng, operation[rows], _select(stand, rows), pay_type[rows]),
        texts(["performed"] * count),
        *_no_refusal(count),
        texts([batch_id] * count),
    )


def _refused(
    rng: np.random.Generator,
    operation: Ints,
    stand: Stand,
    *,
    day: Ints,
    mileage: Ints,
    calendar: Calendar,
) -> tuple[Texts, ...]:
    """All columns but the batch."""
    count = len(operation)
    deferred = rng.random(count) < 0.3
    by_date = rng.random(count) < 0.6
    reason = np.where(
        deferred,
        choose(rng, texts(DEFER_REASONS), count),
        choose(rng, texts(DECLINE_REASONS), count),
    )
    until = calendar.dates(day + between(rng, 30, 180, count))
    at_mileage = numbers(mileage + between(rng, 2, 8, count) * 1_000)
    return (
        *_stem(rng, operation, stand, texts(["customer"] * count)),
        np.where(deferred, "deferred", "declined").astype(object),
        reason,
        optional(until, deferred & by_date),
        optional(at_mileage, deferred & ~by_date),
    )


def _select(stand: Stand, rows: Ints) -> Stand:
    return Stand(
        stand.vehicle[rows], stand.appointment[rows], stand.record[rows], stand.stamp[rows]
    )


def _stem(
    rng: np.random.Generator, operation: Ints, stand: Stand, pay_type: Texts
) -> tuple[Texts, ...]:
    """The columns from id to price."""
    return (
        uuids(rng, len(operation)),
        stand.stamp,
        stand.stamp,
        stand.vehicle,
        stand.appointment,
        stand.record,
        CODES[operation],
        DESCRIPTION[operation],
        pay_type,
        HOURS[operation],
        money(CENTS[operation]),
    )


def _no_refusal(count: int) -> tuple[Texts, Texts, Texts]:
    nothing = texts([r"\N"] * count)
    return texts([""] * count), nothing, nothing
