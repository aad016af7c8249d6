DROP TRIGGER api_tokens_audit ON api_tokens;
DROP FUNCTION audit_token();
