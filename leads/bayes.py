"""Bayes' rule in odds form: the one definition of the battery-failure posterior.

    posterior odds = prior odds x product of the likelihood ratios of what is known

Each piece of evidence is present (its LR+ counts), known to be absent (its LR- counts) or unknown
(it counts nothing and is listed). A worked example stands in `docs/leads.md`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from leads.parameters import LikelihoodRatio


@dataclass(frozen=True)
class Contribution:
    """What one thing adds to the log-odds. `name` is "prior", a piece of evidence, or
    "recalibration"; `ratio` is the odds (of the prior) or likelihood ratio behind it, and
    `is_present` is None where the evidence is unknown, or where nothing can be present."""

    name: str
    ratio: float
    log_odds: float
    is_present: bool | None = None


@dataclass(frozen=True)
class Result:
    """`log_odds` is the exactly rounded sum of the contributions, and `posterior` the odds form
    of the same factors. `active_lrs` are the ratios of present evidence, in its order;
    `combined_lr` also holds those of known absence."""

    prior: float
    active_lrs: tuple[float, ...]
    combined_lr: float
    posterior: float
    log_odds: float
    contributions: tuple[Contribution, ...]
    unknown: tuple[str, ...]


def update(
    prior: float,
    evidence: Mapping[str, bool | None],
    likelihood_ratios: Mapping[str, LikelihoodRatio],
    *,
    intercept: float = 0.0,
    slope: float = 1.0,
) -> Result:
    """The posterior of `prior` (between 0 and 1, both excluded) after `evidence`.

    `intercept` and `slope` recalibrate the log-odds of the outcome; 0 and 1 leave them alone.
    Raises ValueError for a prior of 0 or 1 or beyond, KeyError for evidence without a ratio.
    """
    if not 0.0 < prior < 1.0:
        raise ValueError(f"a prior lies between 0 and 1, not {prior}")
    prior_odds = prior / (1.0 - prior)
    contributions = [Contribution("prior", prior_odds, slope * math.log(prior_odds))]
    combined_lr = 1.0
    for name, state in evidence.items():
        ratio = ratio_of(state, likelihood_ratios[name])
        combined_lr *= ratio
        contributions.append(Contribution(name, ratio, slope * math.log(ratio), state))
    odds = prior_odds * combined_lr
    if (intercept, slope) != (0.0, 1.0):
        odds = math.exp(intercept + slope * math.log(odds))
        contributions.append(Contribution("recalibration", math.exp(intercept), intercept))
    return Result(
        prior=prior,
        active_lrs=tuple(likelihood_ratios[n].present for n, state in evidence.items() if state),
        combined_lr=combined_lr,
        posterior=odds / (1.0 + odds),
        log_odds=math.fsum(part.log_odds for part in contributions),
        contributions=tuple(contributions),
        unknown=tuple(name for name, state in evidence.items() if state is None),
    )


def probability(log_odds: float) -> float:
    """The probability with these log-odds; neither overflows nor leaves 0 to 1."""
    if log_odds < 0.0:
        odds = math.exp(log_odds)
        return odds / (1.0 + odds)
    return 1.0 / (1.0 + math.exp(-log_odds))


def ratio_of(state: bool | None, ratio: LikelihoodRatio) -> float:
    """LR+ when present, LR- when known to be absent, 1 when unknown."""
    if state is None:
        return 1.0
    return ratio.present if state else ratio.absent
