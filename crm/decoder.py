"""What a VIN says about its vehicle, from the offline copy of NHTSA's vPIC (PyPI `ultravin`).

The only module that knows the vendor. vPIC writes FORD, 328i or GLC-Class; the shop says Ford,
3 Series and GLC, so names are brought into the shop's form here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from crm.vin import SHAPE, normalise

# The vendor's answer takes 15 KB a VIN, so a long list is decoded piece by piece.
_AT_ONCE = 500
_CAPITALS = {"BMW", "GMC", "MINI", "MG", "BYD"}
_ENGINE_SHAPES = {
    "V-Shaped": "V",
    "In-Line": "I",
    "Horizontally opposed (boxer)": "H",
    "W-Shaped": "W",
}


@dataclass(frozen=True)
class Decoded:
    """A decoded vehicle; texts are empty where vPIC says nothing.

    `engine` reads like "5.0L V8", "2.0L 4-cyl Diesel" or "Electric". `is_clean` is False when
    vPIC complains, for example about the check digit or an engine that was not offered.
    """

    vin: str
    year: int
    make: str
    model: str
    trim: str
    engine: str
    body: str
    drive: str
    is_clean: bool


def decode(vin: str) -> Decoded | None:
    """What `vin` stands for, or None when it is no VIN or its make, model or year is unknown."""
    return decode_many([vin])[0]


def decode_many(vins: Iterable[str]) -> list[Decoded | None]:
    """`decode` of each, in order; thousands a second on one core."""
    normalised = [normalise(vin) for vin in vins]
    shaped = list({vin for vin in normalised if SHAPE.fullmatch(vin)})
    found: dict[str, Decoded | None] = {}
    for start in range(0, len(shaped), _AT_ONCE):
        found |= _decode_some(shaped[start : start + _AT_ONCE])
    return [found.get(vin) for vin in normalised]


def _decode_some(vins: list[str]) -> dict[str, Decoded | None]:
    # Imported late: the vendor's tables take 30 MB, which only processes that decode should pay.
    import ultravin

    raw = ultravin.decode_batch(vins)
    return {vin: _read(vin, facts) for vin, facts in zip(vins, raw, strict=True)}


def _read(vin: str, raw: dict[str, Any]) -> Decoded | None:
    facts = {name: _text(value) for name, value in raw["attributes"].items()}
    year = facts.get("Model Year", "")
    make, model = facts.get("Make", ""), facts.get("Model", "")
    if not (year and make and model):
        return None
    make_name = _make_name(make)
    model_name = _model_name(make_name, model, facts.get("Series", ""))
    trim = facts.get("Trim", "")
    if make_name == "BMW" and model_name != model:
        trim = f"{model} {trim}".strip()
    return Decoded(
        vin=vin,
        year=int(year),
        make=make_name,
        model=model_name,
        trim=trim[:50],
        engine=_engine(facts),
        body=facts.get("Body Class", ""),
        drive=facts.get("Drive Type", ""),
        is_clean=raw["error_codes"] == [0],
    )


def _text(value: Any) -> str:
    """vPIC repeats some elements; the first one is the vehicle's own."""
    return str(value[0] if isinstance(value, list) and value else value or "").strip()


def _make_name(name: str) -> str:
    if name in _CAPITALS:
        return name
    return re.sub(r"[A-Z]+", lambda word: word[0].capitalize(), name)


def _model_name(make: str, model: str, series: str) -> str:
    if make == "BMW" and (match := re.fullmatch(r"(\d)-series", series, re.IGNORECASE)):
        return f"{match[1]} Series"
    if make == "Mercedes-Benz" and (match := re.fullmatch(r"([A-Z]{2,})-Class", model)):
        return match[1]
    if make == "Chevrolet" and re.fullmatch(r"Silverado(?: 1500)?(?: LTD)?", model):
        return "Silverado"
    return model


def _engine(facts: dict[str, str]) -> str:
    fuel = facts.get("Fuel Type - Primary", "")
    if fuel == "Electric":
        return "Electric"
    litres, cylinders = (
        facts.get("Displacement (L)", ""),
        facts.get("Engine Number of Cylinders", ""),
    )
    shape = _ENGINE_SHAPES.get(facts.get("Engine Configuration", ""))
    parts = [
        f"{float(litres):.1f}L" if litres else "",
        (f"{shape}{cylinders}" if shape else f"{cylinders}-cyl") if cylinders else "",
        fuel if fuel not in ("", "Gasoline") else "",
    ]
    return " ".join(part for part in parts if part)
