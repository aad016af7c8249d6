-- What the leads tables do by themselves: time stamps, audit, what may not change, delete rules.

CREATE TRIGGER vin_leads_touch BEFORE UPDATE ON vin_leads
FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER battery_tests_touch BEFORE UPDATE ON battery_tests
FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER parameter_activations_touch BEFORE UPDATE ON parameter_activations
FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- A lead's status moves its time stamp, and opens or closes its score, whichever way it is written.

CREATE FUNCTION stamp_lead_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.status_changed_at := clock_timestamp();
    RETURN NEW;
END $$;

CREATE TRIGGER vin_leads_status_stamp BEFORE UPDATE OF status ON vin_leads
FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION stamp_lead_status();

CREATE FUNCTION lead_is_open(status text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT status IN ('new', 'contacted', 'booked', 'arrived') $$;

CREATE FUNCTION open_or_close_score() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE lead_scores SET is_open = lead_is_open(NEW.status) WHERE lead_id = NEW.lead_id;
    RETURN NULL;
END $$;

CREATE TRIGGER vin_leads_score_open AFTER UPDATE OF status ON vin_leads
FOR EACH ROW WHEN (lead_is_open(OLD.status) <> lead_is_open(NEW.status))
EXECUTE FUNCTION open_or_close_score();

-- Audit. The facts of leads come and go in bulk and have their own history; people change the
-- status, so that is what is kept.

CREATE FUNCTION audit_lead_work() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_log (table_name, row_id, customer_id, action, before, after, actor_id, actor_label, source, request_id, reason)
    VALUES (
        'vin_leads', NEW.lead_id::text, NEW.customer_id, 'update',
        jsonb_build_object('status', OLD.status, 'snoozed_until', OLD.snoozed_until),
        jsonb_build_object('status', NEW.status, 'snoozed_until', NEW.snoozed_until),
        nullif(current_setting('lanewise.actor', true), '')::bigint,
        coalesce(current_setting('lanewise.actor_label', true), ''),
        left(coalesce(
            nullif(current_setting('lanewise.source', true), ''),
            nullif(current_setting('application_name', true), ''),
            'sql'
        ), 40),
        coalesce(current_setting('lanewise.request_id', true), ''),
        coalesce(nullif(current_setting('lanewise.reason', true), ''), NEW.status_reason)
    );
    RETURN NULL;
END $$;

CREATE TRIGGER vin_leads_audit_update AFTER UPDATE OF status, snoozed_until ON vin_leads
FOR EACH ROW WHEN ((OLD.status, OLD.snoozed_until) IS DISTINCT FROM (NEW.status, NEW.snoozed_until))
EXECUTE FUNCTION audit_lead_work();

DO $$
DECLARE
    audited text;
BEGIN
    FOREACH audited IN ARRAY ARRAY['battery_tests', 'scoring_parameters', 'parameter_activations'] LOOP
        EXECUTE format(
            'CREATE TRIGGER %I AFTER INSERT ON %I REFERENCING NEW TABLE AS new_rows
             FOR EACH STATEMENT EXECUTE FUNCTION audit_changes('''', ''id'')',
            audited || '_audit_insert', audited);
        EXECUTE format(
            'CREATE TRIGGER %I AFTER UPDATE ON %I REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
             FOR EACH STATEMENT EXECUTE FUNCTION audit_changes('''', ''id'')',
            audited || '_audit_update', audited);
        EXECUTE format(
            'CREATE TRIGGER %I AFTER DELETE ON %I REFERENCING OLD TABLE AS old_rows
             FOR EACH STATEMENT EXECUTE FUNCTION audit_changes('''', ''id'')',
            audited || '_audit_delete', audited);
    END LOOP;
END $$;

-- A parameter set is what past scores name, so it never changes; a new one takes its place.

CREATE FUNCTION refuse_changed_parameters() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a scoring parameter set cannot be changed or deleted'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'scoring_parameters_immutable',
              TABLE = 'scoring_parameters', HINT = 'Add a new set.';
END $$;

CREATE TRIGGER scoring_parameters_immutable BEFORE UPDATE OR DELETE ON scoring_parameters
FOR EACH ROW EXECUTE FUNCTION refuse_changed_parameters();

-- Ratios and rates of a set, which a column constraint cannot reach into.

CREATE FUNCTION check_parameters() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    evidence text;
    rates float8[] := ARRAY(SELECT value::float8 FROM jsonb_each_text(NEW.priors || NEW.cohort_priors));
BEGIN
    IF NOT NEW.priors ?& ARRAY['light_truck', 'midweight_truck', 'suv', 'car']
       OR NOT NEW.type_prices ?& ARRAY['light_truck', 'midweight_truck', 'suv', 'car']
       OR NOT (0 < ALL (rates) AND 1 > ALL (rates)) THEN
        RAISE EXCEPTION 'priors must lie between 0 and 1, and every vehicle type needs one and a price'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'scoring_parameters_rates', TABLE = 'scoring_parameters';
    END IF;
    FOREACH evidence IN ARRAY ARRAY['temperature_cycling', 'ignition_frequency', 'soc_decline', 'short_trips'] LOOP
        IF ((NEW.likelihood_ratios #>> ARRAY[evidence, 'present'])::float8 BETWEEN 0.02 AND 50
            AND (NEW.likelihood_ratios #>> ARRAY[evidence, 'absent'])::float8 BETWEEN 0.02 AND 50) IS NOT TRUE THEN
            RAISE EXCEPTION 'the likelihood ratios of % must lie between 0.02 and 50', evidence
                USING ERRCODE = 'check_violation', CONSTRAINT = 'scoring_parameters_ratios', TABLE = 'scoring_parameters';
        END IF;
    END LOOP;
    RETURN NEW;
END $$;

CREATE TRIGGER scoring_parameters_check BEFORE INSERT ON scoring_parameters
FOR EACH ROW EXECUTE FUNCTION check_parameters();

-- The history of scores takes new rows only; rows go with their lead.

CREATE FUNCTION protect_score_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT FROM vin_leads WHERE lead_id = OLD.lead_id) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the score history is append-only'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'lead_score_history_append_only',
              TABLE = 'lead_score_history';
END $$;

CREATE TRIGGER lead_score_history_append_only BEFORE UPDATE OR DELETE ON lead_score_history
FOR EACH ROW EXECUTE FUNCTION protect_score_history();

-- Rows are rewritten every night: room for HOT updates in each page, and vacuum after some percent.

ALTER TABLE lead_scores SET (
    fillfactor = 60,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.05
);

-- The flat record of the specification, then what explains it. Its key is that of the scores, so
-- that a page by urgency and key is one range of the work list's index; the set's name is looked up
-- when it is asked for.

CREATE VIEW lead_records AS
SELECT
    s.lead_id, l.vin, l.year, l.make, l.model, l.vehicle_type, l.weight_class, l.current_mileage, l.vehicle_age,
    l.zip_code, l.city, l.state, l.climate_zone, l.temp_winter, l.temp_summer, l.temperature_delta,
    l.start_cycles_annual, l.start_cycle_deviation, l.temperature_stress, l.short_trip_percentage,
    l.estimated_cold_starts,
    s.base_prior, s.adjusted_prior, s.active_lrs, s.combined_lr, s.posterior_probability, s.risk_percentile,
    s.urgency_score,
    CASE s.contact_urgency
        WHEN 'immediate' THEN 'battery_replacement'
        WHEN '24_hours' THEN 'battery_test_and_charging_check'
        ELSE 'battery_inspection'
    END AS primary_service,
    s.parts_cost, s.service_cost, s.total_opportunity, s.contact_urgency, s.predicted_failure_window,
    l.customer_name, l.cohort_assignment,
    l.temperature_swing, s.start_cycle_z, s.expected_value, s.is_clamped,
    s.temperature_cycling, s.ignition_frequency, s.soc_decline, s.short_trips,
    l.soc_value, l.soc_source, l.soc_date,
    s.parameters_id,
    (SELECT p.name FROM scoring_parameters AS p WHERE p.id = s.parameters_id) AS parameters_name,
    s.scored_at,
    l.source, l.status, s.is_open, l.snoozed_until, l.vehicle_id, l.customer_id, l.batch_id, l.as_of
FROM vin_leads AS l
JOIN lead_scores AS s ON s.lead_id = l.lead_id;
