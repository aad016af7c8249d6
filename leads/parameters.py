"""The numbers that a score rests on: one frozen set, and the seed's own as `SEED`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

# In the order of the seed; active LRs and contributions keep it.
EVIDENCE = ("temperature_cycling", "ignition_frequency", "soc_decline", "short_trips")


@dataclass(frozen=True)
class LikelihoodRatio:
    """P(evidence | failing) / P(evidence | sound) when the evidence is `present`, and the same
    ratio of its absence; 1 says nothing. Both within 0.02 to 50."""

    present: float
    absent: float = 1.0


@dataclass(frozen=True)
class Price:
    """A replacement in whole units of the dealership's currency. `source` is "seed" or
    "assumption"."""

    parts: int
    service: int
    source: str = "assumption"

    @property
    def total(self) -> int:
        return self.parts + self.service


@dataclass(frozen=True)
class Parameters:
    """A scoring parameter set. `priors` go by vehicle type, `cohort_priors` by cohort and win;
    `prices` go by model, `type_prices` stand for models without a price of their own."""

    name: str
    priors: Mapping[str, float]
    likelihood_ratios: Mapping[str, LikelihoodRatio]
    prices: Mapping[str, Price]
    type_prices: Mapping[str, Price]
    cohort_priors: Mapping[str, float] = field(default_factory=dict)
    horizon_days: int = 90
    starts_mean: float = 1200.0
    starts_sigma: float = 480.0
    environment_base: float = 0.66
    usage_floor: float = 0.90
    usage_ceiling: float = 1.20
    usage_slope: float = 0.20
    usage_centre_miles: float = 12_000.0
    prior_floor: float = 0.01
    prior_ceiling: float = 0.50
    swing_threshold: float = 40.0
    start_z_threshold: float = 2.0
    short_trip_threshold: float = 0.50
    evidence_days: int = 180
    high_band: float = 0.60
    medium_band: float = 0.30
    recalibration_intercept: float = 0.0
    recalibration_slope: float = 1.0

    def base_prior(self, *, vehicle_type: str, cohort: str) -> float:
        """The cohort's base rate where the set has one, else the vehicle type's.

        Raises KeyError for an unknown vehicle type.
        """
        return self.cohort_priors.get(cohort, self.priors[vehicle_type])

    def price(self, *, model: str, vehicle_type: str) -> Price:
        """The model's price where the set has one, else the vehicle type's."""
        return self.prices.get(model) or self.type_prices[vehicle_type]

    @property
    def is_recalibrated(self) -> bool:
        return (self.recalibration_intercept, self.recalibration_slope) != (0.0, 1.0)


# The seed gives the four priors; it names no cohort for 9 %, here that of passenger cars.
# It prices three models; the others are judgement along the same ladder.
SEED = Parameters(
    name="seed-1.0",
    priors={"light_truck": 0.15, "midweight_truck": 0.18, "suv": 0.12, "car": 0.09},
    likelihood_ratios={
        "temperature_cycling": LikelihoodRatio(2.39),
        "ignition_frequency": LikelihoodRatio(2.16),
        "soc_decline": LikelihoodRatio(6.50),
        "short_trips": LikelihoodRatio(1.9),
    },
    prices={
        "F-150": Price(280, 125, "seed"),
        "F-250": Price(320, 145, "seed"),
        "Explorer": Price(260, 110, "seed"),
        "F-350": Price(330, 150),
        "Ranger": Price(245, 115),
        "Expedition": Price(290, 130),
    },
    type_prices={
        "light_truck": Price(280, 125),
        "midweight_truck": Price(320, 145),
        "suv": Price(260, 110),
        "car": Price(220, 100),
    },
)
