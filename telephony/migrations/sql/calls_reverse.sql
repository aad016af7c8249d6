DROP TRIGGER call_logs_audit_delete ON call_logs;
DROP TRIGGER call_logs_audit_update ON call_logs;
DROP FUNCTION audit_calls();
DROP TRIGGER call_logs_start ON call_logs;
DROP FUNCTION start_of_call();
DROP TRIGGER call_logs_touch ON call_logs;
