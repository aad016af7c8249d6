"""Parameter sets judged by the same outcomes: learnt from the past, judged by what came later."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from leads import calibration
from leads import evaluation as maths
from leads.enums import ParameterState
from leads.evaluation import Judgement
from leads.models import ScoringParameters
from leads.observed import Floats, Observed, predictions
from leads.parameters import Parameters
from leads.services import parameters as parameter_sets
from leads.services.observing import outcomes

CALLS_A_DAY = 20
# Fewer say nothing in ten bins.
FEWEST = 20
_SHOWN_CHALLENGERS = 3


@dataclass(frozen=True)
class Judged:
    """A set and how it did. `parameters` is None for the method itself: calibrated on the past
    alone, which no stored set is. `seen` counts judged outcomes that the set was estimated from;
    its figures flatter it as far as they go."""

    name: str
    state: str
    judgement: Judgement
    seen: int
    parameters: ScoringParameters | None = None


@dataclass(frozen=True)
class Evaluation:
    """`trained_on` past outcomes gave the reference rates, `tested_on` later ones judge."""

    trained_on: int
    tested_on: int
    failure_rate: float
    first: int
    last: int
    calls: float
    sets: tuple[Judged, ...]

    @property
    def champion(self) -> Judged:
        return self.sets[0]


def evaluate(
    *,
    since: date | None = None,
    limit: int | None = None,
    calls_a_day: float = CALLS_A_DAY,
    train_share: float = maths.TRAIN_SHARE,
) -> Evaluation | None:
    """Champion, newest challengers and the method of calibration on the same later outcomes; None
    with fewer than FEWEST of them. `limit` takes the latest outcomes only."""
    champion = parameter_sets.champion()
    found = outcomes(horizon_days=champion.horizon_days, since=since, limit=limit).observed
    past, later = found.split(train_share)
    if len(later) < FEWEST:
        return None
    reference = maths.reference_rates(past, later)
    calls = calls_a_day * maths.days_spanned(later.at)
    challengers = ScoringParameters.objects.challengers().order_by("-id")[:_SHOWN_CHALLENGERS]
    states = [ParameterState.CHAMPION] + [ParameterState.CHALLENGER] * len(challengers)
    stored = zip((champion, *challengers), states, strict=True)
    return Evaluation(
        trained_on=len(past),
        tested_on=len(later),
        failure_rate=float(later.failed.mean()),
        first=int(later.at[0]),
        last=int(later.at[-1]),
        calls=min(calls, float(len(later))),
        sets=(
            *(_judged(row, state, later, reference, calls) for row, state in stored),
            _method(past, later, champion.values(), reference, calls),
        ),
    )


def _judged(
    row: ScoringParameters, state: str, later: Observed, reference: Floats, calls: float
) -> Judged:
    until = row.estimates.get("until")
    return Judged(
        name=row.name,
        state=state,
        judgement=_judge(row.values(), later, reference, calls),
        seen=0 if until is None else int(np.count_nonzero(later.at <= until)),
        parameters=row,
    )


def _method(
    past: Observed, later: Observed, champion: Parameters, reference: Floats, calls: float
) -> Judged:
    values = calibration.calibrate(past, champion).parameters
    return Judged(
        name="Calibrated on the past only",
        state="method",
        judgement=_judge(values, later, reference, calls),
        seen=0,
    )


def _judge(values: Parameters, later: Observed, reference: Floats, calls: float) -> Judgement:
    return maths.judge(predictions(later, values), later.failed, reference, calls=calls)


def note() -> str:
    """How the champion does, for the jobs page."""
    found = evaluate()
    if found is None:
        return "Too few battery tests to judge the scores."
    judgement = found.champion.judgement
    text = (
        f"{found.champion.name} on {judgement.count} tests: Brier {judgement.brier:.3f}, skill "
        f"{judgement.skill:+.2f}, calibration error {judgement.ece:.3f}."
    )
    if judgement.has_drifted:
        way = "more" if judgement.drift > 0 else "fewer"
        text += f" Drift: {way} batteries fail than predicted; calibrate."
    return text
