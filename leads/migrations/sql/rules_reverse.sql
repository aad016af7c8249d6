DROP VIEW lead_records;
ALTER TABLE lead_scores RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor);
DROP FUNCTION protect_score_history() CASCADE;
DROP FUNCTION check_parameters() CASCADE;
DROP FUNCTION refuse_changed_parameters() CASCADE;
DO $$
DECLARE audited text; kind text;
BEGIN
    FOREACH audited IN ARRAY ARRAY['battery_tests', 'scoring_parameters', 'parameter_activations'] LOOP
        FOREACH kind IN ARRAY ARRAY['insert', 'update', 'delete'] LOOP
            EXECUTE format('DROP TRIGGER %I ON %I', audited || '_audit_' || kind, audited);
        END LOOP;
    END LOOP;
END $$;
DROP FUNCTION audit_lead_work() CASCADE;
DROP TRIGGER vin_leads_score_open ON vin_leads;
DROP FUNCTION open_or_close_score() CASCADE;
DROP FUNCTION lead_is_open(text);
DROP FUNCTION stamp_lead_status() CASCADE;
DROP TRIGGER parameter_activations_touch ON parameter_activations;
DROP TRIGGER battery_tests_touch ON battery_tests;
DROP TRIGGER vin_leads_touch ON vin_leads;
