"""The seed's twenty towns of the Southeast: climate in whole degrees, and how many live there."""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import crm
from leads.stressors import half_up, temperature_stress

_FILE = Path(crm.__file__).resolve().parent / "data" / "southeast_climate.csv"

# Millions of people in the metropolitan area, 2020 to 2023; only their ratios matter.
_PEOPLE = {
    "33101": 6.14, "32801": 2.67, "33602": 3.18, "32501": 0.51, "30309": 6.09, "31401": 0.40,
    "31201": 0.23, "29401": 0.80, "29201": 0.83, "28202": 2.66, "27601": 1.41, "28801": 0.47,
    "37201": 1.99, "38101": 1.34, "35203": 1.12, "36104": 0.39, "39201": 0.62, "39501": 0.42,
    "70112": 1.27, "70801": 0.87,
}  # fmt: skip


@dataclass(frozen=True)
class Town:
    """One of the seed's ZIP codes. Temperatures in degrees Fahrenheit, 1981-2010 normals; the
    delta is between the seasons' means, the swing between summer highs and winter lows."""

    zip_code: str
    city: str
    state: str
    climate_zone: str
    temp_winter: int
    temp_summer: int
    temperature_swing: int
    people: float

    @property
    def temperature_delta(self) -> int:
        return self.temp_summer - self.temp_winter

    @property
    def temperature_stress(self) -> float:
        return temperature_stress(swing=self.temperature_swing, temp_summer=self.temp_summer)


@lru_cache(maxsize=1)
def towns() -> tuple[Town, ...]:
    """The twenty, in the order of the climate file."""
    with _FILE.open(newline="", encoding="utf-8") as file:
        return tuple(_town(row) for row in csv.DictReader(file) if row["zip_code"] in _PEOPLE)


def _town(row: dict[str, str]) -> Town:
    whole = {
        name: half_up(float(row[name]))
        for name in ("temp_winter", "temp_summer", "summer_high", "winter_low")
    }
    return Town(
        zip_code=row["zip_code"],
        city=row["city"],
        state=row["state"],
        climate_zone=row["climate_zone"],
        temp_winter=whole["temp_winter"],
        temp_summer=whole["temp_summer"],
        temperature_swing=whole["summer_high"] - whole["winter_low"],
        people=_PEOPLE[row["zip_code"]],
    )
