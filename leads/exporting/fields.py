"""The fields of an exported lead: the seed's in the seed's order, then what explains them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

Row = Mapping[str, Any]

# What a database row's `source` is called outside.
_SOURCES = {"generated": "synthetic"}
SYNTHETIC = "synthetic"


@dataclass(frozen=True)
class Field:
    """`kind` is text, integer, number, numbers, boolean or date. `section` is where the field
    stands in JSON; `is_seed` marks the fields of the specification."""

    name: str
    section: str
    kind: str
    is_seed: bool = True


def _fields(section: str, is_seed: bool = True, **kinds: str) -> list[Field]:
    return [Field(name, section, kind, is_seed) for name, kind in kinds.items()]


SEED_FIELDS = (
    *_fields(
        "vehicle_identification", vin="text", year="integer", make="text", model="text",
        vehicle_type="text", weight_class="text", current_mileage="integer",
        vehicle_age="integer",
    ),
    *_fields(
        "geographic_data", zip_code="text", city="text", state="text", climate_zone="text",
        temp_winter="integer", temp_summer="integer", temperature_delta="integer",
    ),
    *_fields(
        "stressor_analysis", start_cycles_annual="integer", start_cycle_deviation="number",
        temperature_stress="number", short_trip_percentage="number",
        estimated_cold_starts="integer",
    ),
    *_fields(
        "bayesian_calculations", base_prior="number", adjusted_prior="number",
        active_lrs="numbers", combined_lr="number", posterior_probability="number",
        risk_percentile="integer", urgency_score="integer",
    ),
    *_fields(
        "business_intelligence", primary_service="text", parts_cost="integer",
        service_cost="integer", total_opportunity="integer", contact_urgency="text",
        predicted_failure_window="text",
    ),
    *_fields(
        "customer_data", lead_id="integer", customer_name="text", cohort_assignment="text",
    ),
)  # fmt: skip

FIELDS = (
    *SEED_FIELDS,
    *_fields("geographic_data", False, temperature_swing="integer"),
    *_fields(
        "stressor_analysis", False, start_cycle_z="number", soc_source="text", soc_date="date",
    ),
    *_fields(
        "bayesian_calculations", False, temperature_cycling="boolean",
        ignition_frequency="boolean", soc_decline="boolean", short_trips="boolean",
        is_clamped="boolean", parameters_name="text",
    ),
    *_fields("business_intelligence", False, expected_value="number"),
    *_fields("provenance", False, as_of="date", status="text", source="text"),
)  # fmt: skip

NAMES = tuple(field.name for field in FIELDS)
BY_NAME = {field.name: field for field in FIELDS}
SECTIONS = tuple(dict.fromkeys(field.section for field in FIELDS))


def plain(row: Row) -> dict[str, Any]:
    """`row` with the values that files carry: money as numbers, "synthetic" said; in the order
    of NAMES."""
    values = {name: row[name] for name in NAMES}
    values["source"] = _SOURCES.get(values["source"], values["source"])
    values["expected_value"] = float(values["expected_value"])
    return values


def fault(field: Field, value: Any) -> str:
    """Why `value` cannot stand in `field`, as a phrase; empty when it can (None always can)."""
    if value is None or _CHECKS[field.kind](value):
        return ""
    return f"{field.name} is no {field.kind}: {value!r:.40}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_CHECKS = {
    "text": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": _is_number,
    "numbers": lambda value: isinstance(value, list) and all(map(_is_number, value)),
    "boolean": lambda value: isinstance(value, bool),
    "date": lambda value: isinstance(value, date),
}
