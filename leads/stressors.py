"""What a vehicle's facts say about its battery, and what a posterior means for the day's work.

Scalar functions; `None` stands for what is not known and never turns into a guess. The SQL twin
is `leads/sql/calculation.sql`, held to these by a parity test.
"""

import math
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from leads.parameters import Parameters

# The seed's baseline of ignition cycles a year.
START_BASELINE = 1200

# Weeks from 25 % to 50 % cumulative failure at the constant hazard of a posterior over 90 days:
# lower bounds, inclusive.
FAILURE_WINDOWS = (
    (0.85, "1-4_weeks"),
    (0.70, "2-6_weeks"),
    (0.60, "4-10_weeks"),
    (0.45, "2-4_months"),
    (0.30, "3-6_months"),
    (0.0, "6-12_months"),
)
_SERVICES = {
    "immediate": "battery_replacement",
    "24_hours": "battery_test_and_charging_check",
    "48_hours": "battery_inspection",
}


def clip(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def half_up(value: float) -> int:
    """The nearest integer, halves upwards, as PostgreSQL rounds numeric."""
    return math.floor(value + 0.5)


def temperature_stress(*, swing: float, temp_summer: float) -> float:
    """0 to 0.5 from degrees Fahrenheit: up to 0.25 for a swing of 40 to 60, and up to 0.25 for a
    mean summer of 70 to 88 (18 F, 10 C, is one Arrhenius doubling)."""
    return 0.25 * clip((swing - 40) / 20, 0.0, 1.0) + 0.25 * clip((temp_summer - 70) / 18, 0.0, 1.0)


def vehicle_age(*, year: int, as_of: date) -> int:
    """Whole years since the model year, at least 0."""
    return max(as_of.year - year, 0)


def annual_mileage(*, mileage: int | None, age: int | None) -> float | None:
    """Miles a year; a vehicle in its first year counts as one year old."""
    if mileage is None or age is None:
        return None
    return mileage / max(age, 1)


def start_z(starts: int | None, parameters: Parameters) -> float | None:
    """Standard deviations of the yearly starts above the mean."""
    if starts is None:
        return None
    return (starts - parameters.starts_mean) / parameters.starts_sigma


def start_deviation(starts: int) -> float:
    """The yearly starts as a multiple of the seed's baseline."""
    return starts / START_BASELINE


def cold_starts(starts: int) -> int:
    """Winter starts of a year: 30 %, rounded half up."""
    return (starts * 3 + 5) // 10


def environment_factor(stress: float | None, parameters: Parameters) -> float:
    """What the climate does to the prior; 1 where the climate is unknown."""
    return 1.0 if stress is None else parameters.environment_base + stress


def usage_factor(annual: float | None, parameters: Parameters) -> float:
    """What the yearly mileage does to the prior, U-shaped around the centre; 1 when unknown.

    Starts and short trips stay out of it: they are evidence and would count twice.
    """
    if annual is None:
        return 1.0
    centre = parameters.usage_centre_miles
    return clip(
        parameters.usage_floor + parameters.usage_slope * abs(annual - centre) / centre,
        parameters.usage_floor,
        parameters.usage_ceiling,
    )


def adjusted_prior(
    base: float, environment: float, usage: float, parameters: Parameters
) -> tuple[float, bool]:
    """Prior x environment x usage, and whether it had to be clamped."""
    product = base * environment * usage
    clamped = clip(product, parameters.prior_floor, parameters.prior_ceiling)
    return clamped, clamped != product


def exceeds(value: float | None, threshold: float) -> bool | None:
    """Whether `value` lies above `threshold`; None when it is unknown."""
    return None if value is None else value > threshold


def reaches(value: float | None, threshold: float) -> bool | None:
    """Whether `value` is at least `threshold`; None when it is unknown."""
    return None if value is None else value >= threshold


def valid_soc(
    decline: bool | None,
    *,
    source: str | None,
    measured_on: date | None,
    as_of: date,
    parameters: Parameters,
) -> bool | None:
    """The word on the state of charge while it is fresh. An old measurement says nothing any
    more, so the evidence is unknown again; simulated evidence does not age."""
    if source == "simulated" or measured_on is None:
        return decline
    fresh = measured_on >= as_of - timedelta(days=parameters.evidence_days)
    return decline if fresh else None


def contact_urgency(posterior: float, parameters: Parameters) -> str:
    """immediate, 24_hours or 48_hours; the band is high, medium or low."""
    if posterior >= parameters.high_band:
        return "immediate"
    return "24_hours" if posterior >= parameters.medium_band else "48_hours"


def primary_service(urgency: str) -> str:
    """What to offer at a contact urgency."""
    return _SERVICES[urgency]


def failure_window(posterior: float) -> str:
    """The estimated time to failure in the words of the seed."""
    return next(window for bound, window in FAILURE_WINDOWS if posterior >= bound)


def risk_percentile(*, below: int, ties: int, total: int) -> int:
    """Mid-rank within the cohort, 0 to 100, rounded half up: 100 (below + ties/2) / total.

    `ties` counts the lead itself, so a cohort of one gives 50.
    """
    return (200 * below + 100 * ties + total) // (2 * total)


def urgency_score(posterior: float, percentile: int, z: float | None) -> int:
    """0 to 100: 70 parts posterior, 20 parts percentile, 10 parts starts (none when unknown)."""
    starts = 0.0 if z is None else clip(z / 4, 0.0, 1.0)
    return half_up(clip(70 * posterior + 20 * percentile / 100 + 10 * starts, 0.0, 100.0))


def expected_value(posterior: float, total: int) -> Decimal:
    """Posterior x opportunity, to the cent, half up. By way of 15 significant digits, as
    PostgreSQL casts double precision to numeric."""
    return Decimal(f"{posterior * total:.15g}").quantize(Decimal("0.01"), ROUND_HALF_UP)
