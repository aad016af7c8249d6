-- Brings the scores of open leads in line with facts and parameters, in the order of the table: adds
-- those that are missing and writes only rows that differ. A change of band, or of 0.01 since the
-- last row of the history, stamps the row with this run's time, by which history.sql finds it:
-- cheaper than RETURNING every row. A score that goes with its lead while this statement waits for it
-- is not matched either: `keep_lead` says that there is nothing to be added for.
MERGE INTO lead_scores AS s
USING (SELECT * FROM ({calculation}) AS calculated {only} ORDER BY lead_id OFFSET 0) AS n
ON s.lead_id = n.lead_id
WHEN MATCHED AND (
    s.parameters_id, s.base_prior, s.adjusted_prior, s.is_clamped, s.combined_lr, s.posterior_probability,
    s.start_cycle_z, s.temperature_cycling, s.ignition_frequency, s.soc_decline, s.short_trips, s.active_lrs,
    s.parts_cost, s.service_cost, s.expected_value, s.risk_percentile, s.urgency_score,
    s.contact_urgency, s.predicted_failure_window
) IS DISTINCT FROM (
    %(parameters)s::bigint, n.base_prior, n.adjusted_prior, n.is_clamped, n.combined_lr, n.posterior_probability,
    n.start_cycle_z, n.temperature_cycling, n.ignition_frequency, n.soc_decline, n.short_trips, n.active_lrs,
    n.parts_cost, n.service_cost, n.expected_value, n.risk_percentile, n.urgency_score,
    n.contact_urgency, n.predicted_failure_window
) THEN UPDATE SET
    parameters_id = %(parameters)s::bigint,
    base_prior = n.base_prior,
    adjusted_prior = n.adjusted_prior,
    is_clamped = n.is_clamped,
    combined_lr = n.combined_lr,
    posterior_probability = n.posterior_probability,
    recorded_posterior = CASE
        WHEN abs(n.posterior_probability - s.recorded_posterior) >= 0.01
            OR n.contact_urgency <> s.contact_urgency
        THEN n.posterior_probability ELSE s.recorded_posterior END,
    scored_at = CASE
        WHEN abs(n.posterior_probability - s.recorded_posterior) >= 0.01
            OR n.contact_urgency <> s.contact_urgency
        THEN %(now)s::timestamptz ELSE s.scored_at END,
    start_cycle_z = n.start_cycle_z,
    temperature_cycling = n.temperature_cycling,
    ignition_frequency = n.ignition_frequency,
    soc_decline = n.soc_decline,
    short_trips = n.short_trips,
    active_lrs = n.active_lrs,
    parts_cost = n.parts_cost,
    service_cost = n.service_cost,
    total_opportunity = n.total_opportunity,
    expected_value = n.expected_value,
    risk_percentile = n.risk_percentile,
    urgency_score = n.urgency_score,
    contact_urgency = n.contact_urgency,
    predicted_failure_window = n.predicted_failure_window
WHEN NOT MATCHED AND keep_lead(n.lead_id) THEN INSERT (
    lead_id, parameters_id, base_prior, adjusted_prior, is_clamped, combined_lr, posterior_probability,
    recorded_posterior, start_cycle_z, temperature_cycling, ignition_frequency, soc_decline, short_trips,
    active_lrs, parts_cost, service_cost, total_opportunity, expected_value, risk_percentile, urgency_score,
    contact_urgency, predicted_failure_window, scored_at
) VALUES (
    n.lead_id, %(parameters)s::bigint, n.base_prior, n.adjusted_prior, n.is_clamped, n.combined_lr,
    n.posterior_probability, n.posterior_probability, n.start_cycle_z, n.temperature_cycling,
    n.ignition_frequency, n.soc_decline, n.short_trips, n.active_lrs, n.parts_cost, n.service_cost,
    n.total_opportunity, n.expected_value, n.risk_percentile, n.urgency_score, n.contact_urgency,
    n.predicted_failure_window, %(now)s::timestamptz
)
