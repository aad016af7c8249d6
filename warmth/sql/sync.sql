-- Engagement events that the dealership's own records stand for, brought into line for the customers
-- in scope: what lacks is added, what changed is changed, what no longer holds goes (a no-show who
-- came after all, a call that turns out to have been answered). Returns the customers concerned.
--
-- Parameters: zone (the shop's), declined_from (amount of declined work on one visit that counts as
-- a big repair), now. The scope's condition is put in for each table.
WITH wanted (customer_id, event_type, occurred_at, event_key, subject) AS (
    SELECT a.customer_id, 'appointment_booked', a.created_at, 'appointments:' || a.id || ':appointment_booked', a.service_type
    FROM appointments AS a WHERE {appointments}
    UNION ALL
    SELECT a.customer_id, 'no_show', a.scheduled_at, 'appointments:' || a.id || ':no_show', a.service_type
    FROM appointments AS a WHERE {appointments} AND a.status = 'no_show'
    UNION ALL
    -- There is no time of cancellation; the visit's own, or now when that lies ahead, would move it.
    SELECT a.customer_id, 'cancellation', a.updated_at, 'appointments:' || a.id || ':cancellation', a.service_type
    FROM appointments AS a WHERE {appointments} AND a.status = 'cancelled'
    UNION ALL
    SELECT s.customer_id, 'service_visit', at.visit, 'service_history:' || s.id || ':service_visit', coalesce(s.services_performed[1], '')
    FROM service_history AS s {visit_time} WHERE {visits}
    UNION ALL
    SELECT s.customer_id, 'declined_repair', at.visit, 'service_history:' || s.id || ':declined_repair', d.work
    FROM service_history AS s {visit_time}
    CROSS JOIN LATERAL (
        SELECT sum(l.price) AS price, string_agg(l.description, ', ' ORDER BY l.price DESC, l.id) AS work
        FROM service_lines AS l WHERE l.service_record_id = s.id AND l.outcome = 'declined'
    ) AS d
    WHERE {visits} AND d.price >= %(declined_from)s
    UNION ALL
    SELECT k.customer_id, kind.name, k.at, 'contact_attempts:' || k.id || ':' || kind.name, k.channel
    FROM contact_attempts AS k
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN k.direction = 'outbound' AND k.purpose = 'reminder' THEN NULL
            WHEN k.direction = 'outbound' AND k.reached THEN 'reply'
            WHEN k.direction = 'outbound' THEN 'outreach'
            WHEN k.channel = 'visit' AND k.purpose = 'marketing' THEN 'showroom_visit'
            WHEN k.channel = 'visit' THEN NULL
            WHEN k.channel IN ('call', 'ai_call') THEN 'call'
            WHEN EXISTS (
                SELECT FROM contact_attempts AS ours
                WHERE ours.customer_id = k.customer_id AND ours.direction = 'outbound'
                  AND ours.channel = k.channel AND ours.purpose <> 'reminder'
                  AND ours.at BETWEEN k.at - interval '7 days' AND k.at
            ) THEN 'reply'
            ELSE 'message' END AS name
    ) AS kind
    WHERE {contacts} AND kind.name IS NOT NULL
    UNION ALL
    SELECT o.customer_id, 'opt_out', o.revoked_at, 'contact_consents:' || o.id || ':opt_out', o.channel
    FROM contact_consents AS o
    WHERE {consents} AND o.revoked_at IS NOT NULL AND o.purpose IN ('', 'marketing')
    UNION ALL
    SELECT v.customer_id, 'purchase', (v.purchase_date + time '12:00') AT TIME ZONE %(zone)s,
        'vehicles:' || v.id || ':purchase', concat_ws(' ', v.year, v.make, v.model)
    FROM vehicles AS v WHERE {vehicles} AND v.purchased_from_us AND v.purchase_date IS NOT NULL
), holding AS MATERIALIZED (
    SELECT w.customer_id, w.event_type, w.occurred_at, w.event_key, left(w.subject, 200) AS subject
    FROM wanted AS w JOIN customers AS c ON c.id = w.customer_id
    WHERE w.occurred_at <= %(now)s AND c.anonymised_at IS NULL
), removed AS (
    DELETE FROM warmth_events AS e
    WHERE {events} AND e.source = 'crm'
      AND NOT EXISTS (SELECT FROM holding AS h WHERE h.event_key = e.event_key)
    RETURNING e.customer_id
), written AS (
    INSERT INTO warmth_events AS e (customer_id, event_type, occurred_at, event_key, subject, source)
    SELECT h.*, 'crm' FROM holding AS h ORDER BY h.event_key
    ON CONFLICT (event_key) DO UPDATE
    SET customer_id = excluded.customer_id, occurred_at = excluded.occurred_at, subject = excluded.subject
    -- A cancelled visit that is edited later was not cancelled later.
    WHERE e.event_type <> 'cancellation'
      AND (e.customer_id, e.occurred_at, e.subject) IS DISTINCT FROM (excluded.customer_id, excluded.occurred_at, excluded.subject)
    RETURNING e.customer_id
)
SELECT customer_id FROM removed UNION SELECT customer_id FROM written
