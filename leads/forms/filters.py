"""The filters of the list as its form shows them: what can be chosen, and what is chosen."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from leads.enums import ClimateZone, ContactUrgency, LeadStatus, VehicleType
from leads.filters import STRESSORS, LeadFilter
from leads.parameters import SEED
from leads.towns import towns


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    chosen: bool


BANDS = [("high", "High risk"), ("medium", "Medium"), ("low", "Low")]


@lru_cache(maxsize=1)
def _offered() -> dict[str, list[tuple[str, Any]]]:
    """Values and labels by filter; what else stands in the address is shown as well."""
    places = towns()
    return {
        "band": BANDS,
        "urgency": list(ContactUrgency.choices),
        "status": list(LeadStatus.choices),
        "state": [(state, state) for state in sorted({town.state for town in places})],
        "type": list(VehicleType.choices),
        "stressor": list(STRESSORS.items()),
    }


@lru_cache(maxsize=1)
def suggestions() -> dict[str, list[str]]:
    """What the text fields suggest; they take every other text too."""
    zones = [*ClimateZone.values, "unknown"]
    return {
        "city": sorted(town.city for town in towns()),
        "model": sorted(SEED.prices),
        "cohort": [f"{kind}_{zone}" for kind in VehicleType.values for zone in zones],
    }


def choices_of(filters: LeadFilter) -> dict[str, Any]:
    """By name of the filter: choices of those with a fixed list, texts of the others (always
    one, perhaps empty), numbers."""
    cleaned = filters.form.cleaned_data
    fixed = {name: _choices(known, cleaned.get(name) or []) for name, known in _offered().items()}
    texts = {name: list(cleaned.get(name) or [""]) for name in suggestions()}
    return fixed | texts | {"suggestions": suggestions()}


def _choices(known: list[tuple[str, Any]], chosen: list[str]) -> list[Choice]:
    extra = [(value, value) for value in chosen if value not in dict(known)]
    return [Choice(value, str(label), value in chosen) for value, label in [*known, *extra]]
