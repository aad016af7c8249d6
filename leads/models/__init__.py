from leads.models.climate import ClimateNormal
from leads.models.leads import Lead
from leads.models.outcomes import BatteryTest
from leads.models.parameters import ParameterActivation, ScoringParameters
from leads.models.scores import LeadRecord, LeadScore, ScoreHistory

__all__ = [
    "BatteryTest",
    "ClimateNormal",
    "Lead",
    "LeadRecord",
    "LeadScore",
    "ParameterActivation",
    "ScoreHistory",
    "ScoringParameters",
]
