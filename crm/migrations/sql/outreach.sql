-- updated_at of the tables of outreach that change; the consent ledger does not.

DO $$
DECLARE touched text;
BEGIN
    FOREACH touched IN ARRAY ARRAY['contact_attempts', 'work_items', 'outbound_messages'] LOOP
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION touch_updated_at()',
            touched || '_touch', touched
        );
    END LOOP;
END $$;

-- The consent ledger takes new statements only. Whoever or whatever a row points to may go, and
-- anonymising a customer may cut the row off from them; what was said stays.

CREATE FUNCTION protect_consents() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF coalesce(current_setting('lanewise.audit_redaction', true), '') <> '' THEN
            RETURN NEW;
        END IF;
        IF to_jsonb(NEW) - ARRAY['customer_id', 'recorded_by_id']
            = to_jsonb(OLD) - ARRAY['customer_id', 'recorded_by_id']
           AND coalesce(NEW.customer_id, OLD.customer_id) IS NOT DISTINCT FROM OLD.customer_id
           AND coalesce(NEW.recorded_by_id, OLD.recorded_by_id) IS NOT DISTINCT FROM OLD.recorded_by_id
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the consent ledger is append-only'
        USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'contact_consents_append_only',
              TABLE = 'contact_consents';
END $$;

CREATE TRIGGER contact_consents_append_only BEFORE UPDATE OR DELETE ON contact_consents
FOR EACH ROW EXECUTE FUNCTION protect_consents();
