"""Sentences for the named constraints of the warmth tables; see `crm.constraints`."""

from crm.exceptions import Duplicate, HasHistory, Invalid, Refused

RULES: dict[str, tuple[type[Refused], str | None, str, str]] = {
    "customer_warmth_customer_id_key": (
        Duplicate, "customer", "This customer has a warmth record already.", "Change that one.",
    ),
    "customer_warmth_score_range": (
        Invalid, "overall_warmth_score", "A score is between 0 and 100.", "Check the value.",
    ),
    "customer_warmth_components_range": (
        Invalid, "engagement_score", "Each component is between 0 and 100.", "Check the values.",
    ),
    "customer_warmth_shares_range": (
        Invalid, None, "Percentages are between 0 and 100.", "Check the values.",
    ),
    "customer_warmth_level_known": (
        Invalid, "warmth_level", "Unknown level.", "The level follows the score; leave it out.",
    ),
    "customer_warmth_engagement_known": (
        Invalid, "last_engagement_type", "Unknown kind of engagement.", "Choose a listed one.",
    ),
    "customer_warmth_algorithm_known": (
        Invalid, "scoring_algorithm_used", "Unknown algorithm.", "Leave it out.",
    ),
    "customer_warmth_role_known": (
        Invalid, "decision_role", "Unknown part in the decision.",
        "Choose sole, joint, influencer or none.",
    ),
    "customer_warmth_interactions_counted": (
        Invalid, "meaningful_interactions",
        "There cannot be more meaningful interactions than interactions.", "Check the counts.",
    ),
    "customer_warmth_days_positive": (
        Invalid, "expected_purchase_timeframe", "Days cannot be negative.", "Check the values.",
    ),
    "customer_warmth_prices_positive": (
        Invalid, "price_range_min", "A price cannot be negative.", "Check the amounts.",
    ),
    "customer_warmth_prices_ordered": (
        Invalid, "price_range_max", "The price range ends below its beginning.",
        "Check the amounts.",
    ),
    "customer_warmth_value_positive": (
        Invalid, "predicted_purchase_value", "A value cannot be negative.", "Check the amount.",
    ),
    "customer_warmth_sources_shape": (
        Invalid, None, "Sources are eight letters of -, d, r and p.", "Leave them out.",
    ),
    "customer_warmth_adjustments_explained": (
        Invalid, "manual_adjustments",
        "Each adjustment names a component, a value from 0 to 100, a reason and an expiry.",
        "Fill in what is missing.",
    ),
    "warmth_history_append_only": (
        HasHistory, None, "History of warmth is never changed.", "Change the score instead.",
    ),
    "warmth_crossings_direction_known": (
        Invalid, "direction", "Unknown direction.", "Choose up or down.",
    ),
    "warmth_crossings_levels_known": (Invalid, "level", "Unknown level.", "Choose a listed one."),
    "warmth_crossings_levels_differ": (
        Invalid, "level", "A crossing leads from one level to another.", "Check the levels.",
    ),
    "warmth_events_key_once": (
        Duplicate, "event_key", "This event is recorded already.", "Nothing is to be done.",
    ),
    "warmth_events_key_given": (
        Invalid, "event_key", "The event's key is empty.", "Leave it out or fill it in.",
    ),
    "warmth_events_type_known": (
        Invalid, "event_type", "Unknown kind of event.", "Choose a listed one.",
    ),
    "warmth_events_source_known": (
        Invalid, "source", "Unknown source of an event.", "Choose a listed one.",
    ),
    "warmth_events_value_positive": (
        Invalid, "value", "A value cannot be negative.", "Check the amount.",
    ),
    "warmth_algorithms_version_once": (
        Duplicate, "version", "There is a version of this name.", "Choose another name.",
    ),
    "warmth_algorithms_version_given": (
        Invalid, "version", "A version needs a name.", "Name it.",
    ),
    "warmth_algorithms_state_known": (
        Invalid, "state", "Unknown state.", "Choose draft, published or retired.",
    ),
    "warmth_algorithms_one_published": (
        Duplicate, "state", "Another version is published.", "Retire that one in the same step.",
    ),
    "warmth_algorithms_one_on_trial": (
        Duplicate, "state", "Another version is on trial.", "End that trial first.",
    ),
    "warmth_algorithms_split_range": (
        Invalid, "split_percent", "The share is between 1 and 100 %.", "Check the share.",
    ),
    "warmth_algorithms_weights_range": (
        Invalid, "engagement_weight", "Each weight is between 0 and 1.", "Check the weights.",
    ),
    "warmth_algorithms_weights_sum": (
        Invalid, "engagement_weight", "The weights do not sum to 1.", "Change one of them.",
    ),
    "warmth_algorithms_bounds_ordered": (
        Invalid, "scorching_from", "The levels' bounds do not rise from cold to scorching.",
        "Check the bounds.",
    ),
    "warmth_algorithms_value_positive": (
        Invalid, "typical_purchase_value", "The typical value must be above 0.", "Check it.",
    ),
    "warmth_algorithms_curve_plausible": (
        Invalid, "probability_scale",
        "The curve's midpoint is between 0 and 100, its scale at least 1.", "Check them.",
    ),
    "warmth_algorithms_immutable": (
        HasHistory, None, "A version that was published is never changed.",
        "Draft a new version and publish it.",
    ),
    "warmth_triggers_once": (
        Duplicate, "trigger_type",
        "This version has a rule for that event and that component.", "Change that rule.",
    ),
    "warmth_triggers_named": (Invalid, "trigger_name", "A rule needs a name.", "Name it."),
    "warmth_triggers_type_known": (
        Invalid, "trigger_type", "Unknown kind of event.", "Choose a listed one.",
    ),
    "warmth_triggers_component_known": (
        Invalid, "target_component", "Unknown component.", "Choose a listed one.",
    ),
    "warmth_triggers_impact_range": (
        Invalid, "base_score_impact", "A rule adds or takes at most 100 points.",
        "Check the points.",
    ),
    "warmth_triggers_decay_range": (
        Invalid, "decay_rate", "The decay is at least 0 and below 1.", "Write 0.1 for 10 %.",
    ),
    "warmth_triggers_occurrences_positive": (
        Invalid, "max_occurrences", "A rule counts at least one event.", "Check the number.",
    ),
    "warmth_triggers_window_range": (
        Invalid, "time_window_days", "The window is between 1 and 1,825 days.", "Check the days.",
    ),
    "warmth_reports_once": (
        Duplicate, "period", "This report has been made for its period.", "Read that one.",
    ),
    "warmth_reports_kind_known": (
        Invalid, "kind", "Unknown kind of report.", "Choose a listed one.",
    ),
}  # fmt: skip
