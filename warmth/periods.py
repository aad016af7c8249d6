"""How often each report is made. Standard library only."""

from datetime import date, timedelta


def begin_of(kind: str, day: date) -> date:
    """The first day of the period in which `day` lies: a quarter for adjustments, a month for
    weights, a day for the distribution, else a week that begins on Monday.

    A report that is made later than on that day, because nothing ran then, still is this period's.
    """
    if kind == "adjustments":
        return day.replace(month=day.month - (day.month - 1) % 3, day=1)
    if kind == "weights":
        return day.replace(day=1)
    return day if kind == "distribution" else day - timedelta(days=day.weekday())
