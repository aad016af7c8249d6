-- Open leads that another parameter set would put into another band, those that move most first.
SELECT l.lead_id, l.vin, l.year, l.make, l.model, l.customer_name, l.city, l.state,
    s.contact_urgency, n.contact_urgency, s.posterior_probability, n.posterior_probability,
    s.urgency_score, n.urgency_score
FROM ({calculation}) AS n
JOIN lead_scores AS s ON s.lead_id = n.lead_id
JOIN vin_leads AS l ON l.lead_id = n.lead_id
WHERE n.contact_urgency <> s.contact_urgency
ORDER BY abs(n.posterior_probability - s.posterior_probability) DESC, l.lead_id
