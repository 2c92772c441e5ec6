-- Redaction: the one way by which anything leaves the ledger, and what the past says afterwards.

CREATE FUNCTION digest_time(t timestamptz) RETURNS text STABLE LANGUAGE sql AS $$
    SELECT to_char(t AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
COMMENT ON FUNCTION digest_time(timestamptz) IS 'An instant as the digest hashes it: UTC, six decimals, Z.';

-- Rewrites the row versions of a commitment so that its status at every revision again follows from
-- the reports there are.
CREATE PROCEDURE rederive_commitment(p_id text) LANGUAGE plpgsql AS $$
DECLARE versions commitments[];
BEGIN
    WITH body_version AS (
        SELECT DISTINCT ON (changed_in) changed_in, to_jsonb(c) AS row,
            max(revision_to) OVER (PARTITION BY changed_in) AS until
        FROM commitments c WHERE id = p_id ORDER BY changed_in, revision_from
    ), boundary AS (
        SELECT b.changed_in, b.row, b.until, b.changed_in AS since FROM body_version b
        UNION
        SELECT b.changed_in, b.row, b.until, r.since FROM body_version b JOIN (
            SELECT revision_from AS since FROM reports WHERE commitment = p_id
            UNION SELECT revision_to FROM reports WHERE commitment = p_id
            UNION SELECT revision FROM revisions WHERE revision = revision_in_progress()
        ) r ON r.since > b.changed_in AND r.since < b.until
    ), derived AS (
        SELECT *, commitment_status(p_id, since) AS status FROM boundary
    ), turned AS (
        SELECT *, row_number() OVER w = 1 OR status IS DISTINCT FROM lag(status) OVER w AS turns
        FROM derived WINDOW w AS (PARTITION BY changed_in ORDER BY since)
    )
    SELECT array_agg(jsonb_populate_record(NULL::commitments, row || jsonb_build_object(
        'status', status, 'derived', coalesce('"status":"' || status || '",', ''),
        'revision_from', since, 'revision_to', next_since
    ))) INTO versions
    FROM (
        SELECT *, lead(since, 1, until) OVER (PARTITION BY changed_in ORDER BY since) AS next_since
        FROM turned WHERE turns
    ) t;
    DELETE FROM commitments WHERE id = p_id;
    INSERT INTO commitments SELECT (v).* FROM unnest(versions) v;
END $$;
COMMENT ON PROCEDURE rederive_commitment(text) IS 'Derives the status of a commitment anew at every revision, within a redaction.';

CREATE FUNCTION redact_record(
    p_kind text, p_collection text, p_id text, p_publisher text,
    p_message text, p_message_salt bytea, p_salt bytea, p_now timestamptz
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    h head;
    n bigint;
    published timestamptz;
    hashed text := '{"id":' || to_json(p_id)::text || '}';
    digest_of_message bytea := sha256(p_message_salt || convert_to(p_message, 'UTF8'));
    digest_of_change bytea := sha256(p_salt || convert_to(hashed, 'UTF8'));
    next_digest bytea;
    affected text[];
    touched text[] := ARRAY[p_kind];
    commitment_id text;
BEGIN
    SELECT * INTO STRICT h FROM head FOR UPDATE;
    IF NOT EXISTS (SELECT FROM changes WHERE kind = p_kind AND id = p_id AND salt IS NOT NULL AND op <> 'redact') THEN
        RAISE EXCEPTION 'there is nothing to redact of % %', p_kind, p_id USING ERRCODE = 'no_data_found';
    END IF;
    n := h.revision + 1;
    published := greatest(p_now, h.published_at + interval '1 microsecond');
    next_digest := sha256(convert_to(concat_ws(E'\n', 'oc1', encode(h.digest, 'hex'), n, 'redaction', p_publisher,
        digest_time(published), encode(digest_of_message, 'hex'),
        concat_ws(' ', 1, p_kind, p_id, 'redact', 'redaction', encode(digest_of_change, 'hex'))) || E'\n', 'UTF8'));
    INSERT INTO revisions VALUES (n, 'redaction', p_publisher, p_message, p_message_salt, digest_of_message, published, next_digest, 1);
    UPDATE head SET revision = n, digest = next_digest, published_at = published, last_redaction = n;

    UPDATE changes c SET body = NULL, salt = NULL, redacted_in = n
        WHERE c.kind = p_kind AND c.id = p_id AND c.salt IS NOT NULL AND c.op <> 'redact';
    INSERT INTO changes (revision, seq, kind, id, op, change_kind, record_digest, salt, body)
        VALUES (n, 1, p_kind, p_id, 'redact', 'redaction', digest_of_change, p_salt, hashed);

    IF p_kind = 'report' THEN
        SELECT array_agg(DISTINCT commitment) INTO affected FROM reports WHERE id = p_id;
    END IF;
    EXECUTE format('DELETE FROM %I WHERE id = $1', p_collection) USING p_id;
    DELETE FROM record_references WHERE from_kind = p_kind AND from_id = p_id;
    FOREACH commitment_id IN ARRAY coalesce(affected, '{}') LOOP
        CALL rederive_commitment(commitment_id);
        touched := touched || 'commitment'::text;
    END LOOP;
    IF p_kind IN ('metric', 'observation') THEN
        DELETE FROM observations WHERE computed AND (inputs @> ARRAY[p_id] AND p_kind = 'observation' OR metric = p_id AND p_kind = 'metric');
        touched := touched || 'observation'::text;
    END IF;
    INSERT INTO kind_changes (kind, revision) SELECT DISTINCT unnest(touched), n;
    PERFORM pg_notify('open_commitments_revision', n::text);
    RETURN n;
END $$;
COMMENT ON FUNCTION redact_record(text, text, text, text, text, bytea, bytea, timestamptz)
    IS 'Writes a redaction revision: body, salt and columns of a record go at every revision, digests stay.';
