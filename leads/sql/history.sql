-- A row of history for each score that the run of this time stamped.
INSERT INTO lead_score_history (lead_id, at, posterior_probability, contact_urgency, parameters_id, cause)
SELECT s.lead_id, s.scored_at, s.posterior_probability, s.contact_urgency, s.parameters_id,
    CASE WHEN EXISTS (SELECT FROM lead_score_history AS h WHERE h.lead_id = s.lead_id)
        THEN %(cause)s::text ELSE 'created' END
FROM lead_scores AS s
WHERE s.scored_at = %(now)s::timestamptz {only}
ORDER BY s.lead_id
