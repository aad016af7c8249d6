"""The appointment book of one day as rows of bays and columns of quarter hours."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

STEP = timedelta(minutes=15)


@dataclass(frozen=True)
class Cell:
    """`span` quarter hours from `start`: taken by `visit`, or free (None)."""

    start: datetime
    span: int
    visit: dict[str, Any] | None


@dataclass(frozen=True)
class Lane:
    """One row: a bay, or the visits without one. Its cells fill the day without a gap."""

    name: str
    title: str
    cells: list[Cell]


@dataclass(frozen=True)
class Grid:
    """`hours` are the column heads, each with the number of quarter hours that it spans."""

    day: date
    hours: list[tuple[datetime, int]]
    lanes: list[Lane]


def grid_of(
    day: date,
    opens: datetime,
    closes: datetime,
    bays: list[tuple[str, str]],
    visits: list[dict[str, Any]],
    *,
    without_bay: str,
) -> Grid:
    """The grid from `opens` to `closes`, widened to the visits that reach beyond.

    `bays` are (code, name); `visits` have `starts_at`, `ends_at`, `service_bay_id`. Visits that
    overlap, which only those without a bay can, go to lanes of their own.
    """
    first = _down(min([opens, *(visit["starts_at"] for visit in visits)]))
    last = _up(max([closes, *(visit["ends_at"] for visit in visits)]), first)
    lanes = []
    for code, name in bays:
        own = [visit for visit in visits if visit["service_bay_id"] == code]
        lanes += [Lane(code, name, cells) for cells in _packed(own, first, last)]
    known = {code for code, _name in bays}
    others = [visit for visit in visits if visit["service_bay_id"] not in known]
    if others:
        lanes += [Lane("-", without_bay, cells) for cells in _packed(others, first, last)]
    return Grid(day, _hours(first, last), lanes)


def _packed(visits: list[dict[str, Any]], first: datetime, last: datetime) -> list[list[Cell]]:
    """Cells of as many lanes as the visits need side by side, at least one."""
    lanes: list[list[dict[str, Any]]] = [[]]
    for visit in sorted(visits, key=lambda visit: visit["starts_at"]):
        for lane in lanes:
            if not lane or _up(lane[-1]["ends_at"], first) <= _down(visit["starts_at"]):
                lane.append(visit)
                break
        else:
            lanes.append([visit])
    return [_cells(lane, first, last) for lane in lanes]


def _cells(visits: list[dict[str, Any]], first: datetime, last: datetime) -> list[Cell]:
    cells: list[Cell] = []
    at = first
    for visit in visits:
        starts, ends = _down(visit["starts_at"]), _up(visit["ends_at"], first)
        cells += _free(at, starts)
        cells.append(Cell(starts, max((ends - starts) // STEP, 1), visit))
        at = max(ends, starts + STEP)
    return cells + _free(at, last)


def _free(start: datetime, end: datetime) -> list[Cell]:
    """Free time in pieces that end at full hours: each is a place to book."""
    pieces = []
    while start < end:
        stop = min(end, start + timedelta(hours=1) - timedelta(minutes=start.minute))
        pieces.append(Cell(start, (stop - start) // STEP, None))
        start = stop
    return pieces


def _hours(first: datetime, last: datetime) -> list[tuple[datetime, int]]:
    return [(cell.start, cell.span) for cell in _free(first, last)]


def _down(moment: datetime) -> datetime:
    return moment - timedelta(
        minutes=moment.minute % 15, seconds=moment.second, microseconds=moment.microsecond
    )


def _up(moment: datetime, first: datetime) -> datetime:
    lower = _down(moment)
    return max(lower if lower == moment else lower + STEP, first)
