"""Days on which Alabama and Louisiana forbid telephone solicitation beside Sundays.

Legal holidays: Alabama Code 1-3-8, Louisiana R.S. 1:55. Legislatures and governors change these
lists, so this is the union of both, with the day kept in place of a holiday that falls on a
weekend. Not to call on one of these days costs a day; to call on one that was forgotten here is
an offence. Standard library only.
"""

from datetime import date, timedelta
from functools import lru_cache

MONDAY, TUESDAY, THURSDAY, SATURDAY, SUNDAY = 0, 1, 3, 5, 6


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    epact = (
        19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15
    ) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    shift = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)


def nth(year: int, month: int, weekday: int, number: int) -> date:
    """The `number`-th such weekday of a month; -1 is the last one."""
    if number < 0:
        last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))


@lru_cache(maxsize=32)
def legal_holidays(year: int) -> dict[date, str]:
    """Holidays that begin or are kept in `year`, by date."""
    names = {
        date(year, 1, 1): "New Year's Day",
        nth(year, 1, MONDAY, 3): "Martin Luther King Jr. Day",
        nth(year, 2, MONDAY, 3): "Presidents' Day",
        easter(year) - timedelta(days=47): "Mardi Gras",
        easter(year) - timedelta(days=2): "Good Friday",
        nth(year, 4, MONDAY, 4): "Confederate Memorial Day",
        nth(year, 5, MONDAY, -1): "Memorial Day",
        nth(year, 6, MONDAY, 1): "Jefferson Davis' birthday",
        date(year, 6, 19): "Juneteenth",
        date(year, 7, 4): "Independence Day",
        nth(year, 9, MONDAY, 1): "Labor Day",
        nth(year, 10, MONDAY, 2): "Columbus Day",
        date(year, 11, 11): "Veterans Day",
        nth(year, 11, THURSDAY, 4): "Thanksgiving Day",
        nth(year, 11, THURSDAY, 4) + timedelta(days=1): "day after Thanksgiving",
        date(year, 12, 25): "Christmas Day",
    }
    if year % 2 == 0:
        names[nth(year, 11, MONDAY, 1) + timedelta(days=1)] = "general election day"
    kept = {}
    for day, name in [*names.items(), (date(year + 1, 1, 1), "New Year's Day")]:
        if day.weekday() == SATURDAY:
            kept[day - timedelta(days=1)] = f"{name} (observed)"
        elif day.weekday() == SUNDAY:
            kept[day + timedelta(days=1)] = f"{name} (observed)"
    return kept | names


def holiday_name(day: date) -> str:
    """The holiday on `day`; "" when it is none."""
    return legal_holidays(day.year).get(day, "")
