DROP FUNCTION documents_with_words(tsquery, integer);
