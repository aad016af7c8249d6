"""The grid of one day: cells without gap or overlap."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.calendar_grid import Grid, grid_of

ZONE = ZoneInfo("America/New_York")
OPENS = datetime(2026, 11, 24, 7, 30, tzinfo=ZONE)
CLOSES = datetime(2026, 11, 24, 18, 0, tzinfo=ZONE)


def visit(start: int, minutes: int, bay: str | None = "B1") -> dict[str, Any]:
    """`start` in minutes after opening, negative before it."""
    begins = OPENS + timedelta(minutes=start)
    return {
        "starts_at": begins,
        "ends_at": begins + timedelta(minutes=minutes),
        "service_bay_id": bay,
    }


def grid(*visits: dict[str, Any]) -> Grid:
    return grid_of(
        OPENS.date(),
        OPENS,
        CLOSES,
        [("B1", "One"), ("B2", "Two")],
        list(visits),
        without_bay="None",
    )


def test_grid_empty_day_is_42_quarters_in_each_bay() -> None:
    empty = grid()
    assert [sum(cell.span for cell in lane.cells) for lane in empty.lanes] == [42, 42]
    assert [hour.hour for hour, _span in empty.hours] == list(range(7, 18))
    assert empty.hours[0][1] == 2


@pytest.mark.parametrize(
    ("start", "minutes", "span"), [(0, 60, 4), (0, 61, 5), (7, 60, 5), (15, 5, 1), (-30, 60, 4)]
)
def test_grid_visit_spans_the_quarters_it_touches(start: int, minutes: int, span: int) -> None:
    cells = grid(visit(start, minutes)).lanes[0].cells
    assert [cell.span for cell in cells if cell.visit] == [span]


def test_grid_visits_without_bay_that_overlap_stand_in_lanes_of_their_own() -> None:
    lanes = grid(visit(0, 60, None), visit(30, 60, None), visit(90, 30, None)).lanes
    assert [lane.name for lane in lanes] == ["B1", "B2", "-", "-"]
    assert [sum(cell.visit is not None for cell in lane.cells) for lane in lanes] == [0, 0, 2, 1]


@given(
    st.lists(
        st.tuples(st.integers(-120, 700), st.integers(5, 240), st.sampled_from(["B1", "B2", None])),
        max_size=12,
    )
)
def test_grid_lanes_are_equally_long_and_show_every_visit_once(rows: Any) -> None:
    visits = [visit(*row) for row in rows]
    drawn = grid(*visits)
    assert len({sum(cell.span for cell in lane.cells) for lane in drawn.lanes}) == 1
    shown = [id(cell.visit) for lane in drawn.lanes for cell in lane.cells if cell.visit]
    assert sorted(shown) == sorted(id(row) for row in visits)
    for lane in drawn.lanes:
        for cell, following in zip(lane.cells, lane.cells[1:], strict=False):
            assert cell.start + cell.span * timedelta(minutes=15) == following.start
