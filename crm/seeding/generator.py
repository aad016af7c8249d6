"""From a plan to the rows of a dealership, in blocks, as text for COPY. Touches no database.

The same plan and shop give the same bytes, keys included.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from uuid import UUID

import numpy as np

from crm.seeding import garage as garages
from crm.seeding import names, people, places, visits, work
from crm.seeding.columns import (
    NULL,
    Bools,
    Calendar,
    Ints,
    Texts,
    between,
    choose,
    copy_text,
    day_number,
    texts,
    uuids,
)
from crm.seeding.garage import Garage
from crm.seeding.people import People
from crm.seeding.shop import Book, Shop
from crm.seeding.vehicles import VinPool
from crm.seeding.visits import Bookings, Trips
from crm.seeding.work import Stand

BLOCK = 2_500
HORIZON_DAYS = 28
_PAST_YEARS = 5


@dataclass(frozen=True)
class Plan:
    """What to generate. `as_of` is the day that the data is believable on: everything happened
    before it or is booked for the days after.

    `demo` takes telephone numbers and addresses of a range of its own. `home` names the town
    that most customers live around, empty for the whole Southeast. `future_share` of the
    vehicles have an appointment in the coming four weeks, as far as the book has room.
    """

    customers: int
    seed: int
    as_of: date
    demo: bool = False
    home: str = ""
    future_share: float = 0.08

    @cached_property
    def batch_id(self) -> UUID:
        """The same for each run of a seed, which is how a second one is noticed."""
        rng = np.random.default_rng([self.seed, int(self.demo), 0])
        return UUID(str(uuids(rng, 1)[0]))

    @property
    def number_prefix(self) -> str:
        return "D-" if self.demo else f"S{self.seed}-"


@dataclass(frozen=True)
class Table:
    """Rows of one table: `data` is COPY's text format for `columns`."""

    name: str
    columns: tuple[str, ...]
    rows: int
    data: bytes


def blocks(plan: Plan, shop: Shop) -> Iterator[list[Table]]:
    """The tables of BLOCK customers at a time, in the order of their foreign keys.

    Raises ValueError for a day before the first model year, Refused when an area code has no
    unused number left.
    """
    run = _Run(plan, shop)
    for start in range(0, plan.customers, BLOCK):
        yield run.block(min(BLOCK, plan.customers - start))


class _Run:
    """Pools and counters that live as long as one run."""

    def __init__(self, plan: Plan, shop: Shop) -> None:
        self.plan, self.shop = plan, shop
        self.today = day_number(plan.as_of)
        self.batch = plan.batch_id.hex
        self.rng = np.random.default_rng([plan.seed, int(plan.demo), 1])
        self.places = places.load(plan.home)
        self.registry = people.Registry(
            names.load(),
            places.PhoneNumbers(self.places, seed=plan.seed, demo=plan.demo),
            "" if plan.demo else f"-{plan.seed}",
        )
        self.pool = VinPool(seed=plan.seed, before=plan.as_of - timedelta(days=1), demo=plan.demo)
        self.calendar = Calendar(date(plan.as_of.year - 77, 1, 1), plan.as_of + timedelta(days=400))
        first = plan.as_of - timedelta(days=_PAST_YEARS * 366)
        self.book = Book(shop, first, plan.as_of + timedelta(days=HORIZON_DAYS), _fill(first, plan))
        self.records = 0

    def block(self, count: int) -> list[Table]:
        drawn = people.draw(
            self.rng,
            count,
            as_of=self.plan.as_of,
            places=self.places,
            registry=self.registry,
            advisors=[key for key, _ in self.shop.advisors],
            calendar=self.calendar,
            batch_id=self.batch,
        )
        garage = garages.draw(
            self.rng,
            drawn,
            as_of=self.plan.as_of,
            pool=self.pool,
            book=self.book,
            calendar=self.calendar,
            batch_id=self.batch,
        )
        return [
            _table("customers", people.COLUMNS, drawn.columns),
            _table("vehicles", garages.COLUMNS, garage.columns),
            *self._visits(drawn, garage),
        ]

    def _visits(self, drawn: People, garage: Garage) -> list[Table]:
        trips = self._trips(garage)
        main = visits.draw_operations(self.rng, trips.lane, list(self.shop.lanes))
        done = work.draw(self.rng, main)
        kept = self._kept(drawn, garage, trips=trips, done=done)
        unvisited = self._unvisited(drawn, garage)
        records = self._records(drawn, garage, trips=trips, done=done)
        lines = work.visit_lines(
            self.rng,
            done,
            Stand(garage.ids[trips.vehicle], records[5], trips.record, records[1]),
            day=trips.day,
            mileage=trips.mileage,
            calendar=self.calendar,
            batch_id=self.batch,
        )
        planned = [self._planned(bookings, garage) for bookings in unvisited]
        return [
            self._appointments(Bookings.joined([kept, *unvisited]), drawn, garage),
            _table("service_history", visits.RECORD_COLUMNS, records),
            _table("service_lines", work.COLUMNS, *lines, *planned),
        ]

    def _trips(self, garage: Garage) -> Trips:
        """Every visit that took place; nine of ten have an appointment while the book has room."""
        (last,) = np.nonzero(garage.serviced)
        vehicle, day, mileage = garages.earlier_visits(self.rng, garage, self.book)
        days = np.concatenate((garage.last_visit[last], day))
        lane, begin = self.book.allot(days, self.rng.random(len(days)) < 0.9)
        return Trips(
            vehicle=np.concatenate((last, vehicle)),
            day=days,
            mileage=np.concatenate((garage.last_mileage[last], mileage)),
            is_last=np.arange(len(days)) < len(last),
            lane=lane,
            begin=begin,
            appointment=uuids(self.rng, len(days)),
            record=uuids(self.rng, len(days)),
        )

    def _records(
        self, drawn: People, garage: Garage, *, trips: Trips, done: work.Work
    ) -> tuple[Texts, ...]:
        first = self.records + 1
        self.records += len(trips.day)
        return visits.record_columns(
            self.rng,
            trips,
            performed=done.performed,
            cents=done.customer_cents(),
            ro_numbers=texts(
                [f"{self.plan.number_prefix}{n:06d}" for n in range(first, self.records + 1)]
            ),
            people=drawn,
            garage=garage,
            shop=self.shop,
            calendar=self.calendar,
            batch_id=self.batch,
        )

    def _kept(self, drawn: People, garage: Garage, *, trips: Trips, done: work.Work) -> Bookings:
        """The appointments of the visits that have one."""
        (rows,) = np.nonzero(trips.lane >= 0)
        count, begin, vehicle = len(rows), trips.begin[rows], trips.vehicle[rows]
        minutes = visits.MINUTES[done.main[rows]]
        return Bookings(
            ids=trips.appointment[rows],
            vehicle=vehicle,
            lane=trips.lane[rows],
            begin=begin,
            operation=done.main[rows],
            status=texts(["completed"] * count),
            reason=texts([NULL] * count),
            created=visits.booking_instants(
                self.rng, begin, drawn.since[garage.owner[vehicle]], self.today
            ),
            completed=begin + minutes + between(self.rng, -5, 10, count),
            actual_cents=done.customer_cents()[rows],
            recommended=done.refused[rows],
        )

    def _unvisited(self, drawn: People, garage: Garage) -> list[Bookings]:
        """Appointments of the past that came to nothing, and those to come."""
        rng, count = self.rng, len(garage.ids)
        missed_on = between(rng, garage.low, self.today - 1, count)
        missed = self._bookings(
            drawn,
            garage,
            day=missed_on,
            wanted=rng.random(count) < 0.06,
            statuses={"cancelled": 0.6, "no_show": 0.4},
        )
        # Most book for the next days.
        ahead = 1 + np.floor(HORIZON_DAYS * rng.random(count) ** 1.6).astype(np.int64)
        coming = self._bookings(
            drawn,
            garage,
            day=self.today + ahead,
            wanted=rng.random(count) < self.plan.future_share,
            statuses={"scheduled": 0.60, "confirmed": 0.35, "cancelled": 0.05},
        )
        return [missed, coming]

    def _bookings(
        self,
        drawn: People,
        garage: Garage,
        *,
        day: Ints,
        wanted: Bools,
        statuses: dict[str, float],
    ) -> Bookings:
        lane, begin = self.book.allot(day, wanted)
        (rows,) = np.nonzero(lane >= 0)
        return visits.unvisited(
            self.rng,
            vehicle=rows,
            lane=lane[rows],
            begin=begin[rows],
            status=choose(self.rng, texts(list(statuses)), len(rows), list(statuses.values())),
            since=drawn.since[garage.owner[rows]],
            today=self.today,
            lanes=list(self.shop.lanes),
        )

    def _planned(self, bookings: Bookings, garage: Garage) -> tuple[Texts, ...]:
        count = len(bookings.ids)
        stand = Stand(
            garage.ids[bookings.vehicle],
            bookings.ids,
            texts([NULL] * count),
            self.calendar.instants(bookings.created),
        )
        return work.planned_lines(self.rng, bookings.operation, stand, batch_id=self.batch)

    def _appointments(self, bookings: Bookings, drawn: People, garage: Garage) -> Table:
        columns = visits.appointment_columns(
            self.rng,
            bookings,
            people=drawn,
            garage=garage,
            shop=self.shop,
            calendar=self.calendar,
            batch_id=self.batch,
        )
        return _table("appointments", visits.APPOINTMENT_COLUMNS, columns)


def _table(name: str, columns: tuple[str, ...], *parts: tuple[Texts, ...]) -> Table:
    return Table(
        name,
        columns,
        sum(len(part[0]) for part in parts),
        b"".join(copy_text(part) for part in parts),
    )


def _fill(first: date, plan: Plan) -> np.ndarray:
    """Share of each day's slots that may be given out: nine tenths of the past, nothing on
    `as_of` itself, then from nine tenths tomorrow down to three in four weeks."""
    before = (plan.as_of - first).days
    return np.concatenate([np.full(before, 0.9), [0.0], np.linspace(0.9, 0.3, HORIZON_DAYS)])
