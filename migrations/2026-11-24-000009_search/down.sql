DROP INDEX organizations_publisher_changed_in, programmes_publisher_changed_in, commitments_publisher_changed_in,
    reports_publisher_changed_in, metrics_publisher_changed_in, observations_publisher_changed_in,
    targets_publisher_changed_in, sources_publisher_changed_in;

CREATE OR REPLACE FUNCTION guard_version_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.revision_to <> 9223372036854775807
        OR NEW.revision_to IS DISTINCT FROM revision_in_progress()
        OR to_jsonb(NEW) - 'revision_to' <> to_jsonb(OLD) - 'revision_to' THEN
        RAISE EXCEPTION 'a row of % is only ever closed, at head', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

DROP TABLE search_index;
