-- Stored scores of open leads beside those under another parameter set: how many go from band to
-- band, and the leads that move most.
WITH pairs AS MATERIALIZED (
    SELECT n.lead_id, s.contact_urgency AS old, n.contact_urgency AS new,
        s.posterior_probability AS old_posterior, n.posterior_probability AS new_posterior,
        s.urgency_score AS old_urgency, n.urgency_score AS new_urgency
    FROM ({calculation}) AS n
    JOIN lead_scores AS s ON s.lead_id = n.lead_id
)
SELECT
    (SELECT coalesce(jsonb_agg(b), '[]') FROM (
        SELECT old, new, count(*) AS leads, sum(new_urgency - old_urgency) AS urgency,
            sum(new_posterior - old_posterior) AS posterior
        FROM pairs GROUP BY old, new
    ) AS b),
    (SELECT coalesce(jsonb_agg(r), '[]') FROM (
        SELECT p.*, l.vin, l.year, l.make, l.model, l.customer_name
        FROM (
            SELECT * FROM pairs WHERE old <> new
            ORDER BY abs(new_posterior - old_posterior) DESC, lead_id LIMIT %(limit)s
        ) AS p
        JOIN vin_leads AS l ON l.lead_id = p.lead_id
        ORDER BY abs(p.new_posterior - p.old_posterior) DESC, p.lead_id
    ) AS r)
