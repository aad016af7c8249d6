DROP SEQUENCE repair_order_numbers;
DROP FUNCTION search_text(text);
DROP FUNCTION appointment_period(timestamptz, integer);
DROP FUNCTION vin_is_valid(text, integer);
