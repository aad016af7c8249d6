-- The search box asks one function, which tries one way after another: each statement that it had
-- sent by itself cost as much as most answers. Two words of a name stand together among a
-- document's words, because walking through everybody with either one took longer than all else.

-- The words of a search document, with the ends that people know long numbers by: the last 8 of a
-- VIN, the last 7 of a phone. Whole VINs and phones stay out, as unique indexes find those. Each two
-- words of the name stand there as one more, and each two of the e-mail address.

CREATE OR REPLACE FUNCTION search_words(document text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    words text[] := ARRAY(
        SELECT CASE
            WHEN length(word) = 17 THEN right(word, 8)
            WHEN word ~ '^[0-9]{10}$' THEN right(word, 7)
            ELSE word
        END
        FROM unnest(regexp_split_to_array(document, '[^a-z0-9]+')) AS parts (word)
        WHERE word <> ''
    );
    part text;
    names text[];
BEGIN
    FOREACH part IN ARRAY ARRAY[substring(document, '^[^@]* '), substring(document, '[^ ]*@')] LOOP
        names := regexp_split_to_array(part, '[^a-z0-9]+');
        -- Eight words make 28 pairs; longer names are not worth more.
        FOR later IN 2 .. least(cardinality(names), 8) LOOP
            FOR earlier IN 1 .. later - 1 LOOP
                IF names[earlier] ~ '^[a-z]..' AND names[later] ~ '^[a-z]..' THEN
                    words := words || (names[earlier] || ' ' || names[later]);
                END IF;
            END LOOP;
        END LOOP;
    END LOOP;
    RETURN array_to_tsvector(words);
END $$;

ALTER TABLE customer_search DROP COLUMN words;
ALTER TABLE customer_search ADD COLUMN words tsvector GENERATED ALWAYS AS (search_words(document)) STORED;
CREATE INDEX customer_search_words ON customer_search USING gin (words) WITH (fastupdate = off);

-- Who has two words of the name, or of the e-mail address, that begin like `one` and like `other`
-- (letters only), in either order, as a question to `customer_search.words`. NULL when too many known
-- names begin like one of them to be named one by one.

CREATE FUNCTION name_pairs(one text, other text) RETURNS tsquery
LANGUAGE sql STABLE
AS $$
    SELECT string_agg(pair, ' | ')::tsquery
    FROM (
        (SELECT format('%L:*', word || ' ' || other) FROM name_words
         WHERE word ~>=~ one AND word ~<~ (one || chr(1114111)) LIMIT 51)
        UNION ALL
        (SELECT format('%L:*', word || ' ' || one) FROM name_words
         WHERE word ~>=~ other AND word ~<~ (other || chr(1114111)) LIMIT 51)
    ) AS known (pair)
    HAVING count(*) <= 50
$$;

-- Who has, for each word of `typed`, one of the name words that look like it; NULL when a word looks
-- like no name.

CREATE FUNCTION similar_names(typed text[]) RETURNS tsquery
LANGUAGE sql STABLE
AS $$
    SELECT CASE WHEN bool_and(close.meant IS NOT NULL) THEN
        string_agg(format('(%s)', close.meant), ' & ')::tsquery END
    FROM unnest(typed) AS word
    CROSS JOIN LATERAL (
        SELECT string_agg(quote_literal(meant), ' | ') AS meant
        FROM similar_name_words(left(word, 50), 3) AS meant
    ) AS close
$$;

-- Documents with what `wanted` asks for and every part of `typed`; at most `cap`, in no order.

DROP FUNCTION documents_with_words(tsquery, integer);
CREATE FUNCTION documents_with_words(wanted tsquery, typed text[], cap integer)
RETURNS SETOF customer_search
LANGUAGE plpgsql STABLE ROWS 20
AS $$
BEGIN
    RETURN QUERY
    SELECT s.* FROM customer_search AS s
    WHERE s.words @@ wanted
      AND NOT EXISTS (SELECT FROM unnest(typed) AS part WHERE strpos(s.document, part) = 0)
    LIMIT cap;
END $$;

-- Documents like each of `patterns`, two at most, and with every
-- part of `typed`; at most `cap`, in no order.

DROP FUNCTION documents_like(text, integer);
CREATE FUNCTION documents_like(patterns text[], typed text[], cap integer)
RETURNS SETOF customer_search
LANGUAGE plpgsql STABLE ROWS 20
AS $$
BEGIN
    IF cardinality(patterns) = 1 THEN
        RETURN QUERY
        SELECT s.* FROM customer_search AS s
        WHERE s.document LIKE patterns[1]
          AND NOT EXISTS (SELECT FROM unnest(typed) AS part WHERE strpos(s.document, part) = 0)
        LIMIT cap;
    ELSIF cardinality(patterns) = 2 THEN
        RETURN QUERY
        SELECT s.* FROM customer_search AS s
        WHERE s.document LIKE patterns[1] AND s.document LIKE patterns[2]
          AND NOT EXISTS (SELECT FROM unnest(typed) AS part WHERE strpos(s.document, part) = 0)
        LIMIT cap;
    END IF;
END $$;

-- The `page` documents of `candidates` in which `typed` stands best, and whose they are. `rank` is 0
-- for whole words, 1 for the beginning or end of one, 2 for what stands inside.

CREATE FUNCTION best_customers(candidates customer_search[], typed text[], page integer)
RETURNS TABLE (
    id uuid, name text, phone text, city text, state text, vehicles text, document text, rank integer
)
LANGUAGE plpgsql STABLE ROWS 10
AS $$
BEGIN
    RETURN QUERY
    WITH best AS MATERIALIZED (
        SELECT c.customer_id, c.document,
            CASE WHEN parts.whole THEN 0 WHEN parts.at_edge THEN 1 ELSE 2 END AS rank
        FROM unnest(candidates) AS c
        CROSS JOIN LATERAL (
            SELECT bool_and(strpos(c.document, ' ' || part || ' ') > 0) AS whole,
                bool_or(strpos(c.document, ' ' || part) > 0 OR strpos(c.document, part || ' ') > 0) AS at_edge
            FROM unnest(typed) AS part
        ) AS parts
        ORDER BY 3, 2, 1 LIMIT page
    )
    SELECT d.*, b.document, b.rank
    FROM best AS b
    JOIN described_customers(ARRAY(SELECT customer_id FROM best)) AS d ON d.id = b.customer_id
    ORDER BY b.rank, b.document, b.customer_id;
END $$;

-- At most `page` customers for the words `typed`, best first. `wanted` and `patterns` put `typed` to
-- the two indexes of `customer_search`; `names` says that it may be names. `document` is where `typed`
-- was found; it is NULL for a page of last names (`rank` 1) and for names that `typed` may have been
-- meant to be (`rank` 3).

CREATE FUNCTION found_customers(typed text[], names boolean, wanted tsquery, patterns text[], page integer)
RETURNS TABLE (
    id uuid, name text, phone text, city text, state text, vehicles text, document text, rank integer
)
LANGUAGE plpgsql STABLE ROWS 10
-- The planner would expect to meet the wanted rows soon and read whole tables; planning anew takes as
-- long as answering.
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
SET search_path = public, pg_temp
AS $$
DECLARE
    cap CONSTANT integer := 3 * page;  -- candidates to choose from
    first CONSTANT text := typed[1];
    last CONSTANT text := typed[cardinality(typed)];
    alone CONSTANT boolean := cardinality(typed) = 1;
    candidates customer_search[] := '{}';
    keys uuid[];
BEGIN
    IF alone AND (names OR length(first) < 3) THEN
        keys := ARRAY(
            SELECT c.id FROM customers AS c
            WHERE lower(c.last_name) ~>=~ first AND lower(c.last_name) ~<~ (first || chr(1114111))
              AND c.anonymised_at IS NULL
            ORDER BY lower(c.last_name) USING ~<~ LIMIT page
        );
        -- One or two letters are too few for trigrams, who has them too many to rank.
        IF cardinality(keys) = page OR length(first) < 3 THEN
            RETURN QUERY SELECT d.*, NULL::text, 1 FROM described_customers(keys) AS d;
            RETURN;
        END IF;
    ELSIF first ~ '^[a-z]+$' AND last ~ '^[a-z]+$' THEN
        candidates := ARRAY(SELECT documents_with_words(name_pairs(first, last), typed, cap));
    END IF;

    IF candidates = '{}' THEN
        candidates := ARRAY(SELECT documents_with_words(wanted, typed, cap));
    END IF;
    IF candidates = '{}' THEN
        candidates := ARRAY(SELECT documents_like(patterns, typed, cap));
    END IF;
    IF candidates <> '{}' THEN
        RETURN QUERY SELECT * FROM best_customers(candidates, typed, page);
        RETURN;
    END IF;

    IF names THEN
        IF alone THEN
            keys := ARRAY(SELECT customers_with_similar_last_name(first, page));
        END IF;
        IF NOT alone OR cardinality(keys) < page THEN
            keys := ARRAY(
                SELECT customer_id FROM documents_with_words(similar_names(typed), '{}', page)
            );
        END IF;
        RETURN QUERY SELECT d.*, NULL::text, 3 FROM described_customers(keys) AS d;
    END IF;
END $$;

DROP FUNCTION documents_with_similar_words(text[], integer);
DROP FUNCTION matching_documents(jsonb, integer);
