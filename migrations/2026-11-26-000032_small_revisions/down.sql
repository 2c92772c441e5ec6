CREATE OR REPLACE FUNCTION revision_in_progress() RETURNS bigint STABLE LANGUAGE plpgsql AS $$#variable_conflict use_column
BEGIN
RETURN (
    SELECT r.revision FROM head h JOIN revisions r ON r.revision = h.revision
    WHERE r.xmin = pg_current_xact_id()::xid
);
END$$;

CREATE OR REPLACE FUNCTION redaction_in_progress() RETURNS boolean STABLE LANGUAGE plpgsql AS $$#variable_conflict use_column
BEGIN
RETURN (
    SELECT EXISTS (SELECT FROM revisions WHERE revision = revision_in_progress() AND kind = 'redaction')
);
END$$;

CREATE OR REPLACE FUNCTION guard_version_added() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE n bigint := revision_in_progress();
BEGIN
    IF NOT redaction_in_progress() AND EXISTS (
        SELECT FROM added WHERE revision_from IS DISTINCT FROM n OR revision_to <> 9223372036854775807
    ) THEN
        RAISE EXCEPTION 'rows of % are added open, by the transaction that writes their revision', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION derive_warnings_of(p_n bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE touched text[]; reported text[];
BEGIN
    SELECT array_agg(DISTINCT s) INTO touched FROM (
        SELECT series_of(o.metric, o.subject, o.division_code) AS s
            FROM changes c JOIN observations o ON o.id = c.id AND (o.revision_from = p_n OR o.revision_to = p_n)
            WHERE c.revision = p_n AND c.kind = 'observation'
        UNION SELECT series_of(t.metric, t.subject, t.division_code)
            FROM changes c JOIN targets t ON t.id = c.id AND (t.revision_from = p_n OR t.revision_to = p_n)
            WHERE c.revision = p_n AND c.kind = 'target'
        UNION SELECT series_of_metrics(metrics_around(array_agg(c.id))) FROM changes c WHERE c.revision = p_n AND c.kind = 'metric'
    ) x;
    SELECT array_agg(DISTINCT m) INTO reported FROM (
        SELECT r.commitment AS m FROM changes c JOIN reports r ON r.id = c.id AND (r.revision_from = p_n OR r.revision_to = p_n)
            WHERE c.revision = p_n AND c.kind = 'report'
        UNION SELECT c.id FROM changes c WHERE c.revision = p_n AND c.kind = 'commitment'
    ) x;
    CALL derive_warnings(series_around(coalesce(touched, '{}')), coalesce(reported, '{}'), p_n);
END $$;
