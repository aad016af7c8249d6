"""Which climate a ZIP has: that of its own station town, else of a near one, else unknown."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar


@dataclass(frozen=True)
class Climate:
    """Normals of a station's town: `zip_code` is the town's, temperatures are whole degrees
    Fahrenheit, `temperature_stress` is 0 to 0.5."""

    zip_code: str
    state: str
    climate_zone: str
    temp_winter: int
    temp_summer: int
    temperature_swing: int
    temperature_stress: float


C = TypeVar("C", bound=Climate)


def nearest(zip_code: str | None, state: str | None, known: Iterable[C]) -> C | None:
    """The climate for `zip_code`: the same ZIP, else the closest number among the ZIPs with the
    same first three digits (one mail sorting centre), else the closest number in the same state.

    ZIP numbers grow along the mail routes, so the closest number is a near town, not always the
    nearest. None outside the states that `known` covers, and without a ZIP or state.
    """
    five = (zip_code or "")[:5]
    if not five.isdigit() or len(five) != 5:
        return None
    towns = list(known)
    near = [town for town in towns if town.zip_code[:3] == five[:3]]
    near = near or [town for town in towns if town.state == state]
    return min(
        near, key=lambda town: (abs(int(town.zip_code) - int(five)), town.zip_code), default=None
    )
