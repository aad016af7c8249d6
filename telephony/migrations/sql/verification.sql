-- Time stamps, and the audit of unlocking.

CREATE TRIGGER caller_verifications_touch BEFORE UPDATE ON caller_verifications
FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER verification_unlocks_touch BEFORE UPDATE ON verification_unlocks
FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER agent_actions_touch BEFORE UPDATE ON agent_actions
FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TRIGGER verification_unlocks_audit_insert AFTER INSERT ON verification_unlocks
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION audit_changes('customer_id', 'id');
