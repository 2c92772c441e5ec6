-- A small revision sets up the plans it needs and no more: for a row or two, that takes longer than running them.

-- One query, where one looked for the revision and another one for rows that are not of it.
CREATE OR REPLACE FUNCTION guard_added_at_head() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM added WHERE revision IS DISTINCT FROM (
        SELECT r.revision FROM revisions r WHERE r.revision = (SELECT h.revision FROM head h) AND r.xmin = pg_current_xact_id()::xid)) THEN
        RAISE EXCEPTION 'rows of % are added by the transaction that writes their revision', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION guard_version_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Most are as they should be, and then nobody need ask whether this is a redaction.
    IF EXISTS (SELECT FROM added WHERE revision_to <> 9223372036854775807 OR revision_from IS DISTINCT FROM (
        SELECT r.revision FROM revisions r WHERE r.revision = (SELECT h.revision FROM head h) AND r.xmin = pg_current_xact_id()::xid)) THEN
        IF NOT redaction_in_progress() THEN
            RAISE EXCEPTION 'rows of % are added open, by the transaction that writes their revision', TG_TABLE_NAME
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END IF;
    RETURN NULL;
END $$;

-- Looks only where the revision has changes. Each change leads to its row by id; OFFSET 0 keeps that order.
CREATE OR REPLACE FUNCTION derive_warnings_of(p_n bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE kinds text[]; touched text[] := '{}'; reported text[] := '{}'; more text[];
BEGIN
    kinds := ARRAY(SELECT k FROM unnest('{commitment,metric,observation,report,target}'::text[]) k
        WHERE EXISTS (SELECT FROM kind_changes c WHERE c.kind = k AND c.revision = p_n));
    IF 'observation' = ANY(kinds) THEN
        touched := ARRAY(SELECT DISTINCT o.s FROM changes c CROSS JOIN LATERAL (
            SELECT series_of(o.metric, o.subject, o.division_code) AS s FROM observations o
            WHERE o.id = c.id AND (o.revision_from = p_n OR o.revision_to = p_n) OFFSET 0) o
            WHERE c.revision = p_n AND c.kind = 'observation');
    END IF;
    IF 'target' = ANY(kinds) THEN
        touched := touched || ARRAY(SELECT DISTINCT t.s FROM changes c CROSS JOIN LATERAL (
            SELECT series_of(t.metric, t.subject, t.division_code) AS s FROM targets t
            WHERE t.id = c.id AND (t.revision_from = p_n OR t.revision_to = p_n) OFFSET 0) t
            WHERE c.revision = p_n AND c.kind = 'target');
    END IF;
    IF 'metric' = ANY(kinds) THEN
        more := ARRAY(SELECT c.id FROM changes c WHERE c.revision = p_n AND c.kind = 'metric');
        touched := touched || ARRAY(SELECT series_of_metrics(metrics_around(more)));
    END IF;
    IF 'report' = ANY(kinds) THEN
        reported := ARRAY(SELECT DISTINCT r.m FROM changes c CROSS JOIN LATERAL (
            SELECT r.commitment AS m FROM reports r WHERE r.id = c.id AND (r.revision_from = p_n OR r.revision_to = p_n) OFFSET 0) r
            WHERE c.revision = p_n AND c.kind = 'report');
    END IF;
    IF 'commitment' = ANY(kinds) THEN
        reported := reported || ARRAY(SELECT c.id FROM changes c WHERE c.revision = p_n AND c.kind = 'commitment');
    END IF;
    IF touched <> '{}' OR reported <> '{}' THEN
        CALL derive_warnings(CASE WHEN touched = '{}' THEN touched ELSE series_around(touched) END, reported, p_n);
    END IF;
END $$;

CREATE OR REPLACE PROCEDURE derive_warnings(p_series text[], p_commitments text[], p_n bigint) LANGUAGE plpgsql AS $$
DECLARE found warnings[] := '{}';
BEGIN
    IF p_series <> '{}' THEN
        found := ARRAY(SELECT DISTINCT (code, kind, id, other_kind, other_id, publisher, scope, p_n, 9223372036854775807)::warnings
            FROM series_warnings(p_series, p_n));
    END IF;
    IF p_commitments <> '{}' THEN
        found := found || ARRAY(SELECT DISTINCT (code, kind, id, other_kind, other_id, publisher, scope, p_n, 9223372036854775807)::warnings
            FROM commitment_warnings(p_commitments, p_n));
    END IF;
    UPDATE warnings w SET revision_to = p_n
        WHERE w.scope IN (SELECT 'metric:' || unnest(p_series) UNION ALL SELECT 'commitment:' || unnest(p_commitments))
        AND w.revision_to = 9223372036854775807
        AND NOT EXISTS (SELECT FROM unnest(found) f WHERE (f.scope, f.kind, f.id, f.code, f.other_id) = (w.scope, w.kind, w.id, w.code, w.other_id));
    IF found <> '{}' THEN
        INSERT INTO warnings SELECT f.* FROM unnest(found) f
            WHERE NOT EXISTS (SELECT FROM warnings w WHERE (f.scope, f.kind, f.id, f.code, f.other_id) = (w.scope, w.kind, w.id, w.code, w.other_id)
                AND w.revision_to = 9223372036854775807);
    END IF;
END $$;
