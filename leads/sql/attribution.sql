-- What became of leads that somebody contacted, by the band of their score (that of the end, once
-- closed). Contacted: an attempt of ours since the lead was made. Booked, arrived and revenue: the
-- visit and the repair order that the lead is linked to.
SELECT s.contact_urgency,
    count(*),
    count(*) FILTER (WHERE c.is_contacted),
    count(*) FILTER (WHERE c.is_contacted AND c.is_reached),
    count(*) FILTER (WHERE c.is_contacted AND l.appointment_id IS NOT NULL),
    count(*) FILTER (WHERE c.is_contacted AND a.status IN ('arrived', 'in_progress', 'completed')),
    count(*) FILTER (WHERE c.is_contacted AND l.status = 'won'),
    coalesce(sum(r.total_cost) FILTER (WHERE c.is_contacted), 0)
FROM vin_leads AS l
JOIN lead_scores AS s ON s.lead_id = l.lead_id
LEFT JOIN appointments AS a ON a.id = l.appointment_id
LEFT JOIN service_history AS r ON r.id = l.service_record_id
LEFT JOIN (
    SELECT lead_id, TRUE AS is_contacted, bool_or(reached) AS is_reached
    FROM contact_attempts AS t JOIN vin_leads USING (customer_id)
    WHERE t.direction = 'outbound' AND t.at >= vin_leads.created_at
    GROUP BY lead_id
) AS c ON c.lead_id = l.lead_id
WHERE l.customer_id IS NOT NULL
GROUP BY s.contact_urgency
