-- A redaction takes what records said out of the answers kept for repeated requests, and leaves ratios whose figures were
-- once filed under a redacted metric, and are no more.

CREATE PROCEDURE redact_answers() LANGUAGE sql AS $$
    UPDATE idempotency_keys SET answer = (answer::jsonb || jsonb_build_object('warnings', '[]'::jsonb, 'changes', (
        SELECT coalesce(jsonb_agg(c - 'changed' ORDER BY i), '[]') FROM jsonb_array_elements(answer::jsonb -> 'changes') WITH ORDINALITY x(c, i)
    )))::text WHERE strpos(answer, '"changed"') > 0 OR strpos(answer, '"warnings":[]') = 0
$$;
COMMENT ON PROCEDURE redact_answers() IS 'Takes out of the answers kept what may quote records: who changed stays, what does not.';
-- There may have been a redaction since, and none is to come before this is committed.
SELECT FROM head FOR UPDATE;
CALL redact_answers();

-- Arrays run in the order of the digest; a record is named by kind, table and id. A copy of a ledger may
-- have got the record without its content already.
CREATE OR REPLACE FUNCTION redact_records(
    p_kinds text[], p_tables text[], p_ids text[], p_salts bytea[],
    p_publisher text, p_message text, p_message_salt bytea, p_now timestamptz, p_copied boolean
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    h head;
    n bigint;
    published timestamptz;
    digest_of_message bytea := sha256(p_message_salt || convert_to(p_message, 'UTF8'));
    lines text := '';
    next_digest bytea;
    digests bytea[];
    figures text[];
    odd_series text[];
    odd_commitments text[];
    commitment_id text;
BEGIN
    SELECT * INTO STRICT h FROM head FOR UPDATE;
    FOR i IN 1 .. cardinality(p_ids) LOOP
        IF NOT p_copied AND NOT EXISTS (SELECT FROM changes WHERE kind = p_kinds[i] AND id = p_ids[i] AND salt IS NOT NULL AND op <> 'redact') THEN
            RAISE EXCEPTION 'there is nothing to redact of % %', p_kinds[i], p_ids[i] USING ERRCODE = 'no_data_found';
        END IF;
        digests[i] := sha256(p_salts[i] || convert_to('{"id":' || to_json(p_ids[i])::text || '}', 'UTF8'));
        lines := lines || concat_ws(' ', i, p_kinds[i], p_ids[i], 'redact', 'redaction', encode(digests[i], 'hex')) || E'\n';
    END LOOP;
    n := h.revision + 1;
    published := greatest(p_now, h.published_at + interval '1 microsecond');
    next_digest := sha256(convert_to(concat_ws(E'\n', 'oc1', encode(h.digest, 'hex'), n, 'redaction', p_publisher,
        digest_time(published), encode(digest_of_message, 'hex'), lines), 'UTF8'));
    INSERT INTO revisions VALUES (n, 'redaction', p_publisher, p_message, p_message_salt, digest_of_message, published, next_digest, cardinality(p_ids));
    UPDATE head SET revision = n, digest = next_digest, published_at = published, last_redaction = n;
    UPDATE changes c SET body = NULL, salt = NULL, redacted_in = n FROM unnest(p_kinds, p_ids) r(kind, id)
        WHERE c.kind = r.kind AND c.id = r.id AND c.salt IS NOT NULL AND c.op <> 'redact';
    INSERT INTO changes (revision, seq, kind, id, op, change_kind, record_digest, salt, body)
        SELECT n, i, p_kinds[i], p_ids[i], 'redact', 'redaction', digests[i], p_salts[i], '{"id":' || to_json(p_ids[i])::text || '}'
        FROM generate_subscripts(p_ids, 1) i;

    SELECT array_agg(DISTINCT s) INTO odd_series FROM (
        SELECT series_of(o.metric, o.subject, o.division_code) AS s FROM unnest(p_kinds, p_ids) r(kind, id)
            JOIN observations o ON o.id = r.id WHERE r.kind = 'observation'
        UNION SELECT series_of(t.metric, t.subject, t.division_code) FROM unnest(p_kinds, p_ids) r(kind, id)
            JOIN targets t ON t.id = r.id WHERE r.kind = 'target'
        UNION SELECT series_of_metrics(metrics_around(array_agg(r.id))) FROM unnest(p_kinds, p_ids) r(kind, id) WHERE r.kind = 'metric'
    ) x;
    odd_series := series_around(coalesce(odd_series, '{}'));
    SELECT coalesce(array_agg(DISTINCT m), '{}') INTO odd_commitments FROM (
        SELECT t.commitment AS m FROM unnest(p_kinds, p_ids) r(kind, id) JOIN reports t ON t.id = r.id WHERE r.kind = 'report'
        UNION SELECT r.id FROM unnest(p_kinds, p_ids) r(kind, id) WHERE r.kind = 'commitment'
    ) x;

    FOR i IN 1 .. cardinality(p_ids) LOOP
        -- What was computed from it, in whatever revision; of a metric, what was computed from figures while they were its.
        IF p_kinds[i] IN ('observation', 'metric') THEN
            SELECT CASE p_kinds[i] WHEN 'observation' THEN ARRAY[p_ids[i]] ELSE (
                SELECT coalesce(array_agg(DISTINCT f.id), '{}') FROM observations f WHERE f.metric = p_ids[i]) END INTO figures;
            WITH gone AS (
                DELETE FROM observations c WHERE c.computed AND (p_kinds[i] = 'metric' AND c.metric = p_ids[i]
                    OR c.inputs && figures AND (p_kinds[i] = 'observation' OR EXISTS (SELECT FROM observations f
                        WHERE f.id = ANY(c.inputs) AND f.metric = p_ids[i] AND f.revision_from < c.revision_to AND f.revision_to > c.revision_from)))
                RETURNING c.id, c.revision_from
            )
            DELETE FROM record_references r USING gone
                WHERE r.from_kind = 'observation' AND r.from_id = gone.id AND r.revision_from = gone.revision_from;
        END IF;
    END LOOP;
    FOR i IN 1 .. cardinality(p_ids) LOOP
        EXECUTE format('DELETE FROM %I WHERE id = $1', p_tables[i]) USING p_ids[i];
        DELETE FROM record_references WHERE from_kind = p_kinds[i] AND from_id = p_ids[i];
    END LOOP;
    FOREACH commitment_id IN ARRAY odd_commitments LOOP
        CALL rederive_commitment(commitment_id);
        CALL rederive_references(commitment_id);
    END LOOP;
    CALL rederive_warnings(odd_series, odd_commitments);
    CALL redact_answers();
    INSERT INTO kind_changes (kind, revision) SELECT DISTINCT k, n FROM unnest(p_kinds) x(kind) CROSS JOIN LATERAL bears_on(x.kind) k;
    PERFORM pg_notify('open_commitments_revision', n::text);
    RETURN n;
END $$;
