-- A lead for each vehicle that is to have one and has none. After a lead was won or lost the vehicle
-- is left in peace for a while.
INSERT INTO vin_leads (
    vin, year, make, model, vehicle_type, current_mileage, vehicle_age, as_of, zip_code, city, state,
    climate_zip, climate_zone, temp_winter, temp_summer, temperature_swing, temperature_stress,
    soc_decline, soc_value, soc_source, soc_date, customer_name, vehicle_id, customer_id, batch_id, source
)
SELECT
    e.vin, e.year, e.make, e.model, e.vehicle_type, e.current_mileage, e.vehicle_age, %(as_of)s::date,
    e.zip_code, e.city, e.state, e.climate_zip, e.climate_zone, e.temp_winter, e.temp_summer,
    e.temperature_swing, e.temperature_stress, e.soc_decline, e.soc_value,
    CASE WHEN e.soc_date IS NOT NULL THEN 'battery_test' END, e.soc_date,
    e.customer_name, e.vehicle_id, e.customer_id, e.batch_id, 'crm'
FROM ({eligible}) AS e
WHERE NOT EXISTS (
    SELECT FROM vin_leads AS l
    WHERE l.vehicle_id = e.vehicle_id AND (
        l.status IN ('new', 'contacted', 'booked', 'arrived')
        OR l.status = 'won' AND l.status_changed_at > %(as_of)s::date - %(won_days)s::integer
        OR l.status = 'lost' AND l.status_changed_at > %(as_of)s::date - %(lost_days)s::integer
    )
)
ORDER BY e.vehicle_id
ON CONFLICT (vin) WHERE status IN ('new', 'contacted', 'booked', 'arrived') DO NOTHING
RETURNING lead_id
