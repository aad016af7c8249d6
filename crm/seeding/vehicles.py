"""VINs and vehicles: make, model and year come from patterns that vPIC knows, never apart."""

import csv
import re
import zlib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np

from crm.seeding.columns import Ints, Texts, pick, texts
from crm.seeding.places import rank_within
from crm.vin import VALUES, WEIGHTS

_FILE = Path(__file__).resolve().parent.parent / "data" / "crm_vin_patterns.csv"
FIRST_YEAR, LAST_YEAR = 2010, 2024
# Ford: A00000-E99999, others: 100000-599999. (first, how many); demonstration data has its own,
# so that a demo and a generated batch in one database cannot meet.
_SERIALS, _DEMO_SERIALS = (0, 450_000), (450_000, 50_000)
_STRIDE = 104_729
_SEED_STEP = 10_007


@dataclass(frozen=True)
class Pattern:
    """One line of the pattern file. `options` are (place 4, place 8, place 11, engine)."""

    make: str
    model: str
    year: int
    wmi: str
    series: str
    year_code: str
    options: tuple[tuple[str, str, str, str], ...]


@lru_cache(maxsize=1)
def patterns() -> tuple[Pattern, ...]:
    with _FILE.open(newline="") as file:
        return tuple(_pattern(row) for row in csv.DictReader(file))


def _pattern(row: dict[str, str]) -> Pattern:
    engines = [cell.partition("=") for cell in row["pos8_engine_options"].split("|")]
    plants = [cell.partition("=")[0] for cell in row["pos11_plant_options"].split("|")]
    return Pattern(
        make=row["make"],
        model=row["model"],
        year=int(row["model_year"]),
        wmi=row["wmi"],
        series=row["pos5_7"],
        year_code=row["pos10"],
        options=tuple(
            (fourth, engine, plant, _engine_name(description))
            for fourth in row["pos4_options"].split("|")
            for engine, _, description in engines
            for plant in plants
        ),
    )


def _engine_name(description: str) -> str:
    """ "3.474L 6cyl J35Z8" -> "3.5L 6-cyl"; empty when the file does not say."""
    match = re.match(r"([\d.]+)L (\d+)cyl", description)
    return f"{float(match[1]):.1f}L {match[2]}-cyl" if match else ""


class VinPool:
    """Draws vehicles as the seed does: make, then its model, then a year it was built in.

    Model years up to that of the day `before` are drawn; ValueError when the pattern file has
    none. No VIN is given out twice.
    """

    def __init__(self, *, seed: int, before: date, demo: bool = False) -> None:
        known = [p for p in patterns() if p.year <= min(LAST_YEAR, before.year)]
        if not known:
            raise ValueError(f"No model year of the pattern file lies before {before}.")
        self._base, self._capacity = _DEMO_SERIALS if demo else _SERIALS
        self._weights = _seed_weights(known)
        combinations = [(p, option) for p in known for option in p.options]
        self._first = np.cumsum([0] + [len(p.options) for p in known[:-1]])
        self._sizes = np.array([len(p.options) for p in known])
        bodies = [
            f"{p.wmi}{fourth}{p.series}{engine}0{p.year_code}{plant}000000"
            for p, (fourth, engine, plant, _) in combinations
        ]
        self._bodies = np.frombuffer("".join(bodies).encode(), dtype=np.uint8).reshape(-1, 17)
        groups = sorted({(p.wmi, p.year) for p in known})
        self._group = np.array([groups.index((p.wmi, p.year)) for p in known])
        # Each group begins elsewhere, else the last eight would be shared by hundreds.
        self._start = np.array(
            [zlib.crc32(f"{wmi}{year}".encode()) + seed * _SEED_STEP for wmi, year in groups]
        )
        self._given = np.zeros(len(groups), dtype=np.int64)
        self.make = texts([p.make for p in known])
        self.model = texts([p.model for p in known])
        self.year = np.array([p.year for p in known])
        self.engine = texts([option[3] for _, option in combinations])

    def draw(self, rng: np.random.Generator, count: int) -> tuple[Ints, Ints, Texts]:
        """(pattern, combination, VIN) of `count` vehicles; index `make`, `model`, `year` by
        pattern and `engine` by combination."""
        pattern = pick(rng, len(self._weights), count, self._weights)
        chosen = self._first[pattern] + (rng.random(count) * self._sizes[pattern]).astype(np.int64)
        vin = self._bodies[chosen].copy()
        self._write_serials(vin, self._group[pattern], self.make[pattern] == "Ford")
        vin[:, 8] = check_digits(vin)
        text = vin.tobytes().decode()
        vins = texts([text[start : start + 17] for start in range(0, 17 * count, 17)])
        return pattern, chosen, vins

    def _write_serials(self, vin: np.ndarray, group: Ints, is_ford: np.ndarray) -> None:
        ordinal = self._given[group] + rank_within(group)
        self._given += np.bincount(group, minlength=len(self._given))
        serial = self._base + (self._start[group] + ordinal) * _STRIDE % self._capacity
        for place, power in enumerate((100_000, 10_000, 1_000, 100, 10, 1), start=11):
            vin[:, place] = ord("0") + serial // power % 10
        vin[:, 11] = np.where(is_ford, ord("A"), ord("1")) + serial // 100_000


def check_digits(vin: np.ndarray) -> np.ndarray:
    """Ninth characters as ASCII codes of (rows, 17) VINs; twin of `crm.vin.check_digit`."""
    remainder = (_TRANSLITERATED[vin] * np.array(WEIGHTS)).sum(axis=1) % 11
    return np.frombuffer(b"0123456789X", dtype=np.uint8)[remainder]


_TRANSLITERATED = np.zeros(256, dtype=np.int64)
for _char, _value in VALUES.items():
    _TRANSLITERATED[ord(_char)] = _value


def _seed_weights(known: list[Pattern]) -> np.ndarray:
    """Uniform over makes, a make's models, a model's years, and a year's patterns."""
    makes = {p.make for p in known}
    models = {(p.make, p.model) for p in known}
    years = {(p.make, p.model, p.year) for p in known}
    return np.array(
        [
            1
            / len(makes)
            / sum(make == p.make for make, _ in models)
            / sum((make, model) == (p.make, p.model) for make, model, _ in years)
            / sum((q.make, q.model, q.year) == (p.make, p.model, p.year) for q in known)
            for p in known
        ]
    )
