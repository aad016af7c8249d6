"""Southeast towns (data/southeast_climate.csv) with their area codes, and phone numbers."""

import csv
import math
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from crm.exceptions import Refused
from crm.seeding.columns import Ints, Texts, texts

_FILE = Path(__file__).resolve().parent.parent / "data" / "southeast_climate.csv"

# North American Numbering Plan, area codes in service in each town.
_AREA_CODES = {
    "Orlando FL": "407 689", "Tampa FL": "813 656", "Pensacola FL": "850 448",
    "Jacksonville FL": "904 324", "Tallahassee FL": "850 448", "Fort Myers FL": "239",
    "West Palm Beach FL": "561 728", "Daytona Beach FL": "386", "Miami FL": "305 786",
    "Atlanta GA": "404 470 678", "Savannah GA": "912", "Macon GA": "478", "Augusta GA": "706 762",
    "Columbus GA": "706 762", "Athens GA": "706 762", "Charleston SC": "843 854",
    "Columbia SC": "803 839", "Greenville SC": "864", "Charlotte NC": "704 980",
    "Raleigh NC": "919 984", "Asheville NC": "828", "Wilmington NC": "910 472",
    "Greensboro NC": "336 743", "Nashville TN": "615 629", "Memphis TN": "901",
    "Chattanooga TN": "423", "Knoxville TN": "865", "Birmingham AL": "205 659",
    "Montgomery AL": "334", "Huntsville AL": "256 938", "Mobile AL": "251",
    "Jackson MS": "601 769", "Gulfport MS": "228", "Meridian MS": "601 769", "Tupelo MS": "662",
    "New Orleans LA": "504", "Baton Rouge LA": "225", "Shreveport LA": "318",
    "Lake Charles LA": "337",
}  # fmt: skip

# Central office codes that no exchange can have (N11, 958 and 959 for tests, 555): a generated
# number never rings at anybody's. The last one is kept for demonstration data, so that a demo
# and a generated batch in one database cannot meet.
_EXCHANGES = ("211", "311", "411", "511", "611", "711", "811", "958", "959")
_DEMO_EXCHANGES = ("555",)
_LINES = 10_000
_STRIDE = 6_367  # coprime to every capacity, so that neighbours get numbers far apart
_SEED_STEP = 4_001  # numbers of one area code between the beginnings of two seeds


@dataclass(frozen=True)
class Places:
    """Parallel arrays of towns; `weights` says how many customers live in each."""

    city: Texts
    state: Texts
    zip_code: Texts
    weights: np.ndarray
    area_codes: Texts
    area_of_place: tuple[tuple[int, ...], ...]


@lru_cache(maxsize=2)
def load(home: str = "") -> Places:
    """All towns with street delivery, alike, or mostly those around the town `home` ("Atlanta")."""
    with _FILE.open(newline="") as file:
        # A PO box has no street address.
        rows = [row for row in csv.DictReader(file) if row["zip_type"] == "STANDARD"]
    codes = sorted({code for row in rows for code in _codes(row)})
    return Places(
        city=texts([row["city"] for row in rows]),
        state=texts([row["state"] for row in rows]),
        zip_code=texts([row["zip_code"] for row in rows]),
        weights=_weights(rows, home),
        area_codes=texts(codes),
        area_of_place=tuple(tuple(codes.index(code) for code in _codes(row)) for row in rows),
    )


def _codes(row: dict[str, str]) -> list[str]:
    return area_codes(row["city"], row["state"])


def area_codes(city: str, state: str) -> list[str]:
    """The area codes in service in a town of the climate file."""
    return _AREA_CODES[f"{city} {state}"].split()


def _weights(rows: list[dict[str, str]], home: str) -> np.ndarray:
    if not home:
        return np.ones(len(rows))
    (shop,) = [row for row in rows if row["city"] == home]
    return np.array([math.exp(-_miles(row, shop) / 60) for row in rows])


def _miles(one: dict[str, str], other: dict[str, str]) -> float:
    north = (float(one["lat"]) - float(other["lat"])) * 69.0
    east = (float(one["lon"]) - float(other["lon"])) * 69.0 * math.cos(math.radians(33))
    return math.hypot(north, east)


class PhoneNumbers:
    """E.164 numbers, each given out once, of area codes that belong to their town."""

    def __init__(self, places: Places, *, seed: int, demo: bool) -> None:
        self._places = places
        self._exchanges = texts(_DEMO_EXCHANGES if demo else _EXCHANGES)
        self._capacity = len(self._exchanges) * _LINES
        # Each area code begins elsewhere, else the last seven digits would be shared by dozens.
        self._start = np.array(
            [zlib.crc32(code.encode()) + seed * _SEED_STEP for code in places.area_codes]
        )
        self._given = np.zeros(len(places.area_codes), dtype=np.int64)

    def draw(self, rng: np.random.Generator, place: Ints) -> Texts:
        """One number for each place; raises Refused when an area code has none left."""
        choice = rng.random(len(place))
        area = np.array(
            [
                codes[int(share * len(codes))]
                for share, codes in zip(
                    choice.tolist(),
                    map(self._places.area_of_place.__getitem__, place.tolist()),
                    strict=True,
                )
            ],
            dtype=np.int64,
        )
        ordinal = self._given[area] + rank_within(area)
        self._given += np.bincount(area, minlength=len(self._given))
        if (self._given > self._capacity).any():
            raise Refused(
                f"An area code has only {self._capacity:,} telephone numbers that are nobody's.",
                code="numbers_exhausted",
                remedy="Generate fewer customers at once.",
            )
        spread = (self._start[area] + ordinal) * _STRIDE % self._capacity
        line = spread % _LINES
        return (
            "+1"
            + self._places.area_codes[area]
            + self._exchanges[spread // _LINES]
            + texts([f"{number:04d}" for number in line.tolist()])
        )


def rank_within(groups: Ints) -> Ints:
    """How many equal elements stand before each one: [5, 7, 5] -> [0, 0, 1]."""
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    begins = np.searchsorted(ordered, ordered, side="left")
    ranks = np.empty(len(groups), dtype=np.int64)
    ranks[order] = np.arange(len(groups)) - begins
    return ranks
