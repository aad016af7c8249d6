"""VINs of Ford trucks and SUVs, drawn from patterns that vPIC decodes to exactly one model.

Real structure means that a generated VIN may by chance belong to a real vehicle.
"""

import csv
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from crm.seeding.columns import Ints, Texts, texts
from crm.seeding.places import rank_within
from crm.seeding.vehicles import check_digits

_FILE = Path(__file__).resolve().parent / "data" / "ford_vin_patterns.csv"

MODELS = ("F-150", "Ranger", "F-250", "F-350", "Explorer", "Expedition")
FIRST_YEAR, LAST_YEAR = 2020, 2023
_YEARS = LAST_YEAR - FIRST_YEAR + 1
# A letter and five digits. `seed_crm` numbers its Fords A to E, so that the two never meet.
_LETTERS = np.frombuffer(b"FGHJK", dtype=np.uint8)
_CAPACITY = len(_LETTERS) * 100_000
_STRIDE = 104_729  # coprime to the capacity, so that neighbours get numbers far apart
# The golden section of the capacity: whatever the number of seeds, they begin far apart.
_SEED_STEP = 309_017


@dataclass(frozen=True)
class Body:
    """One vehicle that Ford built: the VIN but for check digit and serial, and its words."""

    model: int
    year: int
    stem: str
    trim: str
    engine: str
    weight: float


@lru_cache(maxsize=1)
def bodies() -> tuple[Body, ...]:
    """All bodies of the pattern file, those of one model and year side by side.

    A pattern's weight is its share of a model's production, spread evenly over its options.
    """
    with _FILE.open(newline="", encoding="utf-8") as file:
        found = [body for row in csv.DictReader(file) for body in _bodies(row)]
    return tuple(sorted(found, key=lambda body: (body.model, body.year)))


def _bodies(row: dict[str, str]) -> list[Body]:
    options = [
        (fourth, *engine.split("=", 1), plant.partition("=")[0])
        for fourth in row["pos4_options"].split("|")
        for engine in row["pos8_engine_options"].split("|")
        for plant in row["pos11_plant_options"].split("|")
    ]
    return [
        Body(
            model=MODELS.index(row["model"]),
            year=int(row["model_year"]),
            stem=f"{row['wmi']}{fourth}{row['pos5_7']}{eighth}0{row['pos10']}{plant}000000",
            trim=row["body_drive"],
            engine=engine,
            weight=float(row["weight"]) / len(options),
        )
        for fourth, eighth, engine, plant in options
    ]


class FordVins:
    """Gives out VINs for models and model years, none twice in a run.

    Raises ValueError when a make of truck or SUV has no serial left in a model year, which
    takes more than a million leads.
    """

    def __init__(self, seed: int) -> None:
        known = bodies()
        self.trim = texts([body.trim for body in known])
        self.engine = texts([body.engine for body in known])
        self._stems = np.frombuffer(
            "".join(body.stem for body in known).encode(), dtype=np.uint8
        ).reshape(-1, 17)
        group = np.array([_group(body.model, body.year) for body in known])
        self._begin = np.searchsorted(group, np.arange(len(MODELS) * _YEARS))
        self._end = np.searchsorted(group, np.arange(len(MODELS) * _YEARS), side="right")
        self._reach = np.concatenate([[0.0], np.cumsum([body.weight for body in known])])
        # Serials are counted by manufacturer code and year, so that the last eight differ too.
        series = sorted({(body.stem[:3], body.year) for body in known})
        self._series = np.array([series.index((body.stem[:3], body.year)) for body in known])
        self._start = np.array(
            [zlib.crc32(f"{wmi}{year}".encode()) + seed * _SEED_STEP for wmi, year in series]
        )
        self._given = np.zeros(len(series), dtype=np.int64)

    def draw(self, rng: np.random.Generator, model: Ints, year: Ints) -> tuple[Ints, Texts]:
        """(body, VIN) for each index of MODELS and model year; `trim` and `engine` go by body."""
        group = _group(model, year)
        low, high = self._reach[self._begin[group]], self._reach[self._end[group]]
        drawn = low + rng.random(len(model)) * (high - low)
        body = np.searchsorted(self._reach, drawn, side="right") - 1
        body = np.clip(body, self._begin[group], self._end[group] - 1)
        vin = self._stems[body].copy()
        self._write_serials(vin, self._series[body])
        vin[:, 8] = check_digits(vin)
        return body, texts(np.ascontiguousarray(vin).view("S17")[:, 0].astype(str).tolist())

    def _write_serials(self, vin: np.ndarray, series: Ints) -> None:
        ordinal = self._given[series] + rank_within(series)
        self._given += np.bincount(series, minlength=len(self._given))
        if (self._given > _CAPACITY).any():
            raise ValueError(f"A model year has only {_CAPACITY:,} serials.")
        serial = (self._start[series] + ordinal) * _STRIDE % _CAPACITY
        vin[:, 11] = _LETTERS[serial // 100_000]
        for place, power in enumerate((10_000, 1_000, 100, 10, 1), start=12):
            vin[:, place] = ord("0") + serial // power % 10


def _group(model: Ints | int, year: Ints | int) -> Ints:
    return np.asarray(model * _YEARS + year - FIRST_YEAR)
