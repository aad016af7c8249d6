"""What-if: the score of vehicles that need not be stored, and are not stored by this."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from crm import vin as vins
from crm.decoder import Decoded, decode_many
from leads import stressors
from leads.assessment import Assessment, Facts, assess
from leads.classes import vehicle_type
from leads.climate import Climate, nearest
from leads.enums import EvidenceSource
from leads.importing.states import state_of
from leads.models import ScoringParameters
from leads.services.syncing import climates

Row = Mapping[str, Any]
_EVIDENCE = ("start_cycles_annual", "short_trip_percentage", "soc_decline")


class VehiclesRefused(Exception):  # noqa: N818  (an answer, not an error)
    """`faults` has for each vehicle that cannot be scored {index: {field: sentence}}, the index
    as text."""

    def __init__(self, faults: dict[str, dict[str, str]]) -> None:
        super().__init__(f"{len(faults)} vehicles cannot be scored.")
        self.faults = faults


@dataclass(frozen=True)
class WhatIf:
    """What one vehicle was understood to be, and its score. `climate` is None outside the
    towns that are known."""

    vin: str
    year: int | None
    make: str
    model: str
    facts: Facts
    climate: Climate | None
    assessment: Assessment


def score(vehicles: Sequence[Row], *, parameters: ScoringParameters, as_of: date) -> list[WhatIf]:
    """The scores of `vehicles` in their order, by the formula and without a place among others.

    A vehicle is {"vin"} or {"vehicle_type" or "model", "year"}, and may have "make",
    "current_mileage", "zip_code", "start_cycles_annual", "short_trip_percentage" (0 to 1),
    "soc_decline" with "soc_source" and "soc_date". What is stated wins over what the VIN says.
    One query at any number. Raises VehiclesRefused with the faults of all of them.
    """
    values, towns = parameters.values(), climates()
    decoded = decode_many([row.get("vin", "") for row in vehicles])
    faults = {
        str(number): found
        for number, (row, known) in enumerate(zip(vehicles, decoded, strict=True))
        if (found := _faults(row, known, as_of))
    }
    if faults:
        raise VehiclesRefused(faults)
    results = []
    for row, known in zip(vehicles, decoded, strict=True):
        climate = nearest(row.get("zip_code"), state_of(row.get("zip_code")), towns)
        facts = _facts(row, known, climate, as_of)
        results.append(
            WhatIf(
                vin=vins.normalise(row.get("vin", "")),
                year=_year(row, known),
                make=row.get("make") or (known.make if known else ""),
                model=facts.model,
                facts=facts,
                climate=climate,
                assessment=assess(facts, values, as_of=as_of),
            )
        )
    return results


def _faults(row: Row, known: Decoded | None, as_of: date) -> dict[str, str]:
    faults = {}
    if row.get("vin"):
        problem = vins.problem(vins.normalise(row["vin"]), row.get("year"))
        if problem:
            faults["vin"] = problem
    elif not (row.get("vehicle_type") or row.get("model")):
        faults["vin"] = "Name a VIN, or the vehicle's type or model."
    if not faults and _type(row, known) is None:
        faults["vehicle_type"] = "Neither VIN nor model says which type this is; name it."
    if row.get("soc_date") and row["soc_date"] > as_of:
        faults["soc_date"] = "This day is yet to come."
    return faults


def _type(row: Row, known: Decoded | None) -> str | None:
    stated = row.get("vehicle_type")
    return stated or vehicle_type(_model(row, known), known.body if known else "")


def _model(row: Row, known: Decoded | None) -> str:
    return row.get("model") or (known.model if known else "")


def _year(row: Row, known: Decoded | None) -> int | None:
    stated: int | None = row.get("year")
    return stated or (known.year if known else None)


def _facts(row: Row, known: Decoded | None, climate: Climate | None, as_of: date) -> Facts:
    kind, year = str(_type(row, known)), _year(row, known)
    is_measured = row.get("soc_decline") is not None
    return Facts(
        vehicle_type=kind,
        model=_model(row, known),
        cohort=f"{kind}_{climate.climate_zone if climate else 'unknown'}",
        current_mileage=row.get("current_mileage"),
        vehicle_age=stressors.vehicle_age(year=year, as_of=as_of) if year else None,
        temperature_swing=climate.temperature_swing if climate else None,
        temperature_stress=climate.temperature_stress if climate else None,
        soc_source=row.get("soc_source", EvidenceSource.BATTERY_TEST) if is_measured else None,
        soc_date=row.get("soc_date", as_of) if is_measured else None,
        **{name: row.get(name) for name in _EVIDENCE},
    )
