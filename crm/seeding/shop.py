"""The shop as the generator sees it, and the book of free slots that keeps visits apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from crm.seeding.columns import Bools, Ints, day_number
from crm.seeding.places import rank_within

SLOT_MINUTES = 105
LONGEST_VISIT = 90


@dataclass(frozen=True)
class Lane:
    """A bay with the technician who works in it; `categories` empty for all."""

    bay: str
    technician_id: str
    technician: str
    categories: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Taken:
    """An appointment that occupies a bay or technician already."""

    start: datetime
    end: datetime
    bay: str | None
    technician_id: str | None


@dataclass(frozen=True)
class Shop:
    """`advisors` are (key, name); `hours` by weekday (0 Monday), a missing one is closed;
    `special` overrides single dates, None closes them."""

    zone: ZoneInfo
    advisors: Sequence[tuple[int, str]]
    lanes: Sequence[Lane]
    hours: Mapping[int, tuple[time, time]]
    special: Mapping[date, tuple[time, time] | None] = field(default_factory=dict)
    taken: Sequence[Taken] = ()

    def hours_on(self, day: date) -> tuple[time, time] | None:
        return self.special[day] if day in self.special else self.hours.get(day.weekday())


class Book:
    """Slots from `first` to `last`, each given out once.

    A slot is one lane for SLOT_MINUTES; lanes of odd number begin a quarter later. Only a
    share of each day's slots is given out: `fill[n]` on the n-th day after `first`.
    """

    def __init__(self, shop: Shop, first: date, last: date, fill: np.ndarray) -> None:
        self._first = day_number(first)
        days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
        opening = [_opening(shop, day) for day in days]
        is_open = np.array([minutes > 0 for _, minutes in opening], dtype=bool)
        self._open_before = np.maximum.accumulate(np.where(is_open, np.arange(len(days)), -1))
        self._opens = np.array([start for start, _ in opening], dtype=np.int64)
        self._lanes = len(shop.lanes)
        free = [self._free(shop, start, length) for start, length in opening]
        width = max((len(slots) for slots in free), default=0) + 1
        self._slots = np.full((len(days), width), -1, dtype=np.int64)
        for row, slots in enumerate(free):
            self._slots[row, : len(slots)] = slots
        sizes = np.array([len(slots) for slots in free])
        self._limit = np.floor(sizes * fill).astype(np.int64)
        self._given = np.zeros(len(days), dtype=np.int64)

    def covers(self, days: Ints) -> Bools:
        return (days >= self._first) & (days < self._first + len(self._given))

    def allot(self, days: Ints, wanted: Bools) -> tuple[Ints, Ints]:
        """(lane, begin in epoch minutes) for each row, lane -1 where not wanted, outside the
        book or full."""
        lane = np.full(len(days), -1, dtype=np.int64)
        begin = np.zeros(len(days), dtype=np.int64)
        (rows,) = np.nonzero(wanted & self.covers(days))
        offset = days[rows] - self._first
        rank = self._given[offset] + rank_within(offset)
        fits = rank < self._limit[offset]
        rows, offset, rank = rows[fits], offset[fits], rank[fits]
        self._given += np.bincount(offset, minlength=len(self._given))
        slot = self._slots[offset, rank]
        lane[rows] = slot % max(self._lanes, 1)
        begin[rows] = (
            self._opens[offset] + slot // max(self._lanes, 1) * SLOT_MINUTES + lane[rows] % 2 * 15
        )
        return lane, begin

    def open_day(self, days: Ints, low: Ints) -> Ints:
        """The last open day up to each of `days`; the day itself where that would be before
        `low` or before the book begins."""
        offset = np.where(self.covers(days), days - self._first, 0)
        moved = self._open_before[offset] + self._first
        usable = self.covers(days) & (moved >= np.maximum(low, self._first))
        return np.where(usable, moved, days)

    def _free(self, shop: Shop, opens: int, minutes: int) -> Ints:
        """Slots of one day in the order in which they are given out: spread over day and lanes."""
        count = minutes // SLOT_MINUTES * self._lanes
        order = np.arange(count, dtype=np.int64)
        stride = next((s for s in (19, 17, 13, 11, 7, 5, 3) if count % s), 1)
        order = order * stride % count if count else order
        today = [
            taken
            for taken in shop.taken
            if _minutes(taken.start) < opens + minutes and _minutes(taken.end) > opens
        ]
        busy = {
            slot
            for slot in order.tolist()
            for taken in today
            if _touches(shop.lanes[slot % self._lanes], taken)
            and _minutes(taken.start) < opens + (slot // self._lanes + 1) * SLOT_MINUTES
            and _minutes(taken.end) > opens + slot // self._lanes * SLOT_MINUTES
        }
        return order[[slot not in busy for slot in order.tolist()]] if busy else order


def _opening(shop: Shop, day: date) -> tuple[int, int]:
    """(opening in epoch minutes, minutes open), (0, 0) when closed."""
    hours = shop.hours_on(day)
    if hours is None or not shop.lanes:
        return 0, 0
    opens, closes = (
        _minutes(datetime.combine(day, wall, tzinfo=shop.zone).astimezone(UTC)) for wall in hours
    )
    return opens, closes - opens


def _minutes(instant: datetime) -> int:
    return int(instant.timestamp()) // 60


def _touches(lane: Lane, taken: Taken) -> bool:
    return taken.bay == lane.bay or taken.technician_id == lane.technician_id
