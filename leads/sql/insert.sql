-- Scores of leads that have none yet.
INSERT INTO lead_scores (
    lead_id, parameters_id, base_prior, adjusted_prior, is_clamped, combined_lr, posterior_probability,
    recorded_posterior, start_cycle_z, temperature_cycling, ignition_frequency, soc_decline, short_trips,
    active_lrs, parts_cost, service_cost, total_opportunity, expected_value, risk_percentile, urgency_score,
    contact_urgency, predicted_failure_window, scored_at
)
SELECT
    lead_id, %(parameters)s::bigint, base_prior, adjusted_prior, is_clamped, combined_lr, posterior_probability,
    posterior_probability, start_cycle_z, temperature_cycling, ignition_frequency, soc_decline, short_trips,
    active_lrs, parts_cost, service_cost, total_opportunity, expected_value, risk_percentile, urgency_score,
    contact_urgency, predicted_failure_window, %(now)s::timestamptz
FROM ({calculation}) AS n
WHERE NOT EXISTS (SELECT FROM lead_scores AS s WHERE s.lead_id = n.lead_id) {only}
ORDER BY lead_id
ON CONFLICT (lead_id) DO NOTHING
