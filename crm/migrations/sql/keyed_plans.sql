-- A plan made while a table was all but empty stays with the session, and to it any way through the
-- table costs the same: 10,000 customers in one statement were then compared with one another, for
-- half a minute. What keeps search documents goes by keys alone: it joins nothing, and sorts by what
-- no index is ordered by, lest that index be walked from end to end for each customer.

CREATE OR REPLACE FUNCTION customer_documents(ids uuid[]) RETURNS TABLE (customer_id uuid, document text)
LANGUAGE sql STABLE
SET enable_seqscan = off
SET search_path = public, pg_temp
AS $$
    SELECT c.id, ' ' || concat_ws(' ',
        search_text(c.name),
        -- Without the domain: its letters ("mail", ".com") would stand in every document and make
        -- each search for a name walk through them.
        lower(split_part(c.email, '@', 1)) || '@',
        CASE WHEN c.phone ~ '^\+1[0-9]{10}$' THEN substr(c.phone, 3) ELSE ltrim(c.phone, '+') END,
        (
            SELECT string_agg(
                lower(concat_ws(' ', v.vin, regexp_replace(v.license_plate, '[^A-Z0-9]', '', 'g'))),
                ' ' ORDER BY lower(v.vin))
            FROM vehicles AS v WHERE v.customer_id = c.id
        ),
        (
            SELECT string_agg(lower(s.ro_number), ' ' ORDER BY lower(s.ro_number))
            FROM service_history AS s WHERE s.customer_id = c.id
        )
    ) || ' '
    -- Two branches, of which one is never run: "ids IS NULL OR ..." would scan the whole table.
    FROM (
        SELECT * FROM customers WHERE ids IS NULL
        UNION ALL SELECT * FROM customers WHERE id = ANY (ids)
    ) AS c
    WHERE c.anonymised_at IS NULL
$$;

ALTER FUNCTION learn_name_words(uuid[]) SET enable_seqscan = off;

CREATE OR REPLACE FUNCTION refresh_customer_search(ids uuid[]) RETURNS void
LANGUAGE plpgsql
SET enable_seqscan = off
SET search_path = public, pg_temp
AS $$
DECLARE
    gone uuid[];
BEGIN
    IF cardinality(ids) = 0 OR coalesce(current_setting('lanewise.defer_search', true), '') <> '' THEN
        RETURN;
    END IF;
    INSERT INTO customer_search AS s (customer_id, document)
    SELECT d.customer_id, d.document FROM customer_documents(ids) AS d ORDER BY d.customer_id
    ON CONFLICT (customer_id) DO UPDATE SET document = EXCLUDED.document
    WHERE s.document IS DISTINCT FROM EXCLUDED.document;
    gone := ARRAY(SELECT id FROM customers WHERE id = ANY (ids) AND anonymised_at IS NOT NULL);
    DELETE FROM customer_search WHERE customer_id = ANY (gone);
END $$;
