CREATE OR REPLACE FUNCTION guard_added_at_head() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE n bigint := revision_in_progress();
BEGIN
    IF EXISTS (SELECT FROM added WHERE revision IS DISTINCT FROM n) THEN
        RAISE EXCEPTION 'rows of % are added by the transaction that writes their revision', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
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

CREATE OR REPLACE PROCEDURE derive_warnings(p_series text[], p_commitments text[], p_n bigint) LANGUAGE plpgsql AS $$
DECLARE found warnings[];
BEGIN
    SELECT coalesce(array_agg(DISTINCT (code, kind, id, other_kind, other_id, publisher, scope, p_n, 9223372036854775807)::warnings), '{}')
        INTO found FROM (SELECT * FROM series_warnings(p_series, p_n) UNION ALL SELECT * FROM commitment_warnings(p_commitments, p_n)) w;
    UPDATE warnings w SET revision_to = p_n
        WHERE w.scope IN (SELECT 'metric:' || unnest(p_series) UNION ALL SELECT 'commitment:' || unnest(p_commitments))
        AND w.revision_to = 9223372036854775807
        AND NOT EXISTS (SELECT FROM unnest(found) f WHERE (f.scope, f.kind, f.id, f.code, f.other_id) = (w.scope, w.kind, w.id, w.code, w.other_id));
    INSERT INTO warnings SELECT f.* FROM unnest(found) f
        WHERE NOT EXISTS (SELECT FROM warnings w WHERE (f.scope, f.kind, f.id, f.code, f.other_id) = (w.scope, w.kind, w.id, w.code, w.other_id)
            AND w.revision_to = 9223372036854775807);
END $$;
