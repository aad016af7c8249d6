"""How good predicted probabilities were, judged by outcomes: Brier score, reliability, lift.

`predicted` holds probabilities between 0 and 1, `failed` what came of them; both have one element
an outcome. `docs/leads.md` has the formulas and a worked example.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leads.calibration import PSEUDO_OBSERVATIONS, Z
from leads.observed import Bools, Floats, Observed

BINS = 10
TRAIN_SHARE = 0.7
# Beyond this many standard errors the mean prediction no longer fits the outcomes by chance: once
# in 370 looks where nothing has drifted.
DRIFT = 3.0


@dataclass(frozen=True)
class Bin:
    """Neighbouring predictions: their mean, the share that failed with its 90 % Wilson interval."""

    count: int
    predicted: float
    failed: float
    low: float
    high: float


@dataclass(frozen=True)
class Gain:
    """What the `calls` most probable found: their share of all outcomes and of all failures, and
    `lift`, how many times more than as many calls at random."""

    calls: float
    share: float
    found: float
    lift: float


@dataclass(frozen=True)
class Judgement:
    """`skill` is 1 - Brier / Brier of the reference, so 0 is no better than the cohorts' rates and
    below 0 worse. `drift` is (failures - expected) in standard errors."""

    count: int
    failures: int
    brier: float
    skill: float
    ece: float
    drift: float
    bins: tuple[Bin, ...]
    gains: tuple[Gain, ...]
    at_calls: Gain

    @property
    def has_drifted(self) -> bool:
        return abs(self.drift) > DRIFT


def judge(predicted: Floats, failed: Bools, reference: Floats, *, calls: float) -> Judgement:
    """All measures of one set's predictions. `reference` are those to beat, `calls` how many of
    the outcomes' vehicles could have been called. Raises ValueError without outcomes."""
    if not len(failed):
        raise ValueError("there is nothing to judge without outcomes")
    bins = reliability(predicted, failed)
    shares = np.linspace(0.1, 1.0, 10)
    return Judgement(
        count=len(failed),
        failures=int(failed.sum()),
        brier=brier(predicted, failed),
        skill=skill(predicted, failed, reference),
        ece=expected_calibration_error(bins),
        drift=drift(predicted, failed),
        bins=bins,
        gains=tuple(gain(predicted, failed, share * len(failed)) for share in shares),
        at_calls=gain(predicted, failed, calls),
    )


def brier(predicted: Floats, failed: Bools) -> float:
    """Mean squared difference of prediction and outcome; 0 is perfect."""
    return float(np.mean((predicted - failed) ** 2))


def skill(predicted: Floats, failed: Bools, reference: Floats) -> float:
    """0 where the reference leaves nothing to improve."""
    to_beat = brier(reference, failed)
    return 1.0 - brier(predicted, failed) / to_beat if to_beat else 0.0


def reliability(predicted: Floats, failed: Bools, *, bins: int = BINS) -> tuple[Bin, ...]:
    """Up to `bins` bins of as equal counts as can be, lowest predictions first."""
    order = np.argsort(predicted, kind="stable")
    parts = np.array_split(order, min(bins, len(order))) if len(order) else []
    return tuple(_bin(predicted[part], failed[part]) for part in parts)


def _bin(predicted: Floats, failed: Bools) -> Bin:
    count, failures = len(failed), int(failed.sum())
    low, high = wilson(failures, count)
    return Bin(count, float(predicted.mean()), failures / count, low, high)


def wilson(failures: int, count: int) -> tuple[float, float]:
    """Wilson's 90 % interval of a share."""
    share = failures / count
    weight = Z * Z / count
    centre = (share + weight / 2) / (1 + weight)
    half = Z / (1 + weight) * float(np.sqrt(share * (1 - share) / count + weight / (4 * count)))
    return max(centre - half, 0.0), min(centre + half, 1.0)


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """Mean distance of predicted and observed rate over the bins, weighted by their counts."""
    total = sum(one.count for one in bins)
    return sum(one.count * abs(one.predicted - one.failed) for one in bins) / total


def decompose(bins: Sequence[Bin]) -> tuple[float, float, float]:
    """Murphy's reliability, resolution and uncertainty: the Brier score of each bin's mean
    prediction is the first, less the second, plus the third."""
    counts = np.array([one.count for one in bins])
    observed = np.array([one.failed for one in bins])
    predicted = np.array([one.predicted for one in bins])
    overall = np.average(observed, weights=counts)
    reliable = np.average((predicted - observed) ** 2, weights=counts)
    resolved = np.average((observed - overall) ** 2, weights=counts)
    return float(reliable), float(resolved), float(overall * (1.0 - overall))


def gain(predicted: Floats, failed: Bools, calls: float) -> Gain:
    """What calling the most probable finds. Equal predictions count in proportion, whatever their
    order; `calls` is brought to between 1 and all."""
    total, failures = len(failed), int(failed.sum())
    calls = min(max(calls, 1.0), float(total))
    _, group = np.unique(-predicted, return_inverse=True)
    ends = np.concatenate([[0.0], np.cumsum(np.bincount(group))])
    found = np.concatenate([[0.0], np.cumsum(np.bincount(group, weights=failed))])
    reached = float(np.interp(calls, ends, found))
    share = calls / total
    found_share = reached / failures if failures else share
    return Gain(calls=calls, share=share, found=found_share, lift=found_share / share)


def drift(predicted: Floats, failed: Bools) -> float:
    """(failures - sum of predictions) / its standard error, were the predictions right."""
    spread = float(np.sqrt((predicted * (1.0 - predicted)).sum()))
    return float(failed.sum() - predicted.sum()) / spread if spread else 0.0


def reference_rates(past: Observed, later: Observed) -> Floats:
    """The failure rate of each later outcome's cohort in the past, drawn towards the rate of all
    with PSEUDO_OBSERVATIONS. With no past it is one half."""
    overall = (past.failed.sum() + 0.5) / (len(past) + 1.0)
    rates: dict[str, float] = {}
    for cohort in np.unique(later.cohort).tolist():
        failed = past.failed[past.cohort == cohort]
        seen = PSEUDO_OBSERVATIONS * overall + failed.sum()
        rates[cohort] = float(seen / (PSEUDO_OBSERVATIONS + len(failed)))
    return np.array([rates[cohort] for cohort in later.cohort.tolist()])


def days_spanned(at: NDArray[np.integer[Any]]) -> int:
    """Days from the first to the last instant (in seconds), both counted."""
    return int((at.max() - at.min()) // 86_400) + 1 if len(at) else 0
