-- Words of customers' names that `typed` may have been meant to be: those with the fewest letters to
-- change, at most `cap`. Trigrams, which all but name many words of a hundred thousand, are asked only
-- for what is more than one slip away.

CREATE OR REPLACE FUNCTION similar_name_words(typed text, cap integer) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET enable_seqscan = off
SET pg_trgm.similarity_threshold = 0.2
SET search_path = public, pg_temp
AS $$
DECLARE
    most CONSTANT integer := 1 + length(typed) / 5;
    similar_words text[] := ARRAY(
        SELECT DISTINCT word FROM name_words
        WHERE one_letter_less(word) && one_letter_less(typed)
          AND levenshtein_less_equal(word, typed, 3) <= most
    );
BEGIN
    IF similar_words = '{}' THEN
        similar_words := ARRAY(
            SELECT DISTINCT word FROM name_words
            WHERE word % typed AND levenshtein_less_equal(word, typed, 3) <= most
        );
    END IF;
    RETURN QUERY
    SELECT closest.word FROM (
        SELECT word, rank() OVER (ORDER BY levenshtein(word, typed)) AS place
        FROM unnest(similar_words) AS word
    ) AS closest
    WHERE closest.place = 1
    ORDER BY similarity(closest.word, typed) DESC, closest.word
    LIMIT cap;
END $$;
