-- Open leads brought in line with vehicle, owner, climate and battery test. Mileage and age belong
-- together: both hold for the day on which the mileage was last seen to change.
UPDATE vin_leads AS l SET
    vin = e.vin, year = e.year, make = e.make, model = e.model, vehicle_type = e.vehicle_type,
    current_mileage = e.current_mileage,
    vehicle_age = CASE WHEN (l.current_mileage, l.year) IS DISTINCT FROM (e.current_mileage, e.year)
        THEN e.vehicle_age ELSE l.vehicle_age END,
    as_of = CASE WHEN (l.current_mileage, l.year) IS DISTINCT FROM (e.current_mileage, e.year)
        THEN %(as_of)s::date ELSE l.as_of END,
    customer_id = e.customer_id, customer_name = e.customer_name,
    zip_code = e.zip_code, city = e.city, state = e.state,
    climate_zip = e.climate_zip, climate_zone = e.climate_zone, temp_winter = e.temp_winter,
    temp_summer = e.temp_summer, temperature_swing = e.temperature_swing,
    temperature_stress = e.temperature_stress,
    soc_decline = CASE WHEN e.is_news THEN e.soc_decline ELSE l.soc_decline END,
    soc_value = CASE WHEN e.is_news THEN e.soc_value ELSE l.soc_value END,
    soc_source = CASE WHEN e.is_news THEN 'battery_test' ELSE l.soc_source END,
    soc_date = CASE WHEN e.is_news THEN e.soc_date ELSE l.soc_date END
FROM (
    SELECT f.*, o.lead_id, f.soc_date IS NOT NULL AND (o.soc_date IS NULL OR f.soc_date >= o.soc_date) AS is_news
    FROM ({eligible}) AS f
    JOIN vin_leads AS o USING (vehicle_id)
    WHERE o.status IN ('new', 'contacted', 'booked', 'arrived')
) AS e
WHERE l.lead_id = e.lead_id AND (
    (
        l.vin, l.year, l.make, l.model, l.vehicle_type, l.current_mileage, l.customer_id, l.customer_name,
        l.zip_code, l.city, l.state, l.climate_zip, l.climate_zone, l.temp_winter, l.temp_summer,
        l.temperature_swing, l.temperature_stress
    ) IS DISTINCT FROM (
        e.vin, e.year, e.make, e.model, e.vehicle_type, e.current_mileage, e.customer_id, e.customer_name,
        e.zip_code, e.city, e.state, e.climate_zip, e.climate_zone, e.temp_winter, e.temp_summer,
        e.temperature_swing, e.temperature_stress
    )
    OR e.is_news AND (l.soc_decline, l.soc_value, l.soc_source, l.soc_date)
        IS DISTINCT FROM (e.soc_decline, e.soc_value, 'battery_test', e.soc_date)
)
RETURNING l.lead_id
