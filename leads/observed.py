"""What battery tests said, beside what was known before them: what calibration learns from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leads.arrays import posteriors
from leads.parameters import EVIDENCE, Parameters

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Observed:
    """Outcomes as columns, in the order of time; all have one row an outcome.

    `at` is in seconds since 1970. `multiplier` is adjusted prior / base prior: what climate and
    mileage did to the cohort's rate. `known` and `present` have a column for each of EVIDENCE;
    unknown evidence is not present.
    """

    at: Ints
    failed: Bools
    vehicle_type: NDArray[np.str_]
    cohort: NDArray[np.str_]
    multiplier: Floats
    known: Bools
    present: Bools

    def __len__(self) -> int:
        return len(self.failed)

    def take(self, rows: Any) -> "Observed":
        """The outcomes that a slice, a mask or indices name."""
        return Observed(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def split(self, share: float) -> tuple["Observed", "Observed"]:
        """The first `share` of the outcomes in time, and the later ones."""
        cut = int(len(self) * share)
        return self.take(slice(None, cut)), self.take(slice(cut, None))


def adjusted_priors(observed: Observed, parameters: Parameters) -> Floats:
    """The adjusted prior of each outcome's vehicle under `parameters`.

    Raises KeyError for an unknown vehicle type.
    """
    pairs = list(zip(observed.vehicle_type.tolist(), observed.cohort.tolist(), strict=True))
    rates = {
        (kind, cohort): parameters.base_prior(vehicle_type=kind, cohort=cohort)
        for kind, cohort in set(pairs)
    }
    base = np.array([rates[pair] for pair in pairs])
    return np.clip(base * observed.multiplier, parameters.prior_floor, parameters.prior_ceiling)


def combined_lrs(observed: Observed, parameters: Parameters) -> Floats:
    ratios = [parameters.likelihood_ratios[name] for name in EVIDENCE]
    present = np.array([ratio.present for ratio in ratios])
    absent = np.array([ratio.absent for ratio in ratios])
    said = np.where(observed.present, present, absent)
    product: Floats = np.where(observed.known, said, 1.0).prod(axis=1)
    return product


def predictions(observed: Observed, parameters: Parameters) -> Floats:
    """The posterior that `parameters` would have given each vehicle just before its test.

    Which evidence was present stays as it was judged then: thresholds are not applied anew.
    """
    prior = adjusted_priors(observed, parameters)
    return posteriors(prior, combined_lrs(observed, parameters), parameters)
