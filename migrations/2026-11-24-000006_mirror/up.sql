-- A ledger may be a copy of another one. What a copy derives must be what the other derived, from the same
-- records and changes alone: so which kinds a revision changed follows from its changes and nothing else.

CREATE TABLE mirror (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    upstream text NOT NULL,
    upstream_head bigint NOT NULL DEFAULT 0,
    reached_at timestamptz,
    diverged text
);
COMMENT ON TABLE mirror IS 'What this ledger is a copy of; without a row it is a ledger of its own.';
COMMENT ON COLUMN mirror.singleton IS 'Always true: a ledger is a copy of one other.';
COMMENT ON COLUMN mirror.upstream IS 'Address or file that revisions come from.';
COMMENT ON COLUMN mirror.upstream_head IS 'Newest revision there, as last heard.';
COMMENT ON COLUMN mirror.reached_at IS 'When it last answered.';
COMMENT ON COLUMN mirror.diverged IS 'How the histories differ, as JSON, where they were found to; nothing is copied from then on.';

CREATE FUNCTION bears_on(p_kind text) RETURNS SETOF text IMMUTABLE LANGUAGE sql AS $$
    SELECT p_kind UNION ALL SELECT 'commitment' WHERE p_kind = 'report' UNION ALL SELECT 'observation' WHERE p_kind = 'metric'
$$;
COMMENT ON FUNCTION bears_on(text) IS 'Kinds whose rows a change of this kind may change: its own, and what is derived from it.';

ALTER TABLE kind_changes DISABLE TRIGGER guard_added;
INSERT INTO kind_changes (kind, revision)
    SELECT DISTINCT k, c.revision FROM changes c CROSS JOIN LATERAL bears_on(c.kind) k ON CONFLICT DO NOTHING;
ALTER TABLE kind_changes ENABLE ALWAYS TRIGGER guard_added;

-- Within a redaction: the references of a commitment open and close with its row versions, as they do elsewhere.
CREATE PROCEDURE rederive_references(p_id text) LANGUAGE plpgsql AS $$
DECLARE found record_references[];
BEGIN
    SELECT array_agg((r.from_kind, r.from_id, r.member, r.to_kind, r.to_id, v.revision_from, v.revision_to)::record_references) INTO found
    FROM commitments v CROSS JOIN LATERAL (
        SELECT DISTINCT r.from_kind, r.from_id, r.member, r.to_kind, r.to_id FROM record_references r
        WHERE r.from_kind = 'commitment' AND r.from_id = p_id AND r.revision_from <= v.changed_in AND r.revision_to > v.changed_in
    ) r WHERE v.id = p_id;
    DELETE FROM record_references WHERE from_kind = 'commitment' AND from_id = p_id;
    INSERT INTO record_references SELECT (f).* FROM unnest(found) f;
END $$;
COMMENT ON PROCEDURE rederive_references(text) IS 'Has the references of a commitment open and close with its row versions, within a redaction.';

DROP FUNCTION redact_records(text[], text[], text[], bytea[], text, text, bytea, timestamptz);

-- Arrays run in the order of the digest; a record is named by kind, table and id. A copy of a ledger may
-- have got the record without its content already.
CREATE FUNCTION redact_records(
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
    odd_metrics text[];
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

    SELECT array_agg(DISTINCT m) INTO odd_metrics FROM (
        SELECT o.metric AS m FROM unnest(p_kinds, p_ids) r(kind, id) JOIN observations o ON o.id = r.id WHERE r.kind = 'observation'
        UNION SELECT t.metric FROM unnest(p_kinds, p_ids) r(kind, id) JOIN targets t ON t.id = r.id WHERE r.kind = 'target'
        UNION SELECT r.id FROM unnest(p_kinds, p_ids) r(kind, id) WHERE r.kind = 'metric'
    ) x;
    odd_metrics := metrics_around(coalesce(odd_metrics, '{}'));
    SELECT coalesce(array_agg(DISTINCT m), '{}') INTO odd_commitments FROM (
        SELECT t.commitment AS m FROM unnest(p_kinds, p_ids) r(kind, id) JOIN reports t ON t.id = r.id WHERE r.kind = 'report'
        UNION SELECT r.id FROM unnest(p_kinds, p_ids) r(kind, id) WHERE r.kind = 'commitment'
    ) x;

    FOR i IN 1 .. cardinality(p_ids) LOOP
        -- What was computed from it, in whatever revision; of a metric, what was computed from its figures.
        IF p_kinds[i] IN ('observation', 'metric') THEN
            SELECT CASE p_kinds[i] WHEN 'observation' THEN ARRAY[p_ids[i]] ELSE (
                SELECT coalesce(array_agg(DISTINCT f.id), '{}') FROM observations f WHERE f.metric = p_ids[i]) END INTO figures;
            WITH gone AS (
                DELETE FROM observations WHERE computed AND (inputs && figures OR p_kinds[i] = 'metric' AND metric = p_ids[i])
                RETURNING id, revision_from
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
    CALL rederive_warnings(odd_metrics, odd_commitments);
    INSERT INTO kind_changes (kind, revision) SELECT DISTINCT k, n FROM unnest(p_kinds) x(kind) CROSS JOIN LATERAL bears_on(x.kind) k;
    PERFORM pg_notify('open_commitments_revision', n::text);
    RETURN n;
END $$;
COMMENT ON FUNCTION redact_records(text[], text[], text[], bytea[], text, text, bytea, timestamptz, boolean)
    IS 'Writes a redaction revision: body, salt and columns of records go at every revision, digests stay.';
