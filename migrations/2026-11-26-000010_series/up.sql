-- Warnings by series: what changes in one series of figures is looked at there, however many others the metric has.

-- A series is what one metric counts of one subject in one division; ids and codes have no bar.
CREATE FUNCTION series_of(p_metric text, p_subject text, p_division text) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT p_metric || '|' || coalesce(p_subject, '') || '|' || coalesce(p_division, '')
$$;
COMMENT ON FUNCTION series_of(text, text, text) IS 'Names the series that a figure is of: metric, subject and division.';
CREATE FUNCTION series_rest(p_series text) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT substr(p_series, strpos(p_series, '|'))
$$;
COMMENT ON FUNCTION series_rest(text) IS 'Subject and division of a series, with the bars before them.';
CREATE INDEX observations_series ON observations (series_of(metric, subject, division_code), revision_from, revision_to);

-- The revision in progress is looked up once for all rows that are added, not once for each.
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
    IF NOT redaction_in_progress() AND EXISTS (
        SELECT FROM added WHERE revision_from IS DISTINCT FROM n OR revision_to <> 9223372036854775807
    ) THEN
        RAISE EXCEPTION 'rows of % are added open, by the transaction that writes their revision', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

DROP PROCEDURE rederive_warnings(text[], text[]);
DROP PROCEDURE derive_warnings(text[], text[], bigint);
DROP FUNCTION metric_warnings(text[], bigint);

-- Oddities among figures of these series at a revision.
CREATE FUNCTION series_warnings(p_series text[], p_n bigint)
RETURNS TABLE (code text, kind text, id text, other_kind text, other_id text, publisher text, scope text)
STABLE LANGUAGE sql AS $$
    WITH wanted AS MATERIALIZED (
        SELECT s AS series, split_part(s, '|', 1) AS metric FROM unnest(p_series) s
    ), metric AS MATERIALIZED (
        SELECT m.id, m.unit, m.part_of, m.time_basis, m.body::jsonb AS body FROM metrics m
        WHERE m.id IN (SELECT metric FROM wanted) AND m.revision_from <= p_n AND m.revision_to > p_n
    ), figure AS MATERIALIZED (
        SELECT o.id, o.publisher, o.metric, x.series, o.period, o.period_start, o.period_end, o.value, o.body, o.computed,
            concat_ws('|', o.subject, '/', o.division_code, '/', o.scope, '/', o.reported_by, '/', coalesce(o.time_basis, m.time_basis)) AS of,
            coalesce(o.time_basis, m.time_basis) AS basis, m.unit, m.part_of, m.body AS metric_body
        FROM metric m JOIN wanted x ON x.metric = m.id
        JOIN observations o ON series_of(o.metric, o.subject, o.division_code) = x.series AND o.revision_from <= p_n AND o.revision_to > p_n
        WHERE o.role = 'actual'
    ), neighbours AS (
        SELECT f.*, lag(f.id) OVER running AS earlier, lag(f.value) OVER running AS earlier_value,
            lag(f.period_end) OVER running AS earlier_end, lag(f.id) OVER alike AS like_id, lag(f.value) OVER alike AS like_value
        FROM figure f WHERE f.period_end IS NOT NULL
        WINDOW running AS (PARTITION BY f.metric, f.of, CASE f.basis WHEN 'year_to_date' THEN extract(year FROM f.period_end) END
                ORDER BY f.period_end, f.id),
            alike AS (PARTITION BY f.metric, f.of, round((f.period_end - f.period_start) / 31.0) ORDER BY f.period_end, f.id)
    ), found AS (
        SELECT 'part-above-whole' AS code, 'observation' AS kind, f.id, 'observation' AS other_kind, w.id AS other_id, f.publisher, f.series
        FROM figure f JOIN metrics wm ON wm.id = f.part_of AND wm.revision_from <= p_n AND wm.revision_to > p_n AND wm.unit = f.unit
        JOIN observations w ON series_of(w.metric, w.subject, w.division_code) = wm.id || series_rest(f.series) AND w.period = f.period AND w.role = 'actual' AND w.revision_from <= p_n AND w.revision_to > p_n
            AND concat_ws('|', w.subject, '/', w.division_code, '/', w.scope, '/', w.reported_by, '/', coalesce(w.time_basis, wm.time_basis)) = f.of
        WHERE f.value > w.value
        UNION ALL
        SELECT 'falling-total', 'observation', id, 'observation', earlier, publisher, series FROM neighbours
        WHERE basis IN ('year_to_date', 'since_start') AND earlier_value > value AND earlier_end < period_end
        UNION ALL
        SELECT 'rate-over-100', 'observation', id, 'metric', metric, publisher, series FROM figure
        WHERE is_percent(unit) AND value > 100 AND metric_body::text !~ '同比|环比|增长|增幅|增加|变化|growth|change'
        UNION ALL
        SELECT 'ten-times-neighbour', 'observation', id, 'observation', like_id, publisher, series FROM neighbours
        WHERE value > 0 AND like_value > 0 AND (value >= 10 * like_value OR like_value >= 10 * value)
        UNION ALL
        SELECT 'unit-mismatch', kind, id, 'metric', metric, publisher, series FROM (
            SELECT 'observation' AS kind, f.id, f.publisher, f.metric, f.series, f.metric_body AS body, f.body AS record FROM figure f
            UNION ALL
            SELECT 'target', t.id, t.publisher, m.id, x.series, m.body, t.body FROM metric m JOIN wanted x ON x.metric = m.id
            JOIN targets t ON t.metric = m.id AND series_of(t.metric, t.subject, t.division_code) = x.series AND t.revision_from <= p_n AND t.revision_to > p_n
        ) x CROSS JOIN LATERAL (SELECT x.body #>> '{unit,label,zh-Hans}' AS label, x.record::jsonb ->> 'as_published' AS printed) p
        -- Most end in their unit, which is cheaper to see than a measure word is to find.
        CROSS JOIN LATERAL (SELECT CASE WHEN right(p.printed, char_length(p.label)) <> p.label THEN measure_word(p.printed) END AS word) u
        WHERE p.label <> '' AND u.word <> '' AND translate(u.word, p.label, '') = u.word
    )
    SELECT code, kind, id, other_kind, other_id, publisher, 'metric:' || series FROM found
$$;
COMMENT ON FUNCTION series_warnings(text[], bigint) IS 'What is odd among the figures of these series at a revision.';

-- Brings the warnings of these series and commitments to a revision: what is odd there opens, what no
-- longer is closes.
CREATE PROCEDURE derive_warnings(p_series text[], p_commitments text[], p_n bigint) LANGUAGE plpgsql AS $$
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
COMMENT ON PROCEDURE derive_warnings(text[], text[], bigint) IS 'Brings the warnings of these series and commitments to a revision.';

-- A series, and those of the metric's parts and ratios of the same subject and division.
CREATE FUNCTION series_around(p_series text[]) RETURNS text[] STABLE LANGUAGE sql AS $$
    SELECT coalesce(array_agg(DISTINCT x.series), '{}') FROM (
        SELECT s AS series, split_part(s, '|', 1) AS metric FROM unnest(p_series) s
    ) own CROSS JOIN LATERAL (
        SELECT own.series
        UNION ALL SELECT m.id || series_rest(own.series) FROM metrics m WHERE m.part_of = own.metric
        UNION ALL SELECT m.id || series_rest(own.series) FROM metrics m WHERE m.ratio_numerator = own.metric
        UNION ALL SELECT m.id || series_rest(own.series) FROM metrics m WHERE m.ratio_denominator = own.metric
    ) x
$$;
COMMENT ON FUNCTION series_around(text[]) IS 'These series, and those of the same subject and division of parts and ratios.';

-- Every series that metrics have or had.
CREATE FUNCTION series_of_metrics(p_metrics text[]) RETURNS SETOF text STABLE LANGUAGE sql AS $$
    SELECT series_of(o.metric, o.subject, o.division_code) FROM observations o WHERE o.metric = ANY(p_metrics)
    UNION SELECT series_of(t.metric, t.subject, t.division_code) FROM targets t WHERE t.metric = ANY(p_metrics)
$$;
COMMENT ON FUNCTION series_of_metrics(text[]) IS 'Every series of these metrics, at whatever revision.';

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
COMMENT ON FUNCTION derive_warnings_of(bigint) IS 'Derives the warnings that the changes of a revision bear on.';

-- Within a redaction: the same at every revision there was a change, from what is still there.
CREATE PROCEDURE rederive_warnings(p_series text[], p_commitments text[]) LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
    DELETE FROM warnings WHERE scope IN (SELECT 'metric:' || unnest(p_series) UNION ALL SELECT 'commitment:' || unnest(p_commitments));
    FOR n IN
        WITH wanted AS (SELECT s AS series, split_part(s, '|', 1) AS metric FROM unnest(p_series) s),
        with_wholes AS (
            SELECT series, metric FROM wanted
            UNION SELECT m.part_of || series_rest(w.series), m.part_of FROM wanted w JOIN metrics m ON m.id = w.metric AND m.part_of IS NOT NULL
        )
        SELECT r FROM (
            SELECT unnest(ARRAY[o.revision_from, o.revision_to]) AS r
                FROM with_wholes w JOIN observations o ON series_of(o.metric, o.subject, o.division_code) = w.series
            UNION SELECT unnest(ARRAY[t.revision_from, t.revision_to]) FROM targets t WHERE t.metric IN (SELECT metric FROM wanted)
            UNION SELECT unnest(ARRAY[m.revision_from, m.revision_to]) FROM metrics m WHERE m.id IN (SELECT metric FROM with_wholes)
            UNION SELECT unnest(ARRAY[revision_from, revision_to]) FROM reports WHERE commitment = ANY(p_commitments)
            UNION SELECT unnest(ARRAY[revision_from, revision_to]) FROM commitments WHERE id = ANY(p_commitments)
        ) x WHERE r < 9223372036854775807 ORDER BY r
    LOOP
        CALL derive_warnings(p_series, p_commitments, n);
    END LOOP;
END $$;
COMMENT ON PROCEDURE rederive_warnings(text[], text[]) IS 'Derives warnings anew at every revision, within a redaction.';

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
    CALL rederive_warnings(odd_series, odd_commitments);
    INSERT INTO kind_changes (kind, revision) SELECT DISTINCT k, n FROM unnest(p_kinds) x(kind) CROSS JOIN LATERAL bears_on(x.kind) k;
    PERFORM pg_notify('open_commitments_revision', n::text);
    RETURN n;
END $$;
COMMENT ON FUNCTION redact_records(text[], text[], text[], bytea[], text, text, bytea, timestamptz, boolean)
    IS 'Writes a redaction revision: body, salt and columns of records go at every revision, digests stay.';

COMMENT ON COLUMN warnings.scope IS 'Series or commitment within which it was derived, as metric:series or commitment:id.';
-- What was derived before has the metric alone in its scope.
UPDATE warnings w SET scope = 'metric:' || CASE w.kind
    WHEN 'observation' THEN (SELECT series_of(o.metric, o.subject, o.division_code) FROM observations o
        WHERE o.id = w.id AND o.revision_from <= w.revision_from AND o.revision_to > w.revision_from)
    ELSE (SELECT series_of(t.metric, t.subject, t.division_code) FROM targets t
        WHERE t.id = w.id AND t.revision_from <= w.revision_from AND t.revision_to > w.revision_from)
    END WHERE w.scope LIKE 'metric:%';
