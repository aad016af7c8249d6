"""A score in words: its steps, what would change it, and what to say on the phone.

Standard library only. Sentences for customers name no probability while the parameter set is not
calibrated: nobody measured it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from leads import bayes
from leads.parameters import EVIDENCE, Parameters

Evidence = Mapping[str, bool | None]

LABELS = {
    "prior": "Where it starts",
    "temperature_cycling": "Temperature swings",
    "ignition_frequency": "Many starts",
    "soc_decline": "Weak charge",
    "short_trips": "Short trips",
    "recalibration": "Correction by outcomes",
}
_SAID = {
    "temperature_cycling": "the hot summers and cold winters around here are hard on it",
    "ignition_frequency": "it is started far more often than most",
    "soc_decline": "the charge looked weak when it was last measured",
    "short_trips": "most trips are too short to charge it up again",
}
_WINDOWS = {
    "1-4_weeks": "within the next four weeks",
    "2-6_weeks": "in the next two to six weeks",
    "4-10_weeks": "in the next four to ten weeks",
    "2-4_months": "in the next two to four months",
    "3-6_months": "in the next three to six months",
    "6-12_months": "within the year",
}
_OFFERS = {
    "battery_replacement": "I would like to get you in this week, test it, and have a new one "
    "ready in case it is needed. May I find you a time?",
    "battery_test_and_charging_check": "A test of the battery and the charging tells us for "
    "certain. Shall we do that at a time that suits you?",
    "battery_inspection": "There is no hurry: we can look at the battery at your next visit.",
}


@dataclass(frozen=True)
class Step:
    """One factor on the way: `log_odds` is what it adds; `before` and `after` are probabilities.

    `state` is present, absent, unknown, or "" for what is no evidence.
    """

    name: str
    label: str
    ratio: float
    log_odds: float
    before_log_odds: float
    before: float
    after: float
    state: str

    @property
    def after_log_odds(self) -> float:
        return self.before_log_odds + self.log_odds


@dataclass(frozen=True)
class Change:
    """The posterior if one piece of evidence were present, and if it were absent."""

    name: str
    label: str
    state: str
    if_present: float
    if_absent: float


def state_of(value: bool | None) -> str:
    return "unknown" if value is None else "present" if value else "absent"


def result_of(prior: float, evidence: Evidence, parameters: Parameters) -> bayes.Result:
    """Bayes' rule with the ratios and the recalibration of a parameter set."""
    return bayes.update(
        prior,
        {name: evidence[name] for name in EVIDENCE},
        parameters.likelihood_ratios,
        intercept=parameters.recalibration_intercept,
        slope=parameters.recalibration_slope,
    )


def steps(prior: float, evidence: Evidence, parameters: Parameters) -> list[Step]:
    """From the adjusted prior through each piece of evidence; the last `after` is the posterior."""
    found, total = [], 0.0
    for part in result_of(prior, evidence, parameters).contributions:
        is_evidence = part.name in EVIDENCE
        found.append(
            Step(
                name=part.name,
                label=LABELS[part.name],
                ratio=part.ratio,
                log_odds=part.log_odds,
                before_log_odds=total,
                before=bayes.probability(total),
                after=bayes.probability(total + part.log_odds),
                state=state_of(evidence[part.name]) if is_evidence else "",
            )
        )
        total += part.log_odds
    return found


def changes(prior: float, evidence: Evidence, parameters: Parameters) -> list[Change]:
    """What each piece of evidence decides, everything else being as it is."""

    def posterior(name: str, state: bool) -> float:
        return result_of(prior, {**evidence, name: state}, parameters).posterior

    return [
        Change(
            name=name,
            label=LABELS[name],
            state=state_of(evidence[name]),
            if_present=posterior(name, True),
            if_absent=posterior(name, False),
        )
        for name in EVIDENCE
    ]


def phone_sentence(
    *,
    vehicle: str,
    evidence: Evidence,
    posterior: float,
    window: str,
    service: str,
    horizon_days: int,
    is_calibrated: bool,
) -> str:
    """What to say to the owner: why we call, how sure we are, what we offer.

    `window` and `service` are the score's `predicted_failure_window` and `primary_service`.
    """
    reasons = [_SAID[name] for name in EVIDENCE if evidence[name]]
    why = f"because {_listed(reasons)}" if reasons else "because of its age and mileage"
    if is_calibrated:
        months = max(round(horizon_days / 30), 1)
        tenths = min(max(round(10 * posterior), 1), 9)
        certainty = (
            f"Of ten vehicles like yours that we tested, about {tenths} needed a battery within "
            f"{months} months."
        )
    elif service == "battery_inspection":
        certainty = "This is an estimate; only a test can tell, and nothing points to a problem."
    else:
        certainty = (
            f"This is an estimate, and only a test can tell, but it may let you down "
            f"{_WINDOWS[window]}."
        )
    return (
        f"I am calling about the battery of your {vehicle}. We keep an eye on it {why}. "
        f"{certainty} {_OFFERS[service]}"
    )


def _listed(parts: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
