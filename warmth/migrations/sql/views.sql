-- Weighted sum of the eight components by the published version; what is not known counts 0.
CREATE FUNCTION calculate_composite_warmth_score(
    engagement numeric, interaction_frequency numeric, response_rate numeric,
    budget_qualification numeric, timeline_urgency numeric, decision_authority numeric,
    demographic_fit numeric, past_behavior numeric
) RETURNS numeric
LANGUAGE sql STABLE
SET search_path = public, pg_temp
AS $$
    SELECT round(
        coalesce(engagement, 0) * engagement_weight
        + coalesce(interaction_frequency, 0) * interaction_frequency_weight
        + coalesce(response_rate, 0) * response_rate_weight
        + coalesce(budget_qualification, 0) * budget_qualification_weight
        + coalesce(timeline_urgency, 0) * timeline_urgency_weight
        + coalesce(decision_authority, 0) * decision_making_authority_weight
        + coalesce(demographic_fit, 0) * demographic_fit_weight
        + coalesce(past_behavior, 0) * past_purchase_behavior_weight, 2)
    FROM warmth_algorithms WHERE state = 'published' AND split_percent = 100
$$;

-- The day that the dealership's calendar shows at an instant: the session of the application says
-- in which time zone the shop is, for any other it is the session's own.
CREATE OR REPLACE FUNCTION shop_date(moment timestamptz) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (moment AT TIME ZONE coalesce(
    nullif(current_setting('lanewise.time_zone', true), ''), current_setting('TimeZone')))::date;

-- Days are counted anew for each reader, so that a missed night shows nobody as recent.
CREATE VIEW warmth_analytics AS
SELECT
    w.customer_id, w.id AS customer_warmth_id, c.name AS customer_name, c.email, c.phone,
    w.overall_warmth_score, w.warmth_level, w.purchase_probability,
    w.engagement_score, w.interaction_frequency_score, w.response_rate_score,
    w.budget_qualification_score, w.timeline_urgency_score, w.decision_making_authority_score,
    w.demographic_fit_score, w.past_purchase_behavior_score, w.confidence_level,
    w.days_since_first_contact, since.days AS days_since_last_interaction,
    w.expected_purchase_timeframe, w.total_interactions, w.meaningful_interactions,
    w.last_engagement_type, w.last_engagement_date,
    w.interested_vehicle_types, w.price_range_min, w.price_range_max,
    w.predicted_purchase_value, w.predicted_purchase_date,
    w.churn_risk_score, w.retention_probability,
    w.scoring_algorithm_used, w.algorithm_version, w.is_active, w.updated_at,
    CASE
        WHEN since.days IS NULL THEN 'None'
        WHEN since.days <= 7 THEN 'Recent'
        WHEN since.days <= 30 THEN 'Active'
        WHEN since.days <= 90 THEN 'Dormant'
        ELSE 'At risk'
    END AS engagement_status
FROM customer_warmth AS w
JOIN customers AS c ON c.id = w.customer_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN w.last_engagement_date IS NULL THEN w.days_since_last_interaction
        ELSE greatest(shop_date(now()) - shop_date(w.last_engagement_date), 0) END AS days
) AS since;

-- All history, archived or not.
CREATE VIEW customer_warmth_history_all AS
SELECT id, customer_warmth_id, warmth_score_snapshot, warmth_level_snapshot, change_trigger,
    change_description, score_change, algorithm_version, actor_id, actor_label, source, created_at,
    false AS is_archived
FROM customer_warmth_history
UNION ALL
SELECT id, customer_warmth_id, warmth_score_snapshot, warmth_level_snapshot, change_trigger,
    change_description, score_change, algorithm_version, actor_id, actor_label, source, created_at,
    true
FROM customer_warmth_history_archive;

CREATE VIEW warmth_trends AS
SELECT w.customer_id, c.name AS customer_name, shop_date(h.created_at) AS trend_date,
    round(avg(h.warmth_score_snapshot), 2) AS avg_daily_score,
    min(h.warmth_score_snapshot) AS min_daily_score,
    max(h.warmth_score_snapshot) AS max_daily_score,
    sum(h.score_change) AS daily_change,
    count(*) AS change_count,
    string_agg(DISTINCT h.change_trigger, ', ' ORDER BY h.change_trigger) AS change_triggers
FROM customer_warmth_history_all AS h
JOIN customer_warmth AS w ON w.id = h.customer_warmth_id
JOIN customers AS c ON c.id = w.customer_id
WHERE h.created_at >= CURRENT_TIMESTAMP - interval '30 days'
GROUP BY w.customer_id, c.name, shop_date(h.created_at);
