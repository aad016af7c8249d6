-- What the search box asks, as functions whose statements are planned once for a connection:
-- planning them anew for each question took as long as answering it.

-- Customers as the search box shows them; people who were anonymised are left out.

CREATE FUNCTION described_customers(keys uuid[])
RETURNS TABLE (id uuid, name text, phone text, city text, state text, vehicles text)
LANGUAGE plpgsql STABLE ROWS 10
SET plan_cache_mode = force_generic_plan
SET search_path = public, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT c.id, c.name::text, c.phone::text, coalesce(c.city, '')::text, coalesce(c.state, '')::text,
        coalesce((
            SELECT string_agg(concat_ws(' ', v.year, v.make, v.model), ', '
                              ORDER BY v.is_primary_vehicle DESC, v.year DESC)
            FROM vehicles AS v WHERE v.customer_id = c.id
        ), '')
    FROM customers AS c
    WHERE c.id = ANY (keys) AND c.anonymised_at IS NULL
    ORDER BY c.last_name, c.first_name, c.id;
END $$;

-- `matching_documents` for one pattern.

CREATE FUNCTION documents_like(pattern text, cap integer)
RETURNS TABLE (customer_id uuid, document text)
LANGUAGE plpgsql STABLE ROWS 100
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
SET search_path = public, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT s.customer_id, s.document FROM customer_search AS s
    WHERE s.document LIKE pattern LIMIT cap;
END $$;

-- Documents with, for each word of `typed`, one of the name words that look like it; none when a
-- word looks like no name.

CREATE FUNCTION documents_with_similar_words(typed text[], cap integer)
RETURNS TABLE (customer_id uuid, document text)
LANGUAGE plpgsql STABLE ROWS 100
SET search_path = public, pg_temp
AS $$
DECLARE
    word text;
    close text;
    wanted text;
BEGIN
    FOREACH word IN ARRAY typed LOOP
        SELECT string_agg(quote_literal(meant), ' | ') INTO close
        FROM similar_name_words(left(word, 50), 3) AS meant;
        IF close IS NULL THEN
            RETURN;
        END IF;
        wanted := concat_ws(' & ', wanted, format('(%s)', close));
    END LOOP;
    RETURN QUERY SELECT * FROM documents_with_words(wanted::tsquery, cap);
END $$;

-- Customers whose last name looks like `typed`, those with the most similar one first; at most `cap`.

CREATE FUNCTION customers_with_similar_last_name(typed text, cap integer) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
SET search_path = public, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT namesakes.id
    FROM similar_name_words(left(typed, 50), 3) WITH ORDINALITY AS meant (word, place)
    CROSS JOIN LATERAL (
        SELECT c.id FROM customers AS c WHERE lower(c.last_name) = meant.word LIMIT cap
    ) AS namesakes
    ORDER BY meant.place LIMIT cap;
END $$;
