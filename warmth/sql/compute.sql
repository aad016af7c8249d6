-- Everything that is computed of the customers in scope on one day: the twin of warmth/scoring.py
-- and warmth/decay.py for many customers at once, held to them by tests/warmth/test_recompute.py.
--
-- Parameters: algorithm (version's key), as_of (date), day_start and day_end (the day's first
-- instant and that of the next), day_end_epoch (the same in seconds since 1970: worked out once and
-- not for each event), zips and distance_points (two arrays), arm (value of scoring_algorithm_used),
-- gather (whether drift under 1.00 without a change of level is to be gathered before it becomes
-- history). What stands in braces is put in by warmth/services/computation.py: once for each
-- component, or the customers in scope.
-- OFFSET 0 keeps the planner from putting an expression in place of each use of its name, which
-- would compute a score a dozen times.
WITH version AS MATERIALIZED (
    SELECT * FROM warmth_algorithms WHERE id = %(algorithm)s
), types (event_type, ordinal, engaged, initiated, meaningful, answered, silent) AS (
    VALUES {types}
), rules AS MATERIALIZED (
    -- A type without a rule has one row as well; of a type with two rules only one counts as facts.
    SELECT t.event_type, t.ordinal, r.target_component AS target,
        r.base_score_impact::float8 * 100 AS hundredths, r.decay_exponent AS exponent,
        r.max_occurrences AS most, r.time_window_days AS days,
        f.is_first, f.is_first AND t.engaged AS engaged, f.is_first AND t.initiated AS initiated,
        f.is_first AND t.meaningful AS meaningful, f.is_first AND t.answered AS answered,
        f.is_first AND t.silent AS silent, f.is_first AND t.event_type = 'no_show' AS no_show,
        f.is_first AND t.event_type = 'opt_out' AS opt_out,
        f.is_first AND t.event_type = 'service_visit' AS service
    FROM types AS t
    LEFT JOIN warmth_scoring_triggers AS r
      ON r.trigger_type = t.event_type AND r.algorithm_id = %(algorithm)s AND r.is_active
    CROSS JOIN LATERAL (
        SELECT NOT EXISTS (
            SELECT FROM warmth_scoring_triggers AS o
            WHERE o.trigger_type = r.trigger_type AND o.algorithm_id = r.algorithm_id
              AND o.is_active AND o.target_component < r.target_component
        ) AS is_first
    ) AS f
), walk AS (
    -- In the order of the index, so that nothing is sorted; date_part and not extract, because
    -- numeric would double the time. `place` 1 is the newest of its type.
    SELECT e.customer_id, e.event_type, e.occurred_at, e.value,
        floor((%(day_end_epoch)s::float8 - date_part('epoch', e.occurred_at)) / 86400) AS age,
        row_number() OVER (PARTITION BY e.customer_id, e.event_type ORDER BY e.occurred_at DESC) AS place
    FROM warmth_events AS e
    WHERE {events_in_scope} AND e.occurred_at < %(day_end)s::timestamptz
), events AS (
    SELECT w.customer_id,
        {impacts},
        count(*) FILTER (WHERE r.is_first) AS total,
        count(*) FILTER (WHERE r.meaningful) AS meaningful,
        count(*) FILTER (WHERE r.engaged AND w.place = 1 AND w.age < 90) AS kinds_90,
        count(*) FILTER (WHERE r.initiated AND w.age < 90) AS initiated_90,
        count(*) FILTER (WHERE r.answered AND w.age < 180) AS answered_180,
        count(*) FILTER (WHERE r.silent AND w.age < 180) AS unanswered_180,
        count(*) FILTER (WHERE r.no_show AND w.age < 180) AS no_shows_180,
        count(*) FILTER (WHERE r.opt_out AND w.age < 365) AS opt_outs_365,
        count(*) FILTER (WHERE r.service AND w.age < 730) AS services_730,
        max(w.value) FILTER (WHERE w.age < 365) AS largest_365,
        max(w.age) AS oldest_age,
        max(w.occurred_at) FILTER (WHERE r.engaged) AS last_at,
        -- Time and type of the newest in one number: cheaper than sorting each customer's types.
        max(floor(date_part('epoch', w.occurred_at)) * 64 + r.ordinal) FILTER (WHERE r.engaged AND w.place = 1) AS last_code
    FROM walk AS w JOIN rules AS r USING (event_type)
    GROUP BY w.customer_id
), garages AS (
    SELECT v.customer_id,
        count(*) FILTER (WHERE v.status = 'active') AS household,
        count(*) FILTER (WHERE v.purchased_from_us) AS bought,
        max(coalesce(v.purchase_date, make_date(v.year, 1, 1)))
            FILTER (WHERE v.status = 'active') AS newest
    FROM vehicles AS v WHERE {vehicles_in_scope} GROUP BY v.customer_id
), places (zip_code, points) AS (
    SELECT * FROM unnest(%(zips)s::text[], %(distance_points)s::float8[])
), facts AS (
    SELECT c.id AS customer_id, w.id AS warmth_id, w.updated_at AS seen,
        w.warmth_level AS present_level, w.recorded_score AS present_record,
        w.price_range_min AS price_min, w.price_range_max AS price_max, w.decision_role,
        w.declared_purchase_date - %(as_of)s::date AS declared_days,
        CASE WHEN w.manual_adjustments = '{{}}' THEN w.manual_adjustments ELSE coalesce((
            SELECT jsonb_object_agg(a.key, a.value) FROM jsonb_each(w.manual_adjustments) AS a
            WHERE (a.value ->> 'expires_at')::timestamptz > %(day_start)s::timestamptz
        ), '{{}}') END AS adjustments,
        greatest(CASE WHEN c.customer_since IS NOT NULL THEN greatest(%(as_of)s::date - c.customer_since, 0) END, e.oldest_age)::integer AS first_days,
        floor((%(day_end_epoch)s::float8 - date_part('epoch', e.last_at)) / 86400)::integer AS last_days, e.last_at, t.event_type AS last_type,
        coalesce(e.total, 0)::integer AS total, coalesce(e.meaningful, 0)::integer AS meaningful,
        e.largest_365,
        {points},
        e.kinds_90, coalesce(e.initiated_90, 0)::float8 AS initiated_90,
        coalesce(e.answered_180, 0)::float8 AS answered_180,
        coalesce(e.unanswered_180, 0)::float8 AS unanswered_180,
        coalesce(e.no_shows_180, 0)::float8 AS no_shows_180,
        coalesce(e.opt_outs_365, 0) AS opt_outs_365,
        coalesce(e.services_730, 0)::float8 AS services_730,
        coalesce(g.household, 0)::float8 AS household, coalesce(g.bought, 0)::float8 AS bought,
        (%(as_of)s::date - g.newest) / 365.25::float8 AS ownership_years,
        p.points AS distance_points
    FROM customers AS c
    -- Said of both, because the planner would read every row of warmth for a range of customers.
    LEFT JOIN customer_warmth AS w ON w.customer_id = c.id AND {warmth_in_scope}
    LEFT JOIN events AS e ON e.customer_id = c.id
    LEFT JOIN types AS t ON t.ordinal = (e.last_code::bigint %% 64)
    LEFT JOIN garages AS g ON g.customer_id = c.id
    LEFT JOIN places AS p ON p.zip_code = left(c.zip_code, 5)
    WHERE {customers_in_scope} AND c.anonymised_at IS NULL
    OFFSET 0
), bases AS (
    SELECT f.*,
        CASE WHEN total > 0 THEN least(8.0::float8 * kinds_90, 40) END AS engagement_base,
        CASE WHEN total > 0 THEN least(12.5::float8 * initiated_90, 100) END AS interaction_frequency_base,
        100.0::float8 * answered_180 / (nullif(answered_180 + unanswered_180, 0) + 1) AS response_rate_base,
        CASE num_nonnulls(price_min, price_max) WHEN 2 THEN 50::float8 WHEN 1 THEN 30 END AS budget_qualification_base,
        CASE WHEN declared_days >= -30
            THEN least(greatest(100.0::float8 * (365.0::float8 - declared_days) / 351.0::float8, 0), 100) END AS timeline_urgency_base,
        CASE decision_role WHEN 'sole' THEN 100::float8 WHEN 'joint' THEN 60 WHEN 'influencer' THEN 30 WHEN 'none' THEN 0 END AS decision_making_authority_base,
        (coalesce(distance_points, 0) + CASE WHEN household > 0 THEN least(40.0::float8 + 20.0::float8 * household, 100) ELSE 0 END + coalesce(ownership, 0))
            / nullif(num_nonnulls(distance_points, nullif(household, 0), ownership), 0) AS demographic_fit_base,
        CASE WHEN household > 0 OR bought > 0 OR services_730 > 0 THEN
            least(30.0::float8 * bought, 60) + least(5.0::float8 * services_730, 30)
            + CASE WHEN first_days >= 1095 THEN 10 ELSE 0 END
        END AS past_purchase_behavior_base
    FROM facts AS f
    CROSS JOIN LATERAL (
        SELECT CASE WHEN f.ownership_years < 2 THEN 20::float8 WHEN f.ownership_years < 4 THEN 50
            WHEN f.ownership_years < 8 THEN 100 WHEN f.ownership_years IS NOT NULL THEN 70 END AS ownership
    ) AS o
), automatic AS (
    SELECT b.*,
        {automatics},
        CASE WHEN adjustments IS NULL OR adjustments = '{{}}' THEN NULL ELSE adjustments END AS set_by_hand
    FROM bases AS b OFFSET 0
), parts AS (
    SELECT a.*,
        {values},
        {sources}
    FROM automatic AS a OFFSET 0
), scored AS (
    SELECT p.*, v.*,
        round({weighted_sum}, 2) AS overall,
        {coverage} AS coverage
    FROM parts AS p CROSS JOIN version AS v OFFSET 0
), forecast AS (
    SELECT s.*,
        CASE WHEN overall >= scorching_from THEN 'scorching' WHEN overall >= hot_from THEN 'hot'
            WHEN overall >= warm_from THEN 'warm' WHEN overall >= lukewarm_from THEN 'lukewarm'
            WHEN overall >= cool_from THEN 'cool' WHEN overall >= cold_from THEN 'cold'
            ELSE 'ice_cold' END AS level,
        (100.0::float8 / (1.0::float8 + exp(-((overall::float8 - probability_midpoint::float8) / probability_scale::float8))))::numeric(5,2) AS probability,
        CASE WHEN declared_days >= -30 THEN greatest(declared_days, 0)
            ELSE floor(7.0::float8 + 358.0::float8 * (1.0::float8 - overall::float8 / 100.0::float8)
                * (1.0::float8 - overall::float8 / 100.0::float8) + 0.5)::integer END AS timeframe,
        coalesce(round((price_min + price_max) / 2, 2), price_min, price_max, largest_365, typical_purchase_value) AS purchase_value,
        least(greatest(
            coalesce(100.0::float8 * coalesce(last_days, first_days) / (coalesce(last_days, first_days) + 60.0::float8), 50)
                * (1.0::float8 - 0.4::float8 * past_purchase_behavior_value::float8 / 100.0::float8)
            + CASE WHEN opt_outs_365 > 0 THEN 15 ELSE 0 END
            + least(5.0::float8 * no_shows_180, 10), 0), 100)::numeric(5,2) AS churn,
        (60.0::float8 * coverage::float8
            + 20.0::float8 * coalesce(greatest(1.0::float8 - last_days / 180.0::float8, 0), 0)
            + 20.0::float8 * least(meaningful / 5.0::float8, 1))::numeric(5,2) AS confidence,
        {all_sources} AS sources
    FROM scored AS s OFFSET 0
), computed AS (
    SELECT customer_id, warmth_id, seen, present_level, present_record,
        overall AS overall_warmth_score, level AS warmth_level, probability AS purchase_probability,
        {scores},
        first_days AS days_since_first_contact, last_days AS days_since_last_interaction,
        timeframe AS expected_purchase_timeframe, total AS total_interactions,
        meaningful AS meaningful_interactions, last_type AS last_engagement_type,
        last_at AS last_engagement_date, purchase_value AS predicted_purchase_value,
        %(as_of)s::date + timeframe AS predicted_purchase_date, churn AS churn_risk_score,
        100 - churn AS retention_probability, %(arm)s::text AS scoring_algorithm_used,
        version AS algorithm_version, confidence AS confidence_level, sources AS component_sources,
        coalesce(adjustments, '{{}}') AS manual_adjustments,
        CASE WHEN %(gather)s::boolean AND level = present_level AND abs(overall - present_record) < 1
            THEN present_record ELSE overall END AS recorded_score,
        {automatic_columns},
        {point_columns}
    FROM forecast
)
