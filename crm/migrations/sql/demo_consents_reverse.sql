CREATE OR REPLACE FUNCTION protect_consents() RETURNS trigger LANGUAGE plpgsql AS $$
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
