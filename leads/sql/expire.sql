-- Open leads whose vehicle is no longer to have one, or has another owner by now.
UPDATE vin_leads AS l SET status = 'expired', status_reason = CASE
    WHEN e.vehicle_id IS NULL THEN 'The vehicle is no longer in use here or has no owner.'
    ELSE 'The vehicle has another owner.' END
FROM vehicles AS v LEFT JOIN ({eligible}) AS e ON e.vehicle_id = v.id
WHERE l.vehicle_id = v.id AND {which}
  AND l.status IN ('new', 'contacted', 'booked', 'arrived')
  AND (
    -- A vehicle that a list brought without an owner keeps its lead until it has one.
    e.vehicle_id IS NULL AND (v.status = 'active' AND v.customer_id IS NULL AND l.customer_id IS NULL) IS NOT TRUE
    OR l.customer_id <> e.customer_id
  )
RETURNING l.lead_id
