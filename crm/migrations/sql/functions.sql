-- What constraints and triggers of the crm tables call.

-- One expression without a subquery, so that the planner puts it into the constraint in place of
-- the call: a tenth of the time. A letter's place in the long text, modulo 10, is its value.
CREATE FUNCTION vin_is_valid(vin text, year integer) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT vin ~ '^[A-HJ-NPR-Z0-9]{17}$'
       AND year BETWEEN 1980 AND 2039
       AND strpos('ABCDEFGHJKLMNPRSTVWXY123456789', substr(vin, 10, 1)) - 1 = (year - 1980) % 30
       AND substr(vin, 9, 1) = substr('0123456789X', 1 + (
            8 * ((strpos('0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ', substr(vin, 1, 1)) - 1) % 10)
          + 7 * ((strpos('0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ', substr(vin, 2, 1)) - 1) % 10)
          + 6 * ((strpos('0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ', substr(vin, 3, 1)) - 1) % 10)
          + 5 * ((strpos('0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ', substr(vin, 4, 1)) - 1) % 10)
          + 4 * ((strpos('0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ', substr(vin, 5, 1)) - 1) % 10)
          + 3 * ((strpos('0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ', substr(vin, 6, 1)) - 1) % 10)
          + 2 * ((strpos('0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ', substr(vin, 7, 1)) - 1) % 10)
          + 10 * ((strpos('0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ', substr(vin, 8, 1)) - 1) % 10)
          + 9 * ((strpos('0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ', substr(vin, 10, 1)) - 1) % 10)
          + 8 * ((strpos('0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ', substr(vin, 11, 1)) - 1) % 10)
          + 7 * ((strpos('0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ', substr(vin, 12, 1)) - 1) % 10)
          + 6 * ((strpos('0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ', substr(vin, 13, 1)) - 1) % 10)
          + 5 * ((strpos('0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ', substr(vin, 14, 1)) - 1) % 10)
          + 4 * ((strpos('0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ', substr(vin, 15, 1)) - 1) % 10)
          + 3 * ((strpos('0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ', substr(vin, 16, 1)) - 1) % 10)
          + 2 * ((strpos('0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ', substr(vin, 17, 1)) - 1) % 10)
       ) % 11, 1)
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
