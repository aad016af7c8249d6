"""When a daily job is due, over every kind of night."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.calendar import due_date

NEW_YORK = ZoneInfo("America/New_York")
# Ordinary zones, half-hour changes, changes at midnight, none at all, the date line.
ZONES = [
    "America/New_York", "America/Chicago", "America/Phoenix", "America/Havana", "Europe/London",
    "Australia/Lord_Howe", "Asia/Beirut", "America/Scoresbysund", "Asia/Kathmandu", "Pacific/Apia",
    "UTC",
]  # fmt: skip
moments = st.datetimes(
    datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)
)  # fmt: skip
zones = st.sampled_from(ZONES).map(ZoneInfo)
hours, minutes = st.integers(0, 23), st.integers(0, 59)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "hour", "expected"),
    [
        ("2026-11-21T06:59:59", 2, None),  # 01:59:59 in New York
        ("2026-11-21T07:00:00", 2, date(2026, 11, 21)),
        ("2026-11-21T23:00:00", 2, date(2026, 11, 21)),  # missed in the night, caught up
        ("2026-11-22T04:59:00", 2, date(2026, 11, 21)),  # 23:59, the last chance
        ("2026-11-22T05:00:00", 2, None),  # the next local date
        ("2026-11-22T05:00:00", 0, date(2026, 11, 22)),
        ("2026-03-08T06:59:00", 2, None),  # spring: 01:59 EST ...
        ("2026-03-08T07:00:00", 2, date(2026, 3, 8)),  # ... and then it is 03:00 EDT
        ("2026-11-01T05:59:00", 2, None),  # autumn: 01:59 EDT ...
        ("2026-11-01T06:59:00", 2, None),  # ... 01:59 again, EST
        ("2026-11-01T07:00:00", 2, date(2026, 11, 1)),
    ],
)
def test_due_date_in_new_york(now, hour, expected):
    assert due_date(utc(now), zone=NEW_YORK, hour=hour) == expected


def test_due_date_hour_that_comes_twice_is_reached_once_and_stays():
    """01:30 comes at 05:30 and at 06:30 UTC."""
    answers = [
        due_date(
            utc("2026-11-01T05:00") + timedelta(minutes=step), zone=NEW_YORK, hour=1, minute=30
        )
        for step in range(0, 120, 15)
    ]
    assert answers[:2] == [None, None]
    # Between the two comings the wall clock is back at 01:00: nothing is due, the claim stands.
    assert set(answers[2:]) == {date(2026, 11, 1), None}


@given(now=moments, zone=zones, hour=hours, minute=minutes)
def test_due_date_is_todays_local_date_or_none(now, zone, hour, minute):
    local = now.astimezone(zone)
    due = due_date(now, zone=zone, hour=hour, minute=minute)
    assert due in (local.date(), None)
    assert (due is None) == (local.replace(tzinfo=None).time() < time(hour, minute))


@given(start=moments, zone=zones, hour=hours, minute=minutes)
def test_minute_ticks_give_every_local_date_that_has_the_time_or_jumps_it(
    start, zone, hour, minute
):
    """Three days of ticks: dates come in order, none twice after another, none left out."""
    ticks = [start + timedelta(minutes=step) for step in range(0, 3 * 1440, 5)]
    seen = [due for now in ticks if (due := due_date(now, zone=zone, hour=hour, minute=minute))]
    assert seen == sorted(seen)
    whole_days = {now.astimezone(zone).date() for now in ticks}
    whole_days -= {ticks[0].astimezone(zone).date(), ticks[-1].astimezone(zone).date()}
    # A five-minute step can pass over the last minutes of a day.
    if (hour, minute) <= (23, 50):
        assert whole_days <= set(seen)
    assert set(seen) <= whole_days | {seen[0], seen[-1]} if seen else True
