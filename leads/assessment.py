"""From facts to a score: `stressors` and `bayes` put together. All but the place among others."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from leads import bayes, stressors
from leads.parameters import Parameters, Price


@dataclass(frozen=True)
class Facts:
    """What is known of a vehicle; None is unknown. Swing in degrees Fahrenheit, short trips as a
    share of 0 to 1, stress of 0 to 0.5, starts a year."""

    vehicle_type: str
    model: str
    cohort: str
    current_mileage: int | None = None
    vehicle_age: int | None = None
    temperature_swing: float | None = None
    temperature_stress: float | None = None
    start_cycles_annual: int | None = None
    short_trip_percentage: float | None = None
    soc_decline: bool | None = None
    soc_source: str | None = None
    soc_date: date | None = None


@dataclass(frozen=True)
class Assessment:
    """The score of one vehicle. `unknown` names what was missing: evidence, and the factors of
    the prior "climate" and "annual_mileage"."""

    base_prior: float
    environment: float
    usage: float
    adjusted_prior: float
    is_clamped: bool
    start_cycle_z: float | None
    evidence: dict[str, bool | None]
    bayes: bayes.Result
    contact_urgency: str
    predicted_failure_window: str
    primary_service: str
    price: Price
    expected_value: Decimal
    unknown: tuple[str, ...]

    @property
    def posterior(self) -> float:
        return self.bayes.posterior


def evidence_of(facts: Facts, parameters: Parameters, *, as_of: date) -> dict[str, bool | None]:
    """Which pieces of evidence are present, absent or unknown (None), in the order of EVIDENCE."""
    z = stressors.start_z(facts.start_cycles_annual, parameters)
    return {
        "temperature_cycling": stressors.exceeds(
            facts.temperature_swing, parameters.swing_threshold
        ),
        "ignition_frequency": stressors.reaches(z, parameters.start_z_threshold),
        "soc_decline": stressors.valid_soc(
            facts.soc_decline,
            source=facts.soc_source,
            measured_on=facts.soc_date,
            as_of=as_of,
            parameters=parameters,
        ),
        "short_trips": stressors.exceeds(
            facts.short_trip_percentage, parameters.short_trip_threshold
        ),
    }


def assess(facts: Facts, parameters: Parameters, *, as_of: date) -> Assessment:
    """The score of `facts` on the day `as_of`. Raises KeyError for an unknown vehicle type."""
    annual = stressors.annual_mileage(mileage=facts.current_mileage, age=facts.vehicle_age)
    base = parameters.base_prior(vehicle_type=facts.vehicle_type, cohort=facts.cohort)
    environment = stressors.environment_factor(facts.temperature_stress, parameters)
    usage = stressors.usage_factor(annual, parameters)
    prior, is_clamped = stressors.adjusted_prior(base, environment, usage, parameters)
    evidence = evidence_of(facts, parameters, as_of=as_of)
    result = bayes.update(
        prior,
        evidence,
        parameters.likelihood_ratios,
        intercept=parameters.recalibration_intercept,
        slope=parameters.recalibration_slope,
    )
    urgency = stressors.contact_urgency(result.posterior, parameters)
    price = parameters.price(model=facts.model, vehicle_type=facts.vehicle_type)
    missing = {"climate": facts.temperature_stress is None, "annual_mileage": annual is None}
    return Assessment(
        base_prior=base,
        environment=environment,
        usage=usage,
        adjusted_prior=prior,
        is_clamped=is_clamped,
        start_cycle_z=stressors.start_z(facts.start_cycles_annual, parameters),
        evidence=evidence,
        bayes=result,
        contact_urgency=urgency,
        predicted_failure_window=stressors.failure_window(result.posterior),
        primary_service=stressors.primary_service(urgency),
        price=price,
        expected_value=stressors.expected_value(result.posterior, price.total),
        unknown=(*result.unknown, *(name for name, is_missing in missing.items() if is_missing)),
    )
