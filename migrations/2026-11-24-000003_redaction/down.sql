DROP FUNCTION redact_record(text, text, text, text, text, bytea, bytea, timestamptz);
DROP PROCEDURE rederive_commitment(text);
DROP FUNCTION digest_time(timestamptz);
