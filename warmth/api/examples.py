"""What the schema shows of warmth: one customer on one day, with the seed's weights and bounds.

The components and the score are those of the worked example in docs/warmth.md.
"""

from typing import Any

from crm.rest.examples import KEY

_SCORES = {
    "engagement_score": "75.00",
    "interaction_frequency_score": "60.00",
    "response_rate_score": "80.00",
    "budget_qualification_score": "85.00",
    "timeline_urgency_score": "70.00",
    "decision_making_authority_score": "75.00",
    "demographic_fit_score": "60.00",
    "past_purchase_behavior_score": "70.00",
    "overall_warmth_score": "73.50",
    "warmth_level": "warm",
    "purchase_probability": "57.32",
    "component_sources": "rrdpdpdd",
    "confidence_level": "95.78",
    "days_since_first_contact": 412,
    "days_since_last_interaction": 2,
    "days_silent": 2,
    "expected_purchase_timeframe": 32,
    "total_interactions": 14,
    "meaningful_interactions": 4,
    "last_engagement_type": "test_drive",
    "churn_risk_score": "2.32",
    "retention_probability": "97.68",
    "predicted_purchase_value": "41000.00",
    "predicted_purchase_date": "2027-01-03",
    "price_range_min": "36000.00",
    "price_range_max": "46000.00",
    "declared_purchase_date": "2027-01-03",
    "interested_vehicle_types": ["suv", "truck"],
    "preferred_features": {"color": "red", "fuel_type": "hybrid"},
    "warmth_notes": "Completed a test drive",
}
_HISTORY = {
    "warmth_score_snapshot": "73.50",
    "warmth_level_snapshot": "warm",
    "score_change": "5.00",
    "change_trigger": "test_drive",
    "change_description": "2026 Ford F-150",
}
_RULE = {
    "trigger_name": "Test drive",
    "trigger_type": "test_drive",
    "base_score_impact": "25.00",
    "decay_rate": "0.10",
    "max_occurrences": 2,
    "time_window_days": 90,
    "algorithm_version": "seed-1.0",
    "algorithm_state": "published",
}
_VERSION = {
    "engagement_weight": "0.2000",
    "interaction_frequency_weight": "0.1500",
    "response_rate_weight": "0.1000",
    "budget_qualification_weight": "0.2000",
    "timeline_urgency_weight": "0.1500",
    "decision_making_authority_weight": "0.1000",
    "demographic_fit_weight": "0.0500",
    "past_purchase_behavior_weight": "0.0500",
    "cold_from": "15.00",
    "cool_from": "30.00",
    "lukewarm_from": "45.00",
    "warm_from": "60.00",
    "hot_from": "75.00",
    "scorching_from": "90.00",
    "probability_midpoint": "69.960",
    "probability_scale": "12.000",
    "typical_purchase_value": "35000.00",
    "is_calibrated": False,
    "split_percent": 100,
}
_NAMES = {"version": "spring-2027", "description": "Test drives count for longer"}
_EVENT = {
    "event_type": "test_drive",
    "event_key": "website:48213",
    "value": "41000.00",
    "subject": "2026 Ford F-150",
}
_DAY = {
    "average_score": "71.00",
    "lowest_score": "68.50",
    "highest_score": "73.50",
    "change": "5.00",
    "triggers": "test_drive",
}
_SENT = {"customer_id": KEY, "occurred_at": "2026-12-02T15:00:00Z", **_EVENT}
# Their names mean other things elsewhere, so that each serializer has its own.
_OWN: dict[str, dict[str, Any]] = {
    "WarmthRows": {
        "manual_adjustments": {
            "budget_qualification": {
                "value": "85.00",
                "reason": "Bank letter",
                "author": "Ann Lee",
                "author_id": 4,
                "at": "2026-12-02T15:00:00Z",
                "expires_at": "2027-03-03T05:00:00Z",
            }
        }
    },
    "WarmthInput": {"notes": "Customer completed test drive", "reason": "Bank letter"},
    "WarmthEventRows": {**_EVENT, "recorded_by": "website"},
    "WarmthEventInput": _EVENT,
    "WarmthEventBatch": {"events": [_SENT]},
    "WarmthEventReport": {"recorded": 998, "known": 1, "customers": 640},
    "WarmthEventRefusal": {
        "row": 17,
        "pointer": "/events/17/event_type",
        "code": "warmth_events_type_known",
        "detail": "Unknown kind of event.",
    },
    "WarmthAlgorithmRows": {**_NAMES, "state": "draft", "created_by": 4, "published_by": None},
    "WarmthAlgorithmInput": _NAMES,
    "WarmthDraftInput": _NAMES,
    "WarmthReasonInput": {"reason": "Accuracy on the last quarter"},
    "WarmthTrialInput": {"reason": "Compare before the spring sale", "percent": 20},
    "WarmthLevelChange": {"level": "warm", "customers_now": 310, "customers_then": 342},
    "WarmthMover": {
        "level": "warm",
        "new_level": "hot",
        "score": "73.50",
        "new_score": "76.10",
    },
    "WarmthPreview": {"customers": 4200, "changing": 57, "mean_change": "0.41"},
    "WarmthStage": {
        "level": "warm",
        "customers": 310,
        "average_score": "66.20",
        "average_value": "38500.00",
        "total_value": "11935000.00",
        "expected_value": "5072375.00",
    },
    "WarmthShare": {"level": "warm", "count": 310, "percentage": "7.38"},
    "WarmthTrendDay": {
        "customers": 96,
        "changes": 131,
        "average_score": "48.20",
        "gained": "412.50",
        "lost": "-288.75",
    },
    "CustomerTrendDay": _DAY,
}
VALUES: dict[str, Any] = {
    **_SCORES,
    **_HISTORY,
    **_RULE,
    **_VERSION,
    **{
        f"{serializer}.{field}": value
        for serializer, fields in _OWN.items()
        for field, value in fields.items()
    },
}
