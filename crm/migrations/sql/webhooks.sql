-- Time stamps of the webhooks, and the audit of who set them up.

CREATE TRIGGER webhook_endpoints_touch BEFORE UPDATE ON webhook_endpoints
FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TRIGGER webhook_endpoints_audit_insert AFTER INSERT ON webhook_endpoints
REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_changes('', 'id');
CREATE TRIGGER webhook_endpoints_audit_update AFTER UPDATE ON webhook_endpoints
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION audit_changes('', 'id');
CREATE TRIGGER webhook_endpoints_audit_delete AFTER DELETE ON webhook_endpoints
REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION audit_changes('', 'id');
