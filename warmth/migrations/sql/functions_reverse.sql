DROP FUNCTION warmth_adjustments_valid(jsonb);
