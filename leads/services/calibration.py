"""A challenger parameter set from what battery tests said."""

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

from crm.exceptions import Refused
from crm.models import User
from jobs.registry import local_today
from leads import calibration as maths
from leads.calibration import Calibration, Estimate
from leads.models import ScoringParameters
from leads.services import parameters as parameter_sets
from leads.services.observing import Outcomes, outcomes


@dataclass(frozen=True)
class Draft:
    """What the outcomes say, not stored yet."""

    champion: ScoringParameters
    outcomes: Outcomes
    calibration: Calibration

    @property
    def estimates(self) -> dict[str, Any]:
        """Counts, values and intervals, as JSON."""
        observed, found = self.outcomes.observed, self.calibration
        return {
            "outcomes": len(observed),
            "failures": int(observed.failed.sum()),
            "synthetic": self.outcomes.synthetic,
            "first": _day(observed.at[0]) if len(observed) else None,
            "last": _day(observed.at[-1]) if len(observed) else None,
            "until": int(observed.at[-1]) if len(observed) else None,
            "type_rates": [asdict(one) for one in found.type_rates],
            "cohort_rates": [asdict(one) for one in found.cohort_rates],
            "ratios": [asdict(one) for one in found.ratios],
            "recalibration": asdict(found.recalibration),
        }


def draft(*, since: date | None = None, minimum: int = maths.MINIMUM) -> Draft:
    """Estimates from the recorded outcomes, beside the champion's numbers. Stores nothing."""
    champion = parameter_sets.champion()
    found = outcomes(horizon_days=champion.horizon_days, since=since)
    estimated = maths.calibrate(found.observed, champion.values(), minimum=minimum)
    return Draft(champion=champion, outcomes=found, calibration=estimated)


def propose(*, draft: Draft, name: str = "", by: User | None = None) -> ScoringParameters:
    """Store a draft as a challenger, named for the day unless `name` is given.

    Raises Refused when too few outcomes are known for any number to move, Duplicate for a name
    that is taken.
    """
    if not draft.calibration.has_moved:
        raise Refused(
            "Too few battery tests are known for any number to move.",
            code="too_few_outcomes",
            remedy="Record the result of each battery test, and calibrate again.",
        )
    return parameter_sets.propose(
        values=draft.calibration.parameters,
        name=name or _free_name(),
        provenance=_provenance(draft),
        is_calibrated=True,
        based_on=draft.champion,
        estimates=draft.estimates,
        by=by,
    )


def moved(found: Calibration) -> list[Estimate]:
    everything = (*found.type_rates, *found.cohort_rates, *found.ratios)
    return [one for one in everything if one.has_moved]


def _free_name() -> str:
    """calibrated-<today>, and -2, -3 ... where there is one already."""
    base = f"calibrated-{local_today()}"
    taken = set(
        ScoringParameters.objects.filter(name__startswith=base).values_list("name", flat=True)
    )
    names = (base, *(f"{base}-{number}" for number in range(2, len(taken) + 2)))
    return next(name for name in names if name not in taken)


def _provenance(draft: Draft) -> str:
    figures = draft.estimates
    text = (
        f"Estimated from {figures['outcomes']} battery tests ({figures['failures']} failed) of "
        f"{figures['first']} to {figures['last']}; {len(moved(draft.calibration))} numbers moved, "
        f"the others are those of {draft.champion.name}."
    )
    if draft.calibration.recalibration.is_fitted:
        text += " Log-odds recalibrated."
    if figures["synthetic"]:
        text += f" {figures['synthetic']} of the tests are of synthetic leads."
    return f"{text} Leads whose battery nobody tested are unknown, not sound."


def _day(seconds: Any) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).date().isoformat()
