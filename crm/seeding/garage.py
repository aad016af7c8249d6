"""Vehicles of customers: how many, which, how far driven, bought when; and their visits' dates."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from crm.seeding.columns import (
    Bools,
    Calendar,
    Ints,
    Texts,
    between,
    booleans,
    choose,
    day_number,
    numbers,
    optional,
    pick,
    texts,
    uuids,
)
from crm.seeding.menu import COLOR_WEIGHTS, COLORS, TRIMS
from crm.seeding.people import People
from crm.seeding.places import rank_within
from crm.seeding.shop import Book
from crm.seeding.vehicles import VinPool

COLUMNS = (
    "id", "created_at", "updated_at", "customer_id", "vin", "license_plate", "year", "make",
    "model", "trim", "engine", "color", "purchase_date", "purchased_from_us", "current_mileage",
    "last_service_date", "last_service_mileage", "next_service_due_mileage", "is_primary_vehicle",
    "status", "batch_id",
)  # fmt: skip

_LETTERS = texts("ABCDEFGHJKLMNPRSTUVWXYZ")


@dataclass(frozen=True)
class Garage:
    """One block of vehicles. `owner` indexes the block's customers; `last_visit` is 0 for a
    vehicle that was never here; `low` is the first day on which it can have been here."""

    ids: Texts
    owner: Ints
    low: Ints
    built: Ints
    serviced: Bools
    last_visit: Ints
    last_mileage: Ints
    next_due: Ints
    columns: tuple[Texts, ...]


def draw(
    rng: np.random.Generator,
    people: People,
    *,
    as_of: date,
    pool: VinPool,
    book: Book,
    calendar: Calendar,
    batch_id: str,
) -> Garage:
    """One to three vehicles for each customer; a purchase is never before the model year, a
    service never before the purchase, no mileage below zero."""
    yesterday = day_number(as_of) - 1
    how_many = pick(rng, 3, len(people.ids), (0.65, 0.25, 0.10)) + 1
    owner = np.repeat(np.arange(len(people.ids)), how_many)
    count = len(owner)
    pattern, combination, vin = pool.draw(rng, count)
    year = pool.year[pattern]
    built = _new_years_day(year)
    bought_here = rng.random(count) < 1 / 3
    bought = between(rng, np.maximum(people.since[owner], built), yesterday, count)
    low = np.maximum(np.maximum(people.since[owner], built), np.where(bought_here, bought, 0))
    mileage = (as_of.year - year) * between(rng, 10_000, 15_000, count) + between(
        rng, 0, 5_000, count
    )
    serviced = rng.random(count) < 0.6
    last_visit = book.open_day(between(rng, low, yesterday, count), low)
    # A nearly new car has not driven what the seed takes off; half its mileage is the least.
    last_mileage = np.maximum(mileage - between(rng, 500, 3_000, count), mileage // 2)
    next_due = mileage + between(rng, 2_000, 5_000, count)
    ids = uuids(rng, count)
    created = calendar.instants(people.created[owner])
    columns = (
        ids,
        created,
        created,
        people.ids[owner],
        vin,
        _plates(rng, count),
        numbers(year),
        pool.make[pattern],
        pool.model[pattern],
        choose(rng, texts([trim or r"\N" for trim in TRIMS]), count),
        pool.engine[combination],
        choose(rng, texts(COLORS), count, COLOR_WEIGHTS),
        optional(calendar.dates(bought), bought_here),
        booleans(bought_here),
        numbers(mileage),
        optional(calendar.dates(last_visit), serviced),
        optional(numbers(last_mileage), serviced),
        numbers(next_due),
        booleans(rank_within(owner) == 0),
        texts(["active"] * count),
        texts([batch_id] * count),
    )
    return Garage(ids, owner, low, built, serviced, last_visit, last_mileage, next_due, columns)


def earlier_visits(rng: np.random.Generator, garage: Garage, book: Book) -> tuple[Ints, Ints, Ints]:
    """(vehicle, day, mileage) of up to three visits before the last one; one a day at most."""
    (serviced,) = np.nonzero(garage.serviced)
    vehicle = np.repeat(serviced, pick(rng, 4, len(serviced), (0.30, 0.35, 0.20, 0.15)))
    low, last = garage.low[vehicle], garage.last_visit[vehicle]
    day = book.open_day(between(rng, low, last, len(vehicle)), low)
    _, kept = np.unique(np.stack((vehicle, day)), axis=1, return_index=True)
    kept = kept[day[kept] < last[kept]]
    vehicle, day = vehicle[kept], day[kept]
    built, last = garage.built[vehicle], garage.last_visit[vehicle]
    mileage = garage.last_mileage[vehicle] * (day - built) // np.maximum(last - built, 1)
    return vehicle, day, mileage


def _new_years_day(years: Ints) -> Ints:
    first = int(years.min()) if len(years) else 0
    table = [
        day_number(date(year, 1, 1)) for year in range(first, int(years.max(initial=first)) + 1)
    ]
    return np.array(table, dtype=np.int64)[years - first]


def _plates(rng: np.random.Generator, count: int) -> Texts:
    """Three letters and four digits, as Georgia, Florida and others write them."""
    letters = [choose(rng, _LETTERS, count) for _ in range(3)]
    digits = texts([f"{number:04d}" for number in rng.integers(0, 10_000, count).tolist()])
    return letters[0] + letters[1] + letters[2] + digits
