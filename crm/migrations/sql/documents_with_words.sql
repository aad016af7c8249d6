-- Documents with the words that `wanted` asks for; at most `cap`, in no order. A function for the
-- reason that `matching_documents` has, and planned once: planning takes as long as looking.

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
