-- The score of every open lead: SQL twin of leads.assessment.assess, term by term in the same order
-- of operations, plus the places within the cohort. Held to Python by tests/leads/test_nightly.py.
-- OFFSET 0 keeps the planner from copying an expression into each of its uses.
SELECT
    lead_id, base_prior, adjusted_prior, is_clamped, combined_lr, posterior_probability, start_cycle_z,
    temperature_cycling, ignition_frequency, soc_decline, short_trips, active_lrs,
    parts_cost, service_cost, parts_cost + service_cost AS total_opportunity,
    round((posterior_probability * (parts_cost + service_cost))::numeric, 2) AS expected_value,
    risk_percentile,
    floor(least(greatest(
        70 * posterior_probability + 20 * risk_percentile / 100.0::float8
        + 10 * coalesce(least(greatest(start_cycle_z / 4, 0), 1), 0), 0), 100) + 0.5)::smallint AS urgency_score,
    CASE
        WHEN posterior_probability >= %(high_band)s::float8 THEN 'immediate'
        WHEN posterior_probability >= %(medium_band)s::float8 THEN '24_hours'
        ELSE '48_hours'
    END AS contact_urgency,
    CASE
        WHEN posterior_probability >= 0.85 THEN '1-4_weeks'
        WHEN posterior_probability >= 0.70 THEN '2-6_weeks'
        WHEN posterior_probability >= 0.60 THEN '4-10_weeks'
        WHEN posterior_probability >= 0.45 THEN '2-4_months'
        WHEN posterior_probability >= 0.30 THEN '3-6_months'
        ELSE '6-12_months'
    END AS predicted_failure_window
FROM (
    -- Mid-rank: rank() - 1 leads lie below, and count() of the same window adds the ties.
    SELECT p.*, (
        (100 * (rank() OVER lower_first - 1 + count(*) OVER lower_first) + count(*) OVER cohort)
        / (2 * count(*) OVER cohort)
    )::smallint AS risk_percentile
    FROM (
        SELECT o.*, odds / (1 + odds) AS posterior_probability
        FROM (
            SELECT e.*, CASE
                WHEN %(is_recalibrated)s::boolean
                THEN exp(%(intercept)s::float8 + %(slope)s::float8
                    * ln(adjusted_prior / (1 - adjusted_prior) * combined_lr))
                ELSE adjusted_prior / (1 - adjusted_prior) * combined_lr
            END AS odds
            FROM (
                SELECT a.*,
                    least(greatest(base_prior * environment * usage,
                        %(prior_floor)s::float8), %(prior_ceiling)s::float8) AS adjusted_prior,
                    base_prior * environment * usage
                        NOT BETWEEN %(prior_floor)s::float8 AND %(prior_ceiling)s::float8 AS is_clamped,
                    CASE WHEN temperature_cycling THEN %(temperature_cycling_present)s::float8
                        WHEN NOT temperature_cycling THEN %(temperature_cycling_absent)s::float8 ELSE 1 END
                    * CASE WHEN ignition_frequency THEN %(ignition_frequency_present)s::float8
                        WHEN NOT ignition_frequency THEN %(ignition_frequency_absent)s::float8 ELSE 1 END
                    * CASE WHEN soc_decline THEN %(soc_decline_present)s::float8
                        WHEN NOT soc_decline THEN %(soc_decline_absent)s::float8 ELSE 1 END
                    * CASE WHEN short_trips THEN %(short_trips_present)s::float8
                        WHEN NOT short_trips THEN %(short_trips_absent)s::float8 ELSE 1 END AS combined_lr,
                    array_remove(ARRAY[
                        CASE WHEN temperature_cycling THEN %(temperature_cycling_present)s::float8 END,
                        CASE WHEN ignition_frequency THEN %(ignition_frequency_present)s::float8 END,
                        CASE WHEN soc_decline THEN %(soc_decline_present)s::float8 END,
                        CASE WHEN short_trips THEN %(short_trips_present)s::float8 END
                    ], NULL) AS active_lrs
                FROM (
                    SELECT f.*, start_cycle_z >= %(start_z_threshold)s::float8 AS ignition_frequency
                    FROM (
                        SELECT l.lead_id, l.cohort_assignment,
                            coalesce(c.base_prior, t.base_prior) AS base_prior,
                            coalesce(m.parts, t.parts) AS parts_cost,
                            coalesce(m.service, t.service) AS service_cost,
                            coalesce(%(environment_base)s::float8 + l.temperature_stress, 1) AS environment,
                            CASE WHEN l.current_mileage IS NULL OR l.vehicle_age IS NULL THEN 1
                                ELSE least(greatest(
                                    %(usage_floor)s::float8 + %(usage_slope)s::float8
                                    * abs(l.current_mileage::float8 / greatest(l.vehicle_age, 1)
                                        - %(usage_centre_miles)s::float8) / %(usage_centre_miles)s::float8,
                                    %(usage_floor)s::float8), %(usage_ceiling)s::float8)
                            END AS usage,
                            (l.start_cycles_annual - %(starts_mean)s::float8)
                                / %(starts_sigma)s::float8 AS start_cycle_z,
                            l.temperature_swing > %(swing_threshold)s::float8 AS temperature_cycling,
                            l.short_trip_percentage > %(short_trip_threshold)s::float8 AS short_trips,
                            CASE WHEN l.soc_source = 'simulated' OR l.soc_date >= %(oldest_evidence)s::date
                                THEN l.soc_decline END AS soc_decline
                        FROM vin_leads AS l
                        JOIN unnest(%(types)s::text[], %(type_priors)s::float8[], %(type_parts)s::integer[],
                            %(type_service)s::integer[]) AS t (vehicle_type, base_prior, parts, service)
                            USING (vehicle_type)
                        LEFT JOIN unnest(%(cohorts)s::text[], %(cohort_priors)s::float8[])
                            AS c (cohort, base_prior) ON c.cohort = l.cohort_assignment
                        LEFT JOIN unnest(%(models)s::text[], %(model_parts)s::integer[],
                            %(model_service)s::integer[]) AS m (model, parts, service) ON m.model = l.model
                        WHERE l.status IN ('new', 'contacted', 'booked', 'arrived') {scope}
                        OFFSET 0
                    ) AS f
                ) AS a
                OFFSET 0
            ) AS e
            OFFSET 0
        ) AS o
    ) AS p
    WINDOW lower_first AS (PARTITION BY cohort_assignment ORDER BY posterior_probability),
        cohort AS (PARTITION BY cohort_assignment)
    OFFSET 0
) AS ranked
