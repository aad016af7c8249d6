"""Rates and ratios estimated from battery tests: Beta-Binomial, with intervals and minimum counts.

A base rate starts from the champion's, worth PSEUDO_OBSERVATIONS; sensitivity and false-positive
rate of a piece of evidence start from Jeffreys' Beta(1/2, 1/2), because a ratio alone does not say
them. A number moves only when enough outcomes speak about it. `docs/leads.md` has the formulas and
a worked example.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from leads.observed import Bools, Floats, Observed, adjusted_priors, combined_lrs
from leads.parameters import EVIDENCE, LikelihoodRatio, Parameters

PSEUDO_OBSERVATIONS = 40.0
MINIMUM = 50
RECALIBRATION_MINIMUM = 150
LEVEL = 0.90
DRAWS = 20_000
Z = 1.6448536269514722  # standard normal quantile of 0.95, for intervals of 90 %

_JEFFREYS = 0.5
_RATE_LIMITS = (0.001, 0.99)
_RATIO_LIMITS = (0.02, 50.0)
_INTERCEPT_LIMITS = (-5.0, 5.0)
_SLOPE_LIMITS = (0.1, 2.0)
# Weak normal prior about identity: keeps the fit finite when outcomes separate perfectly.
_IDENTITY = np.array([0.0, 1.0])
_PRECISION = np.array([1 / 2.0**2, 1 / 1.0**2])


@dataclass(frozen=True)
class Estimate:
    """One number: what the outcomes say (`value`, 90 % interval `low` to `high`) and what the
    champion has. `count` is the scarcest of the counts that it needs; below the minimum the
    champion's value stays in force and `has_moved` is false."""

    name: str
    champion: float
    value: float
    low: float
    high: float
    count: int
    has_moved: bool

    @property
    def used(self) -> float:
        return self.value if self.has_moved else self.champion


@dataclass(frozen=True)
class Recalibration:
    """Log-odds of the outcome = intercept + slope x log-odds of the model; identity until fitted.
    The errors are standard errors, 0 when not fitted."""

    intercept: float = 0.0
    slope: float = 1.0
    intercept_error: float = 0.0
    slope_error: float = 0.0
    is_fitted: bool = False


@dataclass(frozen=True)
class Calibration:
    """`type_rates` go by vehicle type, `cohort_rates` by cohort; `ratios` are named
    "<evidence>.present" and "<evidence>.absent"."""

    parameters: Parameters
    type_rates: tuple[Estimate, ...]
    cohort_rates: tuple[Estimate, ...]
    ratios: tuple[Estimate, ...]
    recalibration: Recalibration

    @property
    def has_moved(self) -> bool:
        estimates = (*self.type_rates, *self.cohort_rates, *self.ratios)
        return self.recalibration.is_fitted or any(one.has_moved for one in estimates)


@dataclass(frozen=True)
class _Betas:
    """Simulated values of a Beta distribution."""

    rng: np.random.Generator
    draws: int

    def __call__(self, a: float, b: float) -> Floats:
        return self.rng.beta(a, b, self.draws)


def calibrate(
    observed: Observed,
    champion: Parameters,
    *,
    minimum: int = MINIMUM,
    seed: int = 0,
    draws: int = DRAWS,
) -> Calibration:
    """The champion's numbers brought in line with `observed`, as far as the counts allow.

    Every threshold, price and limit stays the champion's. Intervals are quantiles of `draws`
    simulated values; the same arguments give the same ones.
    """
    betas = _Betas(np.random.default_rng(seed), draws)
    types = tuple(
        _rate(observed.take(observed.vehicle_type == kind), kind, base, minimum, betas)
        for kind, base in champion.priors.items()
    )
    cohorts = tuple(_cohort_rates(observed, champion, minimum, betas))
    ratios = tuple(_ratios(observed, champion, minimum, betas))
    used = {one.name: one.used for one in ratios}
    parameters = replace(
        champion,
        priors={one.name: one.used for one in types},
        cohort_priors=dict(champion.cohort_priors)
        | {one.name: one.value for one in cohorts if one.has_moved},
        likelihood_ratios={
            name: LikelihoodRatio(used[f"{name}.present"], used[f"{name}.absent"])
            for name in EVIDENCE
        },
        recalibration_intercept=0.0,
        recalibration_slope=1.0,
    )
    fitted = _recalibrated(observed, parameters)
    return Calibration(
        parameters=replace(
            parameters,
            recalibration_intercept=fitted.intercept,
            recalibration_slope=fitted.slope,
        ),
        type_rates=types,
        cohort_rates=cohorts,
        ratios=ratios,
        recalibration=fitted,
    )


def _cohort_rates(
    observed: Observed, champion: Parameters, minimum: int, betas: _Betas
) -> Iterator[Estimate]:
    for cohort in np.unique(observed.cohort).tolist():
        rows = observed.take(observed.cohort == cohort)
        base = champion.base_prior(vehicle_type=str(rows.vehicle_type[0]), cohort=cohort)
        yield _rate(rows, cohort, base, minimum, betas)


def _rate(rows: Observed, name: str, base: float, minimum: int, betas: _Betas) -> Estimate:
    """The base rate of `rows`. Climate and mileage multiply it, so the Beta stands for the mean
    adjusted rate, and dividing by the mean multiplier leads back."""
    count, failures = len(rows), int(rows.failed.sum())
    multiplier = float(rows.multiplier.mean()) if count else 1.0
    start = min(base * multiplier, _RATE_LIMITS[1])
    failing = PSEUDO_OBSERVATIONS * start + failures
    sound = PSEUDO_OBSERVATIONS * (1.0 - start) + count - failures
    low, high = np.quantile(betas(failing, sound), _tails()) / multiplier
    value = failing / (failing + sound) / multiplier
    return Estimate(
        name=name,
        champion=base,
        value=_within(value, _RATE_LIMITS),
        low=float(low),
        high=float(high),
        count=count,
        has_moved=count >= minimum,
    )


def _ratios(
    observed: Observed, champion: Parameters, minimum: int, betas: _Betas
) -> Iterator[Estimate]:
    """LR+ and LR- of each piece of evidence, from the outcomes where it was known. Both move
    together, and only when failed and sound, present and absent all are there in numbers."""
    for place, name in enumerate(EVIDENCE):
        known = observed.take(observed.known[:, place])
        present = known.present[:, place]
        margins = (known.failed.sum(), (~known.failed).sum(), present.sum(), (~present).sum())
        count = int(min(margins))
        before = champion.likelihood_ratios[name]
        pair = _pair(present[known.failed], present[~known.failed], betas)
        for kind, champion_value, (value, low, high) in zip(
            ("present", "absent"), (before.present, before.absent), pair, strict=True
        ):
            yield Estimate(
                name=f"{name}.{kind}",
                champion=champion_value,
                value=_within(value, _RATIO_LIMITS),
                low=low,
                high=high,
                count=count,
                has_moved=count >= minimum,
            )


def _pair(in_failed: Bools, in_sound: Bools, betas: _Betas) -> Iterator[tuple[float, float, float]]:
    """Value, low and high of LR+ and of LR-; the ratio of posterior means, and the quantiles of
    the ratio. The arguments say of each vehicle whether the evidence was present."""
    hits, alarms = _beta(in_failed), _beta(in_sound)
    hit_rate, alarm_rate = hits[0] / sum(hits), alarms[0] / sum(alarms)
    hit_draws, alarm_draws = betas(*hits), betas(*alarms)
    for value, draws in (
        (hit_rate / alarm_rate, hit_draws / alarm_draws),
        ((1.0 - hit_rate) / (1.0 - alarm_rate), (1.0 - hit_draws) / (1.0 - alarm_draws)),
    ):
        low, high = np.quantile(draws, _tails())
        yield value, float(low), float(high)


def _beta(present: Bools) -> tuple[float, float]:
    """Beta of how often the evidence is present, from Jeffreys' prior."""
    return _JEFFREYS + int(present.sum()), _JEFFREYS + int((~present).sum())


def _recalibrated(observed: Observed, parameters: Parameters) -> Recalibration:
    if len(observed) < RECALIBRATION_MINIMUM or observed.failed.all() or not observed.failed.any():
        return Recalibration()
    prior = adjusted_priors(observed, parameters)
    log_odds = np.log(prior / (1.0 - prior) * combined_lrs(observed, parameters))
    return fit_logit(log_odds, observed.failed)


def fit_logit(log_odds: Floats, failed: Bools) -> Recalibration:
    """Intercept and slope that fit `failed` best: Newton's method on the penalised logistic
    likelihood, which is strictly concave, with halved steps where a whole one overshoots."""
    design = np.column_stack([np.ones(len(log_odds)), log_odds])
    found, loss = _IDENTITY, _loss(_IDENTITY, design, failed)
    for _ in range(100):
        chance = 1.0 / (1.0 + np.exp(-design @ found))
        gradient = design.T @ (chance - failed) + _PRECISION * (found - _IDENTITY)
        weights = (chance * (1.0 - chance))[:, None]
        curvature = design.T @ (design * weights) + np.diag(_PRECISION)
        step = np.linalg.solve(curvature, gradient)
        while (new := _loss(found - step, design, failed)) > loss and np.abs(step).max() > 1e-12:
            step = step / 2
        found, loss = found - step, new
        if np.abs(step).max() < 1e-10:
            break
    errors = np.sqrt(np.diag(np.linalg.inv(curvature)))
    return Recalibration(
        intercept=_within(float(found[0]), _INTERCEPT_LIMITS),
        slope=_within(float(found[1]), _SLOPE_LIMITS),
        intercept_error=float(errors[0]),
        slope_error=float(errors[1]),
        is_fitted=True,
    )


def _loss(found: Floats, design: Floats, failed: Bools) -> float:
    score = design @ found
    misfit = np.logaddexp(0.0, score).sum() - score[failed].sum()
    return float(misfit + 0.5 * (_PRECISION * (found - _IDENTITY) ** 2).sum())


def _tails() -> tuple[float, float]:
    return (1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0


def _within(value: float, limits: tuple[float, float]) -> float:
    return min(max(value, limits[0]), limits[1])
