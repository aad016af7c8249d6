-- The words of a search document, with the ends that people know long numbers by: the last 8 of a
-- VIN, the last 7 of a phone. Whole VINs and phones stay out, as unique indexes find those.

CREATE FUNCTION search_words(document text) RETURNS tsvector
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
