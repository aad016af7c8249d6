-- What constraints and triggers of the crm tables call.

CREATE FUNCTION vin_is_valid(vin text, year integer) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN vin !~ '^[A-HJ-NPR-Z0-9]{17}$' THEN false ELSE (
        SELECT substr(vin, 9, 1) = CASE remainder WHEN 10 THEN 'X' ELSE remainder::text END
           AND year BETWEEN 1980 AND 2039
           AND strpos('ABCDEFGHJKLMNPRSTVWXY123456789', substr(vin, 10, 1)) - 1 = (year - 1980) % 30
        FROM (
            SELECT (
                8 * substr(d, 1, 1)::int + 7 * substr(d, 2, 1)::int + 6 * substr(d, 3, 1)::int
              + 5 * substr(d, 4, 1)::int + 4 * substr(d, 5, 1)::int + 3 * substr(d, 6, 1)::int
              + 2 * substr(d, 7, 1)::int + 10 * substr(d, 8, 1)::int + 9 * substr(d, 10, 1)::int
              + 8 * substr(d, 11, 1)::int + 7 * substr(d, 12, 1)::int + 6 * substr(d, 13, 1)::int
              + 5 * substr(d, 14, 1)::int + 4 * substr(d, 15, 1)::int + 3 * substr(d, 16, 1)::int
              + 2 * substr(d, 17, 1)::int
            ) % 11 AS remainder
            FROM (
                SELECT translate(vin, 'ABCDEFGHJKLMNPRSTUVWXYZ', '12345678123457923456789') AS d
            ) AS transliterated
        ) AS checked
    ) END
$$;

CREATE FUNCTION appointment_period(starts timestamptz, minutes integer) RETURNS tstzrange
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT tstzrange(starts, starts + minutes * interval '1 minute', '[)') $$;

CREATE FUNCTION search_text(raw text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = public, pg_temp
AS $$ SELECT regexp_replace(lower(unaccent(coalesce(raw, ''))), '[''’]', '', 'g') $$;

-- Numbers of repair orders that this shop writes itself.
CREATE SEQUENCE repair_order_numbers START 100001;
