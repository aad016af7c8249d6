DROP FUNCTION search_parts_changed() CASCADE;
DROP FUNCTION search_customers_changed() CASCADE;
DROP FUNCTION learn_name_words(uuid[]);
DROP FUNCTION refresh_customer_search(uuid[]);
DROP FUNCTION customer_documents(uuid[]);
DROP FUNCTION protect_audit_log() CASCADE;
DROP FUNCTION audit_changes() CASCADE;
DROP FUNCTION refuse_falling_mileage() CASCADE;
DROP FUNCTION touch_updated_at() CASCADE;
