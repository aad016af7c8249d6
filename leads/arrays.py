"""`assessment.assess` over whole columns, for leads with every fact known.

Twin of `bayes` and `stressors`, which are the definition; a parity test holds it to them.
All arrays have one element a lead.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crm.seeding.columns import Bools, Ints, Texts, texts
from leads import stressors
from leads.parameters import EVIDENCE, Parameters

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class FactColumns:
    """What is known of leads. `vehicle_type`, `model` and `cohort` index the names beside them."""

    vehicle_types: tuple[str, ...]
    models: tuple[str, ...]
    cohorts: tuple[str, ...]
    vehicle_type: Ints
    model: Ints
    cohort: Ints
    current_mileage: Ints
    vehicle_age: Ints
    temperature_swing: Floats
    temperature_stress: Floats
    start_cycles_annual: Ints
    short_trip_percentage: Floats
    soc_decline: Bools


@dataclass(frozen=True)
class ScoreColumns:
    """What follows from the facts, but for the place in the cohort. `evidence` has a column for
    each of EVIDENCE; `urgency`, `window` and `service` are the words of `stressors`."""

    base_prior: Floats
    environment: Floats
    usage: Floats
    adjusted_prior: Floats
    is_clamped: Bools
    start_cycle_z: Floats
    evidence: Bools
    combined_lr: Floats
    posterior: Floats
    contact_urgency: Texts
    predicted_failure_window: Texts
    primary_service: Texts
    parts_cost: Ints
    service_cost: Ints


def score(facts: FactColumns, parameters: Parameters) -> ScoreColumns:
    """The scores of leads under one parameter set. Raises KeyError for an unknown vehicle type."""
    base = _base_priors(facts, parameters)
    environment = parameters.environment_base + facts.temperature_stress
    usage = _usage(facts, parameters)
    product = base * environment * usage
    prior = np.clip(product, parameters.prior_floor, parameters.prior_ceiling)
    z = (facts.start_cycles_annual - parameters.starts_mean) / parameters.starts_sigma
    evidence = _evidence(facts, z, parameters)
    combined = _combined_lr(evidence, parameters)
    posterior = posteriors(prior, combined, parameters)
    urgency = np.digitize(posterior, [parameters.medium_band, parameters.high_band])
    parts, service = _prices(facts, parameters)
    return ScoreColumns(
        base_prior=base,
        environment=environment,
        usage=usage,
        adjusted_prior=prior,
        is_clamped=prior != product,
        start_cycle_z=z,
        evidence=evidence,
        combined_lr=combined,
        posterior=posterior,
        contact_urgency=_URGENCIES[urgency],
        predicted_failure_window=_WINDOWS[np.digitize(posterior, _WINDOW_BOUNDS)],
        primary_service=_SERVICES[urgency],
        parts_cost=parts,
        service_cost=service,
    )


# From the lowest band upwards, as digitize counts.
_URGENCY_NAMES = ("48_hours", "24_hours", "immediate")
_URGENCIES = texts(_URGENCY_NAMES)
_SERVICES = texts([stressors.primary_service(name) for name in _URGENCY_NAMES])
_WINDOW_BOUNDS = [bound for bound, _ in reversed(stressors.FAILURE_WINDOWS[:-1])]
_WINDOWS = texts([window for _, window in reversed(stressors.FAILURE_WINDOWS)])


def _base_priors(facts: FactColumns, parameters: Parameters) -> Floats:
    table = [
        [parameters.base_prior(vehicle_type=kind, cohort=cohort) for cohort in facts.cohorts]
        for kind in facts.vehicle_types
    ]
    found: Floats = np.array(table)[facts.vehicle_type, facts.cohort]
    return found


def _usage(facts: FactColumns, parameters: Parameters) -> Floats:
    annual = facts.current_mileage / np.maximum(facts.vehicle_age, 1)
    centre = parameters.usage_centre_miles
    factor = parameters.usage_floor + parameters.usage_slope * np.abs(annual - centre) / centre
    return np.clip(factor, parameters.usage_floor, parameters.usage_ceiling)


def _evidence(facts: FactColumns, z: Floats, parameters: Parameters) -> Bools:
    found = {
        "temperature_cycling": facts.temperature_swing > parameters.swing_threshold,
        "ignition_frequency": z >= parameters.start_z_threshold,
        "soc_decline": facts.soc_decline,
        "short_trips": facts.short_trip_percentage > parameters.short_trip_threshold,
    }
    return np.column_stack([found[name] for name in EVIDENCE])


def _combined_lr(evidence: Bools, parameters: Parameters) -> Floats:
    ratios = [parameters.likelihood_ratios[name] for name in EVIDENCE]
    present = [ratio.present for ratio in ratios]
    absent = [ratio.absent for ratio in ratios]
    product: Floats = np.where(evidence, present, absent).prod(axis=1)
    return product


def posteriors(prior: Floats, combined: Floats, parameters: Parameters) -> Floats:
    """Bayes' rule in odds form, recalibrated where the set says so."""
    odds = prior / (1.0 - prior) * combined
    if parameters.is_recalibrated:
        odds = np.exp(
            parameters.recalibration_intercept + parameters.recalibration_slope * np.log(odds)
        )
    return odds / (1.0 + odds)


def _prices(facts: FactColumns, parameters: Parameters) -> tuple[Ints, Ints]:
    table = [
        [parameters.price(model=model, vehicle_type=kind) for model in facts.models]
        for kind in facts.vehicle_types
    ]
    parts = np.array([[price.parts for price in row] for row in table])
    service = np.array([[price.service for price in row] for row in table])
    chosen = (facts.vehicle_type, facts.model)
    return parts[chosen], service[chosen]


def percentiles(posterior: Floats, cohort: NDArray[np.integer[Any]]) -> Ints:
    """`stressors.risk_percentile` of each lead among those with the same number in `cohort`."""
    found = np.empty(len(posterior), dtype=np.int64)
    for number in np.unique(cohort):
        (rows,) = np.nonzero(cohort == number)
        values = posterior[rows]
        ordered = np.sort(values)
        below = np.searchsorted(ordered, values, side="left")
        ties = np.searchsorted(ordered, values, side="right") - below
        found[rows] = (200 * below + 100 * ties + len(rows)) // (2 * len(rows))
    return found


def urgency_scores(posterior: Floats, percentile: Ints, z: Floats) -> Ints:
    """`stressors.urgency_score` of each lead."""
    starts = np.clip(z / 4, 0.0, 1.0)
    points = np.clip(70 * posterior + 20 * percentile / 100 + 10 * starts, 0.0, 100.0)
    return np.floor(points + 0.5).astype(np.int64)
