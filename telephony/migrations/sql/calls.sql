-- Time stamps of a call, whichever way it is written.

CREATE TRIGGER call_logs_touch BEFORE UPDATE ON call_logs
FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE FUNCTION start_of_call() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.started_at := LEAST(
        NEW.ended_at - make_interval(secs => coalesce(NEW.duration_seconds, 0)), NEW.created_at
    );
    RETURN NEW;
END $$;

CREATE TRIGGER call_logs_start BEFORE INSERT ON call_logs
FOR EACH ROW WHEN (NEW.started_at IS NULL) EXECUTE FUNCTION start_of_call();

-- Audit of what people decide about a call. Not the generic trigger: it would copy transcripts and
-- addresses of recordings to where their own capability and retention do not reach.

CREATE FUNCTION audit_calls() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    who bigint := nullif(current_setting('lanewise.actor', true), '')::bigint;
    label text := coalesce(current_setting('lanewise.actor_label', true), '');
    origin text := left(coalesce(
        nullif(current_setting('lanewise.source', true), ''),
        nullif(current_setting('application_name', true), ''),
        'sql'
    ), 40);
    request text := coalesce(current_setting('lanewise.request_id', true), '');
    why text := coalesce(current_setting('lanewise.reason', true), '');
    decided text[] := ARRAY[
        'customer_id', 'advisor_id', 'appointment_id', 'call_type', 'outcome', 'issue_resolved',
        'customer_sentiment', 'intent_detected', 'recording_consent'
    ];
BEGIN
    IF TG_OP = 'DELETE' THEN
        INSERT INTO audit_log (table_name, row_id, customer_id, action, before, actor_id, actor_label, source, request_id, reason)
        SELECT 'call_logs', o.id::text, o.customer_id, 'delete',
               jsonb_build_object('direction', o.direction, 'started_at', o.started_at),
               who, label, origin, request, why
        FROM old_rows AS o;
        RETURN NULL;
    END IF;
    INSERT INTO audit_log (table_name, row_id, customer_id, action, before, after, actor_id, actor_label, source, request_id, reason)
    SELECT 'call_logs', n.id::text, n.customer_id, 'update', changed.before, changed.after,
           who, label, origin, request, why
    FROM old_rows AS o
    JOIN new_rows AS n ON n.id = o.id
    CROSS JOIN LATERAL (
        SELECT jsonb_object_agg(k, to_jsonb(o) -> k) AS before,
               jsonb_object_agg(k, to_jsonb(n) -> k) AS after
        FROM unnest(decided) AS k
        WHERE to_jsonb(o) -> k IS DISTINCT FROM to_jsonb(n) -> k
    ) AS changed
    WHERE changed.after IS NOT NULL;
    RETURN NULL;
END $$;

CREATE TRIGGER call_logs_audit_update AFTER UPDATE ON call_logs
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION audit_calls();
CREATE TRIGGER call_logs_audit_delete AFTER DELETE ON call_logs
REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_calls();
