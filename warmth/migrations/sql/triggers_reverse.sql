DO $$
DECLARE t record;
BEGIN
    FOR t IN SELECT tgname, tgrelid::regclass AS place FROM pg_trigger
        WHERE NOT tgisinternal AND tgrelid IN ('customer_warmth'::regclass, 'warmth_algorithms'::regclass, 'warmth_scoring_triggers'::regclass)
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', t.tgname, t.place);
    END LOOP;
END $$;
ALTER TABLE warmth_scoring_triggers ALTER COLUMN algorithm_id DROP DEFAULT;
DROP FUNCTION warmth_open_draft();
DROP FUNCTION protect_warmth_rules();
DROP FUNCTION protect_warmth_algorithm();
DROP FUNCTION protect_warmth_history() CASCADE;
DROP FUNCTION record_warmth_history();
DROP FUNCTION customer_warmth_written();
DROP FUNCTION warmth_in_trial(uuid, text, integer);
DROP FUNCTION warmth_level_of(numeric, text);
DROP FUNCTION audit_customer_warmth();
