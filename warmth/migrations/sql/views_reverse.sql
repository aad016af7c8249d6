DROP VIEW warmth_trends;
DROP VIEW customer_warmth_history_all;
DROP VIEW warmth_analytics;
DROP FUNCTION IF EXISTS shop_date(timestamptz);
DROP FUNCTION calculate_composite_warmth_score(numeric, numeric, numeric, numeric, numeric, numeric, numeric, numeric);
