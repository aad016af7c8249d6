-- What constraints of the warmth tables call.

-- An object whose keys are components, each with a value from 0 to 100, a reason and an expiry.
-- The expiry must read as a date-time with its zone, because that is how the nightly run reads it.
CREATE FUNCTION warmth_adjustments_valid(adjustments jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT adjustments = '{}'::jsonb OR (
        jsonb_typeof(adjustments) = 'object'
        AND NOT EXISTS (
            SELECT FROM jsonb_each(CASE jsonb_typeof(adjustments) WHEN 'object' THEN adjustments ELSE '{}' END) AS e (component, entry)
            WHERE NOT coalesce(
                component = ANY ('{engagement,interaction_frequency,response_rate,budget_qualification,timeline_urgency,decision_making_authority,demographic_fit,past_purchase_behavior}')
                AND CASE WHEN entry ->> 'value' ~ '^[0-9]{1,3}([.][0-9]+)?$' THEN (entry ->> 'value')::numeric BETWEEN 0 AND 100 END
                AND entry ->> 'reason' ~ '[^[:space:]]'
                AND entry ->> 'expires_at' ~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?(Z|[+-](0[0-9]|1[0-4]):?([0-5][0-9])?)$',
                false)
        )
    )
$$;
