-- A small revision takes as long in a large ledger as in a small one: what these look up is found by an index, whatever
-- statistics there are.

-- PostgreSQL takes head for a table of many rows where nobody has counted them, and read every revision to join it.
CREATE OR REPLACE FUNCTION revision_in_progress() RETURNS bigint STABLE LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT r.revision FROM revisions r WHERE r.revision = (SELECT h.revision FROM head h) AND r.xmin = pg_current_xact_id()::xid);
END $$;

CREATE OR REPLACE FUNCTION redaction_in_progress() RETURNS boolean STABLE LANGUAGE plpgsql AS $$
BEGIN
    RETURN coalesce((SELECT r.kind = 'redaction' FROM revisions r
        WHERE r.revision = (SELECT h.revision FROM head h) AND r.xmin = pg_current_xact_id()::xid), false);
END $$;

CREATE OR REPLACE FUNCTION guard_version_added() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE n bigint := revision_in_progress();
BEGIN
    -- Most are as they should be, and then nobody need ask whether this is a redaction.
    IF EXISTS (SELECT FROM added WHERE revision_from IS DISTINCT FROM n OR revision_to <> 9223372036854775807) THEN
        IF NOT redaction_in_progress() THEN
            RAISE EXCEPTION 'rows of % are added open, by the transaction that writes their revision', TG_TABLE_NAME
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END IF;
    RETURN NULL;
END $$;

-- Each change leads to its row by id. OFFSET 0 keeps that order.
CREATE OR REPLACE FUNCTION derive_warnings_of(p_n bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE touched text[]; reported text[];
BEGIN
    SELECT array_agg(DISTINCT s) INTO touched FROM (
        SELECT o.s FROM changes c CROSS JOIN LATERAL (
            SELECT series_of(o.metric, o.subject, o.division_code) AS s FROM observations o
            WHERE o.id = c.id AND (o.revision_from = p_n OR o.revision_to = p_n) OFFSET 0) o
            WHERE c.revision = p_n AND c.kind = 'observation'
        UNION SELECT t.s FROM changes c CROSS JOIN LATERAL (
            SELECT series_of(t.metric, t.subject, t.division_code) AS s FROM targets t
            WHERE t.id = c.id AND (t.revision_from = p_n OR t.revision_to = p_n) OFFSET 0) t
            WHERE c.revision = p_n AND c.kind = 'target'
        UNION SELECT series_of_metrics(metrics_around(array_agg(c.id))) FROM changes c
            WHERE c.revision = p_n AND c.kind = 'metric' HAVING count(*) > 0
    ) x;
    SELECT array_agg(DISTINCT m) INTO reported FROM (
        SELECT r.m FROM changes c CROSS JOIN LATERAL (
            SELECT r.commitment AS m FROM reports r WHERE r.id = c.id AND (r.revision_from = p_n OR r.revision_to = p_n) OFFSET 0) r
            WHERE c.revision = p_n AND c.kind = 'report'
        UNION SELECT c.id FROM changes c WHERE c.revision = p_n AND c.kind = 'commitment'
    ) x;
    IF touched IS NULL AND reported IS NULL THEN
        RETURN;
    END IF;
    CALL derive_warnings(CASE WHEN touched IS NULL THEN '{}' ELSE series_around(touched) END, coalesce(reported, '{}'), p_n);
END $$;
