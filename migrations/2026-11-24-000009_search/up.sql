-- Search over all kinds: which folding rows were indexed with, so that a release that folds otherwise
-- indexes them anew; and an order to read a publisher's records newest first.

CREATE TABLE search_index (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    folding bigint NOT NULL
);
COMMENT ON TABLE search_index IS 'How the search columns were made; derived, so no guard keeps it.';
COMMENT ON COLUMN search_index.singleton IS 'Always true: there is one row.';
COMMENT ON COLUMN search_index.folding IS 'Version of the folding that every row is indexed with.';
-- What was there before was folded without regard to traditional characters.
INSERT INTO search_index (folding) VALUES (1);

-- A search column is derived from the body beside it, and may be derived anew.
CREATE OR REPLACE FUNCTION guard_version_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'search' = to_jsonb(OLD) - 'search' AND TG_TABLE_NAME <> 'record_references' THEN
        RETURN NEW;
    END IF;
    IF OLD.revision_to <> 9223372036854775807
        OR NEW.revision_to IS DISTINCT FROM revision_in_progress()
        OR to_jsonb(NEW) - 'revision_to' <> to_jsonb(OLD) - 'revision_to' THEN
        RAISE EXCEPTION 'a row of % is only ever closed, at head', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE INDEX organizations_publisher_changed_in ON organizations (publisher, changed_in, id, revision_from, revision_to);
CREATE INDEX programmes_publisher_changed_in ON programmes (publisher, changed_in, id, revision_from, revision_to);
CREATE INDEX commitments_publisher_changed_in ON commitments (publisher, changed_in, id, revision_from, revision_to);
CREATE INDEX reports_publisher_changed_in ON reports (publisher, changed_in, id, revision_from, revision_to);
CREATE INDEX metrics_publisher_changed_in ON metrics (publisher, changed_in, id, revision_from, revision_to);
CREATE INDEX observations_publisher_changed_in ON observations (publisher, changed_in, id, revision_from, revision_to);
CREATE INDEX targets_publisher_changed_in ON targets (publisher, changed_in, id, revision_from, revision_to);
CREATE INDEX sources_publisher_changed_in ON sources (publisher, changed_in, id, revision_from, revision_to);
