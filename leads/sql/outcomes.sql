-- Outcomes with what had been predicted, one for each vehicle and horizon: the first test of a
-- vehicle with a score; another test within the horizon is about the same battery and the same
-- question, so it only says whether that failed after all.
SELECT
    extract(epoch FROM tested_at)::bigint, has_failed,
    predicted_from ->> 'vehicle_type', predicted_from ->> 'cohort',
    (predicted_from ->> 'adjusted_prior')::float8 / (predicted_from ->> 'base_prior')::float8,
    -- 1 present, 0 absent, -1 unknown; in the order of leads.parameters.EVIDENCE.
    ARRAY[
        coalesce((predicted_from #>> '{evidence,temperature_cycling}')::boolean::integer, -1),
        coalesce((predicted_from #>> '{evidence,ignition_frequency}')::boolean::integer, -1),
        coalesce((predicted_from #>> '{evidence,soc_decline}')::boolean::integer, -1),
        coalesce((predicted_from #>> '{evidence,short_trips}')::boolean::integer, -1)
    ],
    is_synthetic
FROM (
    SELECT t.id, t.tested_at, t.predicted_probability, t.predicted_from, l.source = 'generated' AS is_synthetic,
        bool_or(t.result = ANY(%(failed)s::text[])) OVER (
            PARTITION BY coalesce(t.vehicle_id::text, t.lead_id::text) ORDER BY t.tested_at
            RANGE BETWEEN CURRENT ROW AND %(horizon)s::interval FOLLOWING) AS has_failed,
        max(t.tested_at) FILTER (WHERE t.predicted_probability IS NOT NULL) OVER (
            PARTITION BY coalesce(t.vehicle_id::text, t.lead_id::text) ORDER BY t.tested_at, t.id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS asked_before
    FROM battery_tests AS t
    LEFT JOIN vin_leads AS l ON l.lead_id = t.lead_id
) AS tests
WHERE predicted_probability IS NOT NULL AND predicted_from ? 'evidence'
    AND (asked_before IS NULL OR asked_before < tested_at - %(horizon)s::interval)
    AND tested_at >= %(since)s::timestamptz
ORDER BY tested_at DESC, id
LIMIT %(limit)s
