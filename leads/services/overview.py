"""What a filtered list of leads is worth and where it is: totals, risk histogram, grid of towns.

One statement over at most MOST_LEADS rows, the most urgent ones, so that its time has a bound.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection

from leads.enums import ContactUrgency
from leads.querysets import LeadRecordQuerySet

MOST_LEADS = 100_000
BINS = 10
# Towns of a state that are shown by name; the others are told as one figure.
TOWNS_SHOWN = 6
_COLUMNS = (
    "state", "city", "contact_urgency", "posterior_probability", "total_opportunity",
    "expected_value",
)  # fmt: skip


@dataclass
class Count:
    """Some leads, and how many of them are high risks."""

    leads: int = 0
    high: int = 0

    def add(self, leads: int, urgency: str) -> None:
        self.leads += leads
        self.high += leads if urgency == ContactUrgency.IMMEDIATE else 0

    @property
    def high_percent(self) -> int:
        return (200 * self.high + self.leads) // (2 * self.leads) if self.leads else 0


@dataclass
class Place:
    """A state with its towns, those with most leads first; `others` are the towns not shown."""

    state: str
    count: Count
    towns: list[tuple[str, Count]]
    others: Count


@dataclass
class Overview:
    """`is_capped` says that there are more leads than MOST_LEADS. `bins` counts leads by
    posterior: 0 to 10 %, 10 to 20 % and so on."""

    is_capped: bool
    leads: int = 0
    opportunity: int = 0
    expected_value: Decimal = Decimal(0)
    by_urgency: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ContactUrgency, 0))
    bins: list[int] = field(default_factory=lambda: [0] * BINS)
    places: list[Place] = field(default_factory=list)


def overview(records: LeadRecordQuerySet) -> Overview:
    """Totals of `records`; one query, two where there are more than MOST_LEADS."""
    # Which rows are taken matters only when not all are: the order costs as much as the rest.
    rows = _grouped(records.order_by()[: MOST_LEADS + 1])
    is_capped = sum(row[4] for row in rows) > MOST_LEADS
    if is_capped:
        rows = _grouped(records.order_by("-urgency_score", "-lead_id")[:MOST_LEADS])
    found = Overview(is_capped=is_capped)
    towns: dict[str, dict[str, Count]] = defaultdict(lambda: defaultdict(Count))
    for state, city, urgency, place, leads, opportunity, expected in rows:
        found.leads += leads
        found.opportunity += opportunity
        found.expected_value += expected
        found.by_urgency[urgency] += leads
        found.bins[min(place, BINS - 1)] += leads
        towns[state or ""][city or ""].add(leads, urgency)
    found.places = [_place(state, towns[state]) for state in sorted(towns)]
    return found


def _place(state: str, towns: dict[str, Count]) -> Place:
    ranked = sorted(towns.items(), key=lambda town: (-town[1].leads, town[0]))
    shown = [town for town in ranked if town[0]][:TOWNS_SHOWN]
    named = {city for city, _ in shown}
    others = [count for city, count in ranked if city not in named]
    return Place(state, _sum(towns.values()), shown, _sum(others))


def _sum(counts: Any) -> Count:
    total = Count()
    for count in counts:
        total.leads += count.leads
        total.high += count.high
    return total


def _grouped(records: LeadRecordQuerySet) -> list[Any]:
    """Rows of state, city, urgency, bin, leads, opportunity and expected value."""
    few, values = records.values_list(*_COLUMNS).query.sql_with_params()
    statement = f"""
        SELECT state, city, contact_urgency, floor(posterior_probability * {BINS})::int,
               count(*), sum(total_opportunity)::bigint, sum(expected_value)
        FROM ({few}) AS leads ({", ".join(_COLUMNS)})
        GROUP BY 1, 2, 3, 4
    """  # noqa: S608  (names of our own; the filters' values are parameters)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
