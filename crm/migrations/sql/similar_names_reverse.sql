-- Words of customers' names that `typed` may have been meant to be: those with the fewest letters
-- to change, at most `cap`.

CREATE OR REPLACE FUNCTION similar_name_words(typed text, cap integer) RETURNS SETOF text
LANGUAGE plpgsql STABLE
SET enable_seqscan = off
SET pg_trgm.similarity_threshold = 0.2
SET search_path = public, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT closest.word FROM (
        SELECT n.word, rank() OVER (ORDER BY levenshtein(n.word, typed)) AS place
        FROM name_words AS n
        WHERE n.word % typed AND levenshtein_less_equal(n.word, typed, 3) <= 1 + length(typed) / 5
        GROUP BY n.word
    ) AS closest
    WHERE closest.place = 1
    ORDER BY similarity(closest.word, typed) DESC, closest.word
    LIMIT cap;
END $$;
