-- The ledger: numbered, atomic, digested revisions, and the head that readers join.

CREATE TABLE ledger (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    uuid uuid NOT NULL,
    time_zone text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE ledger IS 'Identity of this ledger, fixed at creation.';
COMMENT ON COLUMN ledger.singleton IS 'Always true: there is one ledger in a database.';
COMMENT ON COLUMN ledger.uuid IS 'Identity; digest(0) is the SHA-256 of its lower-case text.';
COMMENT ON COLUMN ledger.time_zone IS 'IANA time zone in which a bare date ends and overdue is judged.';
COMMENT ON COLUMN ledger.created_at IS 'When the ledger was created.';

CREATE TABLE revisions (
    revision bigint PRIMARY KEY CHECK (revision > 0),
    kind text COLLATE "C" NOT NULL,
    publisher text COLLATE "C" NOT NULL,
    message text COLLATE "C" NOT NULL,
    message_salt bytea NOT NULL CHECK (length(message_salt) = 16),
    message_digest bytea NOT NULL CHECK (length(message_digest) = 32),
    published_at timestamptz NOT NULL UNIQUE,
    digest bytea NOT NULL CHECK (length(digest) = 32),
    change_count bigint NOT NULL CHECK (change_count > 0)
);
COMMENT ON TABLE revisions IS 'Headers of the revisions, 1 to head without a gap; append-only.';
COMMENT ON COLUMN revisions.revision IS 'The only version number there is; dense, in commit order.';
COMMENT ON COLUMN revisions.kind IS 'Why it was published: new_data, a correction kind, withdrawal or redaction.';
COMMENT ON COLUMN revisions.publisher IS 'Organization in whose name it was published.';
COMMENT ON COLUMN revisions.message IS 'Canonical JSON (RFC 8785) of the message, human text by language.';
COMMENT ON COLUMN revisions.message_salt IS 'Random 128 bits hashed before the message.';
COMMENT ON COLUMN revisions.message_digest IS 'SHA-256 of message_salt and message.';
COMMENT ON COLUMN revisions.published_at IS 'Taken under the head lock; strictly rising.';
COMMENT ON COLUMN revisions.digest IS 'SHA-256 over the digest before, this header and the changes; the chain.';
COMMENT ON COLUMN revisions.change_count IS 'How many changes the revision has.';

CREATE TABLE changes (
    revision bigint NOT NULL REFERENCES revisions,
    seq bigint NOT NULL CHECK (seq > 0),
    kind text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    op text COLLATE "C" NOT NULL CHECK (op IN ('upsert', 'withdraw', 'redact')),
    change_kind text COLLATE "C" NOT NULL,
    record_digest bytea NOT NULL CHECK (length(record_digest) = 32),
    salt bytea CHECK (length(salt) = 16),
    body text COLLATE "C",
    redacted_in bigint,
    PRIMARY KEY (revision, seq),
    CHECK ((salt IS NULL) = (redacted_in IS NOT NULL)),
    CHECK (body IS NULL OR op <> 'upsert')
);
CREATE UNIQUE INDEX changes_record ON changes (kind, id, revision);
COMMENT ON TABLE changes IS 'What each revision changed, in order; append-only but for a redaction.';
COMMENT ON COLUMN changes.revision IS 'The revision.';
COMMENT ON COLUMN changes.seq IS 'Order within the revision, from 1: by kind, then by id.';
COMMENT ON COLUMN changes.kind IS 'Record kind, singular.';
COMMENT ON COLUMN changes.id IS 'Record id, unique in its kind.';
COMMENT ON COLUMN changes.op IS 'upsert, withdraw or redact.';
COMMENT ON COLUMN changes.change_kind IS 'Why this record changed; the revision''s kind unless the entry said otherwise.';
COMMENT ON COLUMN changes.record_digest IS 'SHA-256 of salt and body; stays when both are redacted.';
COMMENT ON COLUMN changes.salt IS 'Random 128 bits hashed before the body; gone when redacted.';
COMMENT ON COLUMN changes.body IS 'Canonical JSON of what a withdraw or redact hashes; an upsert''s body is in its record table.';
COMMENT ON COLUMN changes.redacted_in IS 'Revision that removed body and salt, where one did.';

CREATE TABLE head (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    revision bigint NOT NULL,
    digest bytea NOT NULL CHECK (length(digest) = 32),
    published_at timestamptz,
    last_redaction bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE head IS 'The newest revision. Publishers lock this row, readers join it.';
COMMENT ON COLUMN head.singleton IS 'Always true: there is one head.';
COMMENT ON COLUMN head.revision IS 'Newest revision, 0 in an empty ledger.';
COMMENT ON COLUMN head.digest IS 'Its digest, digest(0) in an empty ledger.';
COMMENT ON COLUMN head.published_at IS 'Its time, absent in an empty ledger.';
COMMENT ON COLUMN head.last_redaction IS 'Newest revision of kind redaction, 0 without one; part of every ETag.';

CREATE TABLE kind_changes (
    kind text COLLATE "C" NOT NULL,
    revision bigint NOT NULL REFERENCES revisions,
    PRIMARY KEY (kind, revision)
);
COMMENT ON TABLE kind_changes IS 'Which revisions changed rows of a kind, derived values included: changed_in of a list.';
COMMENT ON COLUMN kind_changes.kind IS 'Record kind, singular.';
COMMENT ON COLUMN kind_changes.revision IS 'A revision that changed rows of the kind.';

CREATE TABLE record_references (
    from_kind text COLLATE "C" NOT NULL,
    from_id text COLLATE "C" NOT NULL,
    member text COLLATE "C" NOT NULL,
    to_kind text COLLATE "C" NOT NULL,
    to_id text COLLATE "C" NOT NULL,
    revision_from bigint NOT NULL,
    revision_to bigint NOT NULL DEFAULT 9223372036854775807,
    PRIMARY KEY (from_kind, from_id, revision_from, member, to_kind, to_id)
);
CREATE INDEX record_references_to_from ON record_references (to_kind, to_id, from_kind, revision_from);
CREATE INDEX record_references_to_until ON record_references (to_kind, to_id, from_kind, revision_to);
COMMENT ON TABLE record_references IS 'Which record version names which record: dangling checks, withdrawals, changed_in of a filtered list.';
COMMENT ON COLUMN record_references.from_kind IS 'Kind of the record that refers.';
COMMENT ON COLUMN record_references.from_id IS 'Id of the record that refers.';
COMMENT ON COLUMN record_references.member IS 'Top-level member that holds the reference.';
COMMENT ON COLUMN record_references.to_kind IS 'Kind of the record referred to.';
COMMENT ON COLUMN record_references.to_id IS 'Id of the record referred to.';
COMMENT ON COLUMN record_references.revision_from IS 'First revision of the row version that refers.';
COMMENT ON COLUMN record_references.revision_to IS 'First revision without it; the largest bigint while open.';

-- True only inside the transaction that is writing the head revision, so a committed revision can
-- never grow, whoever asks.
CREATE FUNCTION revision_in_progress() RETURNS bigint STABLE LANGUAGE sql AS $$
    SELECT r.revision FROM head h JOIN revisions r ON r.revision = h.revision
    WHERE r.xmin = pg_current_xact_id()::xid
$$;
COMMENT ON FUNCTION revision_in_progress() IS 'The head revision if this very transaction is writing it, else NULL.';

CREATE FUNCTION redaction_in_progress() RETURNS boolean STABLE LANGUAGE sql AS $$
    SELECT EXISTS (SELECT FROM revisions WHERE revision = revision_in_progress() AND kind = 'redaction')
$$;
COMMENT ON FUNCTION redaction_in_progress() IS 'Whether this very transaction is writing a redaction.';

CREATE FUNCTION guard_forbidden() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger keeps history: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION guard_revision_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM head h WHERE NEW.revision = h.revision + 1
                   AND (h.published_at IS NULL OR NEW.published_at > h.published_at)) THEN
        RAISE EXCEPTION 'revision % is not the one after head, or not later than it', NEW.revision
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION guard_head_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.revision <> OLD.revision + 1 OR NOT EXISTS (
        SELECT FROM revisions r WHERE r.revision = NEW.revision AND r.digest = NEW.digest
        AND r.published_at = NEW.published_at
        AND NEW.last_redaction = CASE r.kind WHEN 'redaction' THEN r.revision ELSE OLD.last_redaction END
    ) THEN
        RAISE EXCEPTION 'head only moves to the revision after it'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

-- For tables whose rows belong to one revision.
CREATE FUNCTION guard_added_at_head() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM added WHERE revision IS DISTINCT FROM revision_in_progress()) THEN
        RAISE EXCEPTION 'rows of % are added by the transaction that writes their revision', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

-- For tables whose rows span revisions: open at head, or anywhere while a redaction derives the past anew.
CREATE FUNCTION guard_version_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT redaction_in_progress() AND EXISTS (
        SELECT FROM added WHERE revision_from IS DISTINCT FROM revision_in_progress()
        OR revision_to <> 9223372036854775807
    ) THEN
        RAISE EXCEPTION 'rows of % are added open, by the transaction that writes their revision', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION guard_version_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.revision_to <> 9223372036854775807
        OR NEW.revision_to IS DISTINCT FROM revision_in_progress()
        OR to_jsonb(NEW) - 'revision_to' <> to_jsonb(OLD) - 'revision_to' THEN
        RAISE EXCEPTION 'a row of % is only ever closed, at head', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION guard_version_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT redaction_in_progress() THEN
        RAISE EXCEPTION 'the ledger keeps history: rows of % are removed by a redaction only', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN OLD;
END $$;

CREATE FUNCTION guard_change_redacted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT redaction_in_progress()
        OR NEW.redacted_in IS DISTINCT FROM revision_in_progress()
        OR NEW.body IS NOT NULL OR NEW.salt IS NOT NULL
        OR to_jsonb(NEW) - '{body,salt,redacted_in}'::text[] <> to_jsonb(OLD) - '{body,salt,redacted_in}'::text[] THEN
        RAISE EXCEPTION 'a change loses its body and salt to a redaction only, and nothing else'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

-- ALWAYS: guards hold under session_replication_role = replica too.
CREATE PROCEDURE guard_always(p_table text) LANGUAGE plpgsql AS $$
DECLARE g text;
BEGIN
    FOR g IN SELECT tgname FROM pg_trigger
        WHERE tgrelid = p_table::regclass AND tgname LIKE 'guard\_%' AND NOT tgisinternal LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', p_table, g);
    END LOOP;
END $$;

-- One call guards a table of row versions.
CREATE PROCEDURE guard_versions(p_table text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER guard_added AFTER INSERT ON %I REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION guard_version_added()', p_table);
    EXECUTE format('CREATE TRIGGER guard_closed BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION guard_version_closed()', p_table);
    EXECUTE format('CREATE TRIGGER guard_removed BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION guard_version_removed()', p_table);
    EXECUTE format('CREATE TRIGGER guard_truncated BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION guard_forbidden()', p_table);
    CALL guard_always(p_table);
END $$;

CREATE TRIGGER guard_changed BEFORE UPDATE OR DELETE ON ledger FOR EACH ROW EXECUTE FUNCTION guard_forbidden();
CREATE TRIGGER guard_truncated BEFORE TRUNCATE ON ledger FOR EACH STATEMENT EXECUTE FUNCTION guard_forbidden();
CREATE TRIGGER guard_added BEFORE INSERT ON revisions FOR EACH ROW EXECUTE FUNCTION guard_revision_added();
CREATE TRIGGER guard_changed BEFORE UPDATE OR DELETE ON revisions FOR EACH ROW EXECUTE FUNCTION guard_forbidden();
CREATE TRIGGER guard_truncated BEFORE TRUNCATE ON revisions FOR EACH STATEMENT EXECUTE FUNCTION guard_forbidden();
CREATE TRIGGER guard_moved BEFORE UPDATE ON head FOR EACH ROW EXECUTE FUNCTION guard_head_moved();
CREATE TRIGGER guard_removed BEFORE DELETE ON head FOR EACH ROW EXECUTE FUNCTION guard_forbidden();
CREATE TRIGGER guard_truncated BEFORE TRUNCATE ON head FOR EACH STATEMENT EXECUTE FUNCTION guard_forbidden();
CREATE TRIGGER guard_added AFTER INSERT ON changes REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION guard_added_at_head();
CREATE TRIGGER guard_redacted BEFORE UPDATE ON changes FOR EACH ROW EXECUTE FUNCTION guard_change_redacted();
CREATE TRIGGER guard_removed BEFORE DELETE ON changes FOR EACH ROW EXECUTE FUNCTION guard_forbidden();
CREATE TRIGGER guard_truncated BEFORE TRUNCATE ON changes FOR EACH STATEMENT EXECUTE FUNCTION guard_forbidden();
CREATE TRIGGER guard_added AFTER INSERT ON kind_changes REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION guard_added_at_head();
CREATE TRIGGER guard_changed BEFORE UPDATE OR DELETE ON kind_changes FOR EACH ROW EXECUTE FUNCTION guard_forbidden();
CREATE TRIGGER guard_truncated BEFORE TRUNCATE ON kind_changes FOR EACH STATEMENT EXECUTE FUNCTION guard_forbidden();
CALL guard_versions('record_references');

CALL guard_always('ledger');
CALL guard_always('revisions');
CALL guard_always('head');
CALL guard_always('changes');
CALL guard_always('kind_changes');
