DROP FUNCTION customers_with_similar_last_name(text, integer);
DROP FUNCTION documents_with_similar_words(text[], integer);
DROP FUNCTION documents_like(text, integer);
DROP FUNCTION described_customers(uuid[]);
