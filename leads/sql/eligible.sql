-- Vehicles that are to have an open lead, with what is known of them: in use, with an owner who is
-- not anonymised, of a known type. The latest battery test speaks for the state of charge, unless
-- another battery came in after it.
SELECT
    v.id AS vehicle_id, v.vin, v.year, v.make, v.model, k.vehicle_type, v.current_mileage, v.batch_id,
    greatest(extract(year FROM %(as_of)s::date)::integer - v.year, 0) AS vehicle_age,
    c.id AS customer_id, c.name AS customer_name, left(c.zip_code, 5) AS zip_code, c.city, c.state,
    n.zip_code AS climate_zip, n.climate_zone, n.temp_winter, n.temp_summer,
    n.temperature_swing, n.temperature_stress,
    t.soc_decline, t.soc_value, t.soc_date
FROM vehicles AS v
JOIN customers AS c ON c.id = v.customer_id AND c.anonymised_at IS NULL
JOIN unnest(%(makes)s::text[], %(models)s::text[], %(types)s::text[]) AS k (make, model, vehicle_type)
    ON k.make = v.make AND k.model = v.model
LEFT JOIN unnest(%(places)s::text[], %(stations)s::text[]) AS z (place, station)
    ON z.place = concat(left(c.zip_code, 5), ' ', c.state)
LEFT JOIN climate_normals AS n ON n.zip_code = z.station
LEFT JOIN LATERAL (
    SELECT
        CASE WHEN b.result = 'good' THEN false WHEN b.result IN ('recharge', 'declined') THEN true END AS soc_decline,
        b.state_of_charge AS soc_value,
        (b.tested_at AT TIME ZONE %(zone)s::text)::date AS soc_date
    FROM battery_tests AS b WHERE b.vehicle_id = v.id
    ORDER BY b.tested_at DESC, b.id LIMIT 1
) AS t ON true
WHERE v.status = 'active' AND {which}
