"""Generated leads as rows for the exports, without a database."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np

from crm.seeding import names
from crm.seeding.columns import Ints, Texts, texts
from leads import generator, stressors
from leads.arrays import ScoreColumns
from leads.enums import EvidenceSource, LeadSource, LeadStatus
from leads.exporting.fields import NAMES, Row
from leads.generator import TYPES, Block, Plan
from leads.parameters import EVIDENCE, SEED, Parameters
from leads.towns import towns
from leads.vins import MODELS

MAKE = "Ford"
WEIGHT_CLASSES = ("light", "midweight", "light")  # of TYPES
_TYPES, _WEIGHTS, _MODELS = texts(TYPES), texts(WEIGHT_CLASSES), texts(MODELS)


def rows(plan: Plan, parameters: Parameters = SEED) -> Iterator[Row]:
    """The leads of `plan`, one mapping each with the names of `fields.NAMES` in their order."""
    for block in generator.blocks(plan, parameters):
        columns = block_columns(block, plan.as_of, parameters)
        for values in zip(*(columns[name] for name in NAMES), strict=True):
            yield dict(zip(NAMES, values, strict=True))


def block_columns(block: Block, as_of: date, parameters: Parameters) -> dict[str, list[Any]]:
    """Every exported field of a block as a list of plain values."""
    same = {
        "make": MAKE, "soc_source": EvidenceSource.SIMULATED.value, "soc_date": as_of,
        "as_of": as_of, "status": LeadStatus.NEW.value, "source": LeadSource.GENERATED.value,
        "parameters_name": parameters.name,
    }  # fmt: skip
    subsets = lr_subsets(parameters)
    return {
        **{name: [value] * len(block.lead_id) for name, value in same.items()},
        "active_lrs": [subsets[code] for code in evidence_codes(block.scores).tolist()],
        **{name: values.tolist() for name, values in block_arrays(block).items()},
    }


def block_arrays(block: Block) -> dict[str, np.ndarray]:
    """The exported fields that differ from lead to lead, but for `active_lrs`; texts as objects."""
    facts = block.facts
    return {
        **_place(block.town),
        "vin": block.vin,
        "year": block.year,
        "model": _MODELS[facts.model],
        "vehicle_type": _TYPES[facts.vehicle_type],
        "weight_class": _WEIGHTS[facts.vehicle_type],
        "current_mileage": facts.current_mileage,
        "vehicle_age": facts.vehicle_age,
        "start_cycles_annual": facts.start_cycles_annual,
        "start_cycle_deviation": facts.start_cycles_annual / stressors.START_BASELINE,
        "short_trip_percentage": facts.short_trip_percentage,
        "estimated_cold_starts": (facts.start_cycles_annual * 3 + 5) // 10,
        "lead_id": block.lead_id,
        "customer_name": customer_names(block),
        "cohort_assignment": texts(facts.cohorts)[facts.cohort],
        "risk_percentile": block.percentile,
        "urgency_score": block.urgency,
        **_score(block.scores),
    }


def _place(town: Ints) -> dict[str, np.ndarray]:
    known = towns()
    words = ("zip_code", "city", "state", "climate_zone")
    numbers = ("temp_winter", "temp_summer", "temperature_delta", "temperature_swing")
    found: dict[str, np.ndarray] = {
        name: texts([getattr(place, name) for place in known])[town] for name in words
    }
    for name in (*numbers, "temperature_stress"):
        found[name] = np.array([getattr(place, name) for place in known])[town]
    return found


def _score(scores: ScoreColumns) -> dict[str, np.ndarray]:
    return {
        "base_prior": scores.base_prior,
        "adjusted_prior": scores.adjusted_prior,
        "combined_lr": scores.combined_lr,
        "posterior_probability": scores.posterior,
        "start_cycle_z": scores.start_cycle_z,
        "is_clamped": scores.is_clamped,
        "primary_service": scores.primary_service,
        "contact_urgency": scores.contact_urgency,
        "predicted_failure_window": scores.predicted_failure_window,
        "parts_cost": scores.parts_cost,
        "service_cost": scores.service_cost,
        "total_opportunity": scores.parts_cost + scores.service_cost,
        "expected_value": expected_cents(scores) / 100,
        **{name: scores.evidence[:, place] for place, name in enumerate(EVIDENCE)},
    }


def expected_cents(scores: ScoreColumns) -> Ints:
    """`stressors.expected_value` in cents."""
    exact = scores.posterior * (scores.parts_cost + scores.service_cost)
    return np.floor(100 * exact + 0.5).astype(np.int64)


def lr_subsets(parameters: Parameters) -> list[list[float]]:
    """The ratios of present evidence for each of the numbers that `evidence_codes` gives."""
    ratios = [parameters.likelihood_ratios[name].present for name in EVIDENCE]
    return [
        [ratio for bit, ratio in enumerate(ratios) if code >> bit & 1]
        for code in range(2 ** len(ratios))
    ]


def evidence_codes(scores: ScoreColumns) -> Ints:
    """Which evidence is present, as the bits of a number in the order of EVIDENCE."""
    return scores.evidence @ (1 << np.arange(len(EVIDENCE)))


def customer_names(block: Block) -> Texts:
    pools = names.load()
    found: Texts = pools.first[block.first_name] + " " + pools.last[block.last_name]
    return found
