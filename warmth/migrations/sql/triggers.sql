-- What the warmth tables do by themselves, whichever way a row is written.
--
-- `lanewise.warmth_computed` (any value) says that the engine writes: it has set level, sources,
-- recorded score and time stamp itself, so the row trigger and the audit of customer_warmth rest.

-- Level of a score in a version, by name; by the published version where the name is unknown.
CREATE FUNCTION warmth_level_of(score numeric, in_version text DEFAULT '') RETURNS text
LANGUAGE sql STABLE
SET search_path = public, pg_temp
AS $$
    SELECT coalesce((
        SELECT CASE
            WHEN score >= scorching_from THEN 'scorching'
            WHEN score >= hot_from THEN 'hot'
            WHEN score >= warm_from THEN 'warm'
            WHEN score >= lukewarm_from THEN 'lukewarm'
            WHEN score >= cool_from THEN 'cool'
            WHEN score >= cold_from THEN 'cold'
            ELSE 'ice_cold' END
        FROM warmth_algorithms
        WHERE version = in_version OR (state = 'published' AND split_percent = 100)
        ORDER BY version = in_version DESC LIMIT 1
    ), 'ice_cold')
$$;

-- Whether a version on trial scores a customer: stable, and other for each version.
CREATE FUNCTION warmth_in_trial(customer uuid, in_version text, percent integer) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT ('x' || left(md5(in_version || customer::text), 8))::bit(32)::bigint % 100 < percent $$;

-- A row written by hand: a component that was written stands as a person's value until it expires,
-- an overall score stands until the next calculation, the level follows it.
CREATE FUNCTION customer_warmth_written() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    part record;
    entry jsonb;
BEGIN
    FOR part IN
        SELECT c.place, c.name, c.written FROM (VALUES
            (1, 'engagement', NEW.engagement_score, OLD.engagement_score),
            (2, 'interaction_frequency', NEW.interaction_frequency_score, OLD.interaction_frequency_score),
            (3, 'response_rate', NEW.response_rate_score, OLD.response_rate_score),
            (4, 'budget_qualification', NEW.budget_qualification_score, OLD.budget_qualification_score),
            (5, 'timeline_urgency', NEW.timeline_urgency_score, OLD.timeline_urgency_score),
            (6, 'decision_making_authority', NEW.decision_making_authority_score, OLD.decision_making_authority_score),
            (7, 'demographic_fit', NEW.demographic_fit_score, OLD.demographic_fit_score),
            (8, 'past_purchase_behavior', NEW.past_purchase_behavior_score, OLD.past_purchase_behavior_score)
        ) AS c (place, name, written, present)
        WHERE c.written IS DISTINCT FROM coalesce(c.present, 0)
          AND c.written BETWEEN 0 AND 100  -- the others are refused by their constraint
    LOOP
        entry := NEW.manual_adjustments -> part.name;
        IF entry IS NULL OR entry IS NOT DISTINCT FROM OLD.manual_adjustments -> part.name THEN
            entry := jsonb_build_object(
                'reason', coalesce(nullif(current_setting('lanewise.reason', true), ''), 'Written directly'),
                'author', coalesce(current_setting('lanewise.actor_label', true), ''),
                'author_id', nullif(current_setting('lanewise.actor', true), '')::bigint,
                'at', moment,
                'expires_at', coalesce(
                    nullif(current_setting('lanewise.warmth_expires', true), '')::timestamptz,
                    moment + interval '90 days')
            );
        END IF;
        NEW.manual_adjustments := jsonb_set(
            NEW.manual_adjustments, ARRAY[part.name], jsonb_set(entry, '{value}', to_jsonb(part.written)));
        NEW.component_sources := overlay(NEW.component_sources PLACING 'p' FROM part.place FOR 1);
    END LOOP;
    IF TG_OP = 'UPDATE' THEN
        NEW.updated_at := moment;
    END IF;
    -- What was noted only here would be lost with the next calculation, which counts events.
    IF (NEW.last_engagement_type, NEW.last_engagement_date)
        IS DISTINCT FROM (OLD.last_engagement_type, OLD.last_engagement_date)
        AND NEW.last_engagement_type IS NOT NULL AND NEW.last_engagement_date IS NOT NULL
    THEN
        INSERT INTO warmth_events (customer_id, event_type, occurred_at, event_key, source, recorded_by)
        SELECT NEW.customer_id, NEW.last_engagement_type, NEW.last_engagement_date,
            concat_ws(':', 'customer_warmth', NEW.id, date_part('epoch', NEW.last_engagement_date), NEW.last_engagement_type),
            'sql', left(coalesce(current_setting('lanewise.actor_label', true), ''), 150)
        ON CONFLICT (event_key) DO NOTHING;
    END IF;
    IF NEW.overall_warmth_score IS DISTINCT FROM OLD.overall_warmth_score THEN
        NEW.scoring_algorithm_used := 'written';
        NEW.recorded_score := NEW.overall_warmth_score;
    END IF;
    NEW.recorded_score := coalesce(NEW.recorded_score, NEW.overall_warmth_score);
    IF (NEW.overall_warmth_score, NEW.warmth_level) IS DISTINCT FROM (OLD.overall_warmth_score, OLD.warmth_level) THEN
        NEW.warmth_level := warmth_level_of(NEW.overall_warmth_score, NEW.algorithm_version);
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER customer_warmth_written BEFORE INSERT OR UPDATE ON customer_warmth
FOR EACH ROW WHEN (coalesce(current_setting('lanewise.warmth_computed', true), '') = '')
EXECUTE FUNCTION customer_warmth_written();

-- History: the one writer. The cause comes from the transaction: `lanewise.warmth_trigger` and
-- `lanewise.warmth_description` for all rows, `lanewise.warmth_causes` for single customers
-- ({"<customer's key>": ["trigger", "description"]}).
CREATE FUNCTION record_warmth_history() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    who bigint := nullif(current_setting('lanewise.actor', true), '')::bigint;
    label text := left(coalesce(current_setting('lanewise.actor_label', true), ''), 150);
    origin text := left(coalesce(
        nullif(current_setting('lanewise.source', true), ''),
        nullif(current_setting('application_name', true), ''),
        'sql'
    ), 40);
    cause text := nullif(current_setting('lanewise.warmth_trigger', true), '');
    words text := coalesce(
        nullif(current_setting('lanewise.warmth_description', true), ''),
        current_setting('lanewise.reason', true), '');
    causes jsonb := nullif(current_setting('lanewise.warmth_causes', true), '')::jsonb;
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO customer_warmth_history (customer_warmth_id, warmth_score_snapshot, warmth_level_snapshot,
            change_trigger, change_description, score_change, algorithm_version, actor_id, actor_label, source, created_at)
        SELECT n.id, n.overall_warmth_score, n.warmth_level,
            left(coalesce(causes #>> ARRAY[n.customer_id::text, '0'], cause, 'created'), 255),
            coalesce(causes #>> ARRAY[n.customer_id::text, '1'], words),
            n.overall_warmth_score, n.algorithm_version, who, label, origin, clock_timestamp()
        FROM new_rows AS n ORDER BY n.id;
    ELSE
        INSERT INTO customer_warmth_history (customer_warmth_id, warmth_score_snapshot, warmth_level_snapshot,
            change_trigger, change_description, score_change, algorithm_version, actor_id, actor_label, source, created_at)
        SELECT n.id, n.overall_warmth_score, n.warmth_level,
            left(coalesce(causes #>> ARRAY[n.customer_id::text, '0'], cause, 'direct_update'), 255),
            coalesce(causes #>> ARRAY[n.customer_id::text, '1'], words),
            n.overall_warmth_score - coalesce(o.recorded_score, 0), n.algorithm_version, who, label, origin, clock_timestamp()
        FROM old_rows AS o JOIN new_rows AS n USING (id)
        WHERE (o.recorded_score, o.warmth_level) IS DISTINCT FROM (n.recorded_score, n.warmth_level)
        ORDER BY n.id;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER customer_warmth_history_insert AFTER INSERT ON customer_warmth
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION record_warmth_history();
CREATE TRIGGER customer_warmth_history_update AFTER UPDATE ON customer_warmth
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION record_warmth_history();

-- Rows of history go only with their customer (a cascade, which is a trigger in a trigger) or into
-- the archive and back (`lanewise.warmth_archive`).
CREATE FUNCTION protect_warmth_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND (
        pg_trigger_depth() > 1 OR coalesce(current_setting('lanewise.warmth_archive', true), '') <> ''
    ) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'history of warmth is append-only'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'warmth_history_append_only', TABLE = TG_TABLE_NAME;
END $$;

DO $$
DECLARE kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['customer_warmth_history', 'customer_warmth_history_archive'] LOOP
        EXECUTE format('CREATE TRIGGER warmth_history_append_only BEFORE UPDATE OR DELETE ON %I
            FOR EACH STATEMENT EXECUTE FUNCTION protect_warmth_history()', kept);
    END LOOP;
END $$;

-- Versions: once published, only their state and their share of a trial change.
CREATE FUNCTION protect_warmth_algorithm() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    states text[] := '{state,split_percent,published_at,published_by_id,retired_at,created_by_id,based_on_id,updated_at}';
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.state <> 'draft' AND to_jsonb(NEW) - states = to_jsonb(OLD) - states THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'version % was published and is never changed', OLD.version
        USING ERRCODE = 'check_violation', CONSTRAINT = 'warmth_algorithms_immutable', TABLE = TG_TABLE_NAME;
END $$;

CREATE TRIGGER warmth_algorithms_immutable BEFORE UPDATE OR DELETE ON warmth_algorithms
FOR EACH ROW WHEN (OLD.state <> 'draft') EXECUTE FUNCTION protect_warmth_algorithm();

CREATE FUNCTION protect_warmth_rules() RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
    IF EXISTS (
        SELECT FROM warmth_algorithms
        WHERE state <> 'draft' AND id IN (OLD.algorithm_id, NEW.algorithm_id)
    ) THEN
        RAISE EXCEPTION 'rules of a published version are never changed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'warmth_algorithms_immutable', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;

CREATE TRIGGER warmth_scoring_triggers_immutable BEFORE INSERT OR UPDATE OR DELETE ON warmth_scoring_triggers
FOR EACH ROW EXECUTE FUNCTION protect_warmth_rules();

-- The draft that a rule without a version belongs to: the newest, or a copy of what is published.
CREATE FUNCTION warmth_open_draft() RETURNS uuid
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    draft uuid;
    origin uuid;
    copied jsonb;
BEGIN
    SELECT id INTO draft FROM warmth_algorithms WHERE state = 'draft' ORDER BY created_at DESC, id LIMIT 1;
    IF draft IS NOT NULL THEN
        RETURN draft;
    END IF;
    SELECT a.id, to_jsonb(a) INTO STRICT origin, copied FROM warmth_algorithms AS a
    WHERE state = 'published' AND split_percent = 100;
    draft := gen_random_uuid();
    INSERT INTO warmth_algorithms
    SELECT * FROM jsonb_populate_record(NULL::warmth_algorithms, copied || jsonb_build_object(
        'id', draft, 'version', 'draft ' || to_char(clock_timestamp(), 'YYYY-MM-DD HH24:MI:SS.MS'),
        'state', 'draft', 'split_percent', 100, 'based_on_id', origin, 'created_by_id', NULL,
        'published_by_id', NULL, 'published_at', NULL, 'retired_at', NULL,
        'created_at', clock_timestamp(), 'updated_at', clock_timestamp()));
    INSERT INTO warmth_scoring_triggers (algorithm_id, trigger_name, trigger_type, target_component,
        base_score_impact, decay_rate, max_occurrences, time_window_days, is_active)
    SELECT draft, trigger_name, trigger_type, target_component,
        base_score_impact, decay_rate, max_occurrences, time_window_days, is_active
    FROM warmth_scoring_triggers WHERE algorithm_id = origin;
    RETURN draft;
END $$;
ALTER TABLE warmth_scoring_triggers ALTER COLUMN algorithm_id SET DEFAULT warmth_open_draft();

-- Time stamps and audit, as crm has them.
DO $$
DECLARE audited text;
BEGIN
    FOREACH audited IN ARRAY ARRAY['warmth_algorithms', 'warmth_scoring_triggers'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION touch_updated_at()',
            audited || '_touch', audited);
        EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON %I REFERENCING NEW TABLE AS new_rows
             FOR EACH STATEMENT EXECUTE FUNCTION audit_changes(%L, %L)',
            audited || '_audit_insert', audited, '', 'id');
        EXECUTE format('CREATE TRIGGER %I AFTER UPDATE ON %I REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
             FOR EACH STATEMENT EXECUTE FUNCTION audit_changes(%L, %L)',
            audited || '_audit_update', audited, '', 'id');
        EXECUTE format('CREATE TRIGGER %I AFTER DELETE ON %I REFERENCING OLD TABLE AS old_rows
             FOR EACH STATEMENT EXECUTE FUNCTION audit_changes(%L, %L)',
            audited || '_audit_delete', audited, '', 'id');
    END LOOP;
END $$;

-- Of customer_warmth only what persons set is audited: scores have their history, and to audit
-- forty columns of every row would cost a hundred times the update.
CREATE FUNCTION audit_customer_warmth() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    who bigint := nullif(current_setting('lanewise.actor', true), '')::bigint;
    label text := coalesce(current_setting('lanewise.actor_label', true), '');
    origin text := left(coalesce(
        nullif(current_setting('lanewise.source', true), ''),
        nullif(current_setting('application_name', true), ''), 'sql'), 40);
    request text := coalesce(current_setting('lanewise.request_id', true), '');
    why text := coalesce(current_setting('lanewise.reason', true), '');
BEGIN
    INSERT INTO audit_log (table_name, row_id, customer_id, action, before, after, actor_id, actor_label, source, request_id, reason)
    SELECT TG_TABLE_NAME, n.id::text, n.customer_id, 'update', changed.before, changed.after, who, label, origin, request, why
    FROM old_rows AS o JOIN new_rows AS n USING (id)
    CROSS JOIN LATERAL (
        SELECT jsonb_object_agg(c.name, c.old) AS before, jsonb_object_agg(c.name, c.new) AS after
        FROM (VALUES
            ('manual_adjustments', o.manual_adjustments, n.manual_adjustments),
            ('warmth_notes', to_jsonb(o.warmth_notes), to_jsonb(n.warmth_notes)),
            ('is_active', to_jsonb(o.is_active), to_jsonb(n.is_active)),
            ('interested_vehicle_types', to_jsonb(o.interested_vehicle_types), to_jsonb(n.interested_vehicle_types)),
            ('price_range_min', to_jsonb(o.price_range_min), to_jsonb(n.price_range_min)),
            ('price_range_max', to_jsonb(o.price_range_max), to_jsonb(n.price_range_max)),
            ('preferred_features', o.preferred_features, n.preferred_features),
            ('declared_purchase_date', to_jsonb(o.declared_purchase_date), to_jsonb(n.declared_purchase_date)),
            ('decision_role', to_jsonb(o.decision_role), to_jsonb(n.decision_role))
        ) AS c (name, old, new)
        WHERE c.old IS DISTINCT FROM c.new
    ) AS changed
    WHERE changed.after IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER customer_warmth_audit AFTER UPDATE ON customer_warmth
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT WHEN (coalesce(current_setting('lanewise.warmth_computed', true), '') = '')
EXECUTE FUNCTION audit_customer_warmth();
