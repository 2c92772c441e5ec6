-- Who may publish, and redactions of several records at once.

CREATE TABLE keys (
    id text COLLATE "C" PRIMARY KEY,
    secret_digest bytea NOT NULL,
    name text NOT NULL,
    organization text COLLATE "C" NOT NULL,
    below boolean NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz
);
COMMENT ON TABLE keys IS 'Keys that publish over HTTP. No part of the ledger: never in a digest, a feed or an answer.';
COMMENT ON COLUMN keys.id IS 'Public half of the key, by which it is listed and revoked.';
COMMENT ON COLUMN keys.secret_digest IS 'SHA-256 of the secret half, 256 random bits that were shown once.';
COMMENT ON COLUMN keys.name IS 'Whose it is, in the operator''s words.';
COMMENT ON COLUMN keys.organization IS 'Organization in whose name it publishes; it may not be in the ledger yet.';
COMMENT ON COLUMN keys.below IS 'Whether it also publishes for the organizations under that one.';
COMMENT ON COLUMN keys.scopes IS 'What it may do: publish, correct, withdraw, redact, admin.';
COMMENT ON COLUMN keys.created_at IS 'When it was made.';
COMMENT ON COLUMN keys.expires_at IS 'When it ends by itself, if ever.';
COMMENT ON COLUMN keys.revoked_at IS 'When it was ended.';
COMMENT ON COLUMN keys.last_used_at IS 'When it was last used, to the hour.';

CREATE TABLE idempotency_keys (
    key_id text COLLATE "C" NOT NULL,
    idempotency_key text COLLATE "C" NOT NULL,
    request_digest bytea NOT NULL,
    status smallint NOT NULL,
    answer text NOT NULL,
    revision bigint,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (key_id, idempotency_key)
);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);
COMMENT ON TABLE idempotency_keys IS 'First answers to publications that carried an Idempotency-Key, written with their revision and kept for 7 days.';
COMMENT ON COLUMN idempotency_keys.key_id IS 'Key that published.';
COMMENT ON COLUMN idempotency_keys.idempotency_key IS 'What the client sent.';
COMMENT ON COLUMN idempotency_keys.request_digest IS 'SHA-256 of the publication, to tell another one under the same key.';
COMMENT ON COLUMN idempotency_keys.status IS 'HTTP status of the first answer.';
COMMENT ON COLUMN idempotency_keys.answer IS 'Body of the first answer.';
COMMENT ON COLUMN idempotency_keys.revision IS 'Revision it made, if any.';
COMMENT ON COLUMN idempotency_keys.created_at IS 'When it was first answered.';

CREATE TABLE revision_keys (
    revision bigint PRIMARY KEY REFERENCES revisions,
    key_id text COLLATE "C" NOT NULL REFERENCES keys
);
CREATE INDEX revision_keys_key_id ON revision_keys (key_id, revision);
COMMENT ON TABLE revision_keys IS 'Which key published a revision, for the operator; revisions from the command line have none.';
COMMENT ON COLUMN revision_keys.revision IS 'The revision.';
COMMENT ON COLUMN revision_keys.key_id IS 'The key.';
CREATE TRIGGER guard_added AFTER INSERT ON revision_keys REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION guard_added_at_head();
CREATE TRIGGER guard_changed BEFORE UPDATE OR DELETE ON revision_keys FOR EACH ROW EXECUTE FUNCTION guard_forbidden();
CREATE TRIGGER guard_truncated BEFORE TRUNCATE ON revision_keys FOR EACH STATEMENT EXECUTE FUNCTION guard_forbidden();
CALL guard_always('revision_keys');
