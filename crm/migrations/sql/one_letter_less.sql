-- A word itself and what is left of it without any one of its letters. Two words share one of these
-- when a letter is missing, one too many, another one or in another place.

CREATE FUNCTION one_letter_less(word text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT ARRAY(
        SELECT DISTINCT left(word, place - 1) || substr(word, place + 1)
        FROM generate_series(1, length(word) + 1) AS place
    )
$$;
