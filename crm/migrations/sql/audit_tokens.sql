-- API tokens in the audit log: made, changed, revoked. Not by `audit_changes`, which would keep the
-- digest and write a line for each minute in which a token is used.

CREATE FUNCTION audit_token() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    shown text[] := ARRAY['user_id', 'name', 'prefix', 'scopes', 'expires_at', 'revoked_at'];
    was jsonb;
    now_is jsonb;
BEGIN
    SELECT jsonb_object_agg(e.key, e.value) INTO was
    FROM jsonb_each(to_jsonb(OLD)) AS e WHERE e.key = ANY (shown);
    SELECT jsonb_object_agg(e.key, e.value) INTO now_is
    FROM jsonb_each(to_jsonb(NEW)) AS e WHERE e.key = ANY (shown);
    IF was IS DISTINCT FROM now_is THEN
        INSERT INTO audit_log (table_name, row_id, action, before, after, actor_id, actor_label, source, request_id, reason)
        VALUES (
            TG_TABLE_NAME,
            coalesce(NEW.id, OLD.id)::text,
            lower(TG_OP),
            was,
            now_is,
            nullif(current_setting('lanewise.actor', true), '')::bigint,
            coalesce(current_setting('lanewise.actor_label', true), ''),
            left(coalesce(
                nullif(current_setting('lanewise.source', true), ''),
                nullif(current_setting('application_name', true), ''),
                'sql'
            ), 40),
            coalesce(current_setting('lanewise.request_id', true), ''),
            coalesce(current_setting('lanewise.reason', true), '')
        );
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER api_tokens_audit AFTER INSERT OR UPDATE OR DELETE ON api_tokens
FOR EACH ROW EXECUTE FUNCTION audit_token();
