DROP FUNCTION redact_records(text[], text[], text[], bytea[], text, text, bytea, timestamptz);
DROP PROCEDURE rederive_warnings(text[], text[]);
DROP FUNCTION derive_warnings_of(bigint);
DROP FUNCTION metrics_around(text[]);
DROP PROCEDURE derive_warnings(text[], text[], bigint);
DROP FUNCTION commitment_warnings(text[], bigint);
DROP FUNCTION metric_warnings(text[], bigint);
DROP FUNCTION shares_words(text, text);
DROP FUNCTION measure_word(text);
DROP FUNCTION is_percent(text);
DROP TABLE warnings;

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
