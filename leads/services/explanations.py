"""A stored score taken apart again: by the evidence and the set that it was made with."""

from dataclasses import dataclass

from leads import explaining, stressors
from leads.enums import FailureWindow, PrimaryService
from leads.models import Lead, LeadScore, ScoringParameters
from leads.parameters import EVIDENCE, Price


@dataclass(frozen=True)
class Explanation:
    """Why a lead has its score. `annual_mileage`, `environment` and `usage` are the factors of
    the prior; `unknown` are pieces of evidence that nobody knows."""

    score: LeadScore
    parameters: ScoringParameters
    steps: list[explaining.Step]
    changes: list[explaining.Change]
    unknown: list[str]
    annual_mileage: float | None
    environment: float
    usage: float
    price: Price
    service: str
    window: str
    sentence: str


def explain(lead: Lead) -> Explanation | None:
    """None while the lead has no score. No query when score and parameters were read along."""
    score: LeadScore | None = getattr(lead, "score", None)
    if score is None:
        return None
    parameters = score.parameters.values()
    evidence = {name: getattr(score, name) for name in EVIDENCE}
    annual = stressors.annual_mileage(mileage=lead.current_mileage, age=lead.vehicle_age)
    service = stressors.primary_service(score.contact_urgency)
    return Explanation(
        score=score,
        parameters=score.parameters,
        steps=explaining.steps(score.adjusted_prior, evidence, parameters),
        changes=explaining.changes(score.adjusted_prior, evidence, parameters),
        unknown=[explaining.LABELS[name] for name in EVIDENCE if evidence[name] is None],
        annual_mileage=annual,
        environment=stressors.environment_factor(lead.temperature_stress, parameters),
        usage=stressors.usage_factor(annual, parameters),
        price=parameters.price(model=lead.model, vehicle_type=lead.vehicle_type),
        service=str(PrimaryService(service).label),
        window=str(FailureWindow(score.predicted_failure_window).label),
        sentence=explaining.phone_sentence(
            vehicle=f"{lead.year} {lead.make} {lead.model}",
            evidence=evidence,
            posterior=score.posterior_probability,
            window=score.predicted_failure_window,
            service=service,
            horizon_days=parameters.horizon_days,
            is_calibrated=score.parameters.is_calibrated,
        ),
    )
