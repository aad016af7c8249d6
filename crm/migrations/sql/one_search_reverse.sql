DROP FUNCTION found_customers(text[], boolean, tsquery, text[], integer);
DROP FUNCTION best_customers(customer_search[], text[], integer);
DROP FUNCTION documents_like(text[], text[], integer);
DROP FUNCTION documents_with_words(tsquery, text[], integer);
DROP FUNCTION similar_names(text[]);
DROP FUNCTION name_pairs(text, text);

CREATE OR REPLACE FUNCTION search_words(document text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT array_to_tsvector(ARRAY(
        SELECT CASE
            WHEN length(word) = 17 THEN right(word, 8)
            WHEN word ~ '^[0-9]{10}$' THEN right(word, 7)
            ELSE word
        END
        FROM unnest(regexp_split_to_array(document, '[^a-z0-9]+')) AS parts (word)
        WHERE word <> ''
    ))
$$;

ALTER TABLE customer_search DROP COLUMN words;
ALTER TABLE customer_search ADD COLUMN words tsvector GENERATED ALWAYS AS (search_words(document)) STORED;
CREATE INDEX customer_search_words ON customer_search USING gin (words) WITH (fastupdate = off);

CREATE FUNCTION documents_with_words(wanted tsquery, cap integer)
RETURNS TABLE (customer_id uuid, document text)
LANGUAGE plpgsql STABLE ROWS 100
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
SET search_path = public, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT s.customer_id, s.document FROM customer_search AS s
    WHERE s.words @@ wanted LIMIT cap;
END $$;

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

CREATE FUNCTION matching_documents(groups jsonb, cap integer)
RETURNS TABLE (customer_id uuid, document text)
LANGUAGE plpgsql STABLE ROWS 100
SET enable_seqscan = off
SET search_path = public, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE (
        SELECT format(
            'SELECT s.customer_id, s.document FROM customer_search AS s WHERE %s LIMIT %s',
            string_agg(any_of.condition, ' AND '), cap)
        FROM jsonb_array_elements(groups) AS g (patterns)
        CROSS JOIN LATERAL (
            SELECT '(' || string_agg(format('s.document LIKE %L', p), ' OR ') || ')' AS condition
            FROM jsonb_array_elements_text(g.patterns) AS p
        ) AS any_of
    );
END $$;
