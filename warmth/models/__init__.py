from warmth.models.algorithms import WarmthAlgorithm, WarmthScoringTrigger
from warmth.models.events import WarmthEvent
from warmth.models.history import ArchivedWarmthHistory, CustomerWarmthHistory, WarmthLevelCrossing
from warmth.models.reports import WarmthReport
from warmth.models.scores import CustomerWarmth

__all__ = [
    "ArchivedWarmthHistory",
    "CustomerWarmth",
    "CustomerWarmthHistory",
    "WarmthAlgorithm",
    "WarmthEvent",
    "WarmthLevelCrossing",
    "WarmthReport",
    "WarmthScoringTrigger",
]
