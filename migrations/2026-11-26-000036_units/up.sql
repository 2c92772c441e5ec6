-- A figure printed in another unit is found where the units have a character in common, too: 元 and 美元, 人 and 人次.

CREATE FUNCTION is_unit(p_word text, p_label text) RETURNS boolean IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT w = l OR starts_with(w, l) AND substr(w, char_length(l) + 1) !~ '^[次/／]' OR starts_with(l, w) AND substr(l, char_length(w) + 1) !~ '^[次/／]'
        -- Things that are counted may be told more of before what they are: 个部门 and 个省直部门.
        OR starts_with(p_label, '个') AND (p_word = '个' OR right(w, char_length(l)) = l)
    FROM (SELECT regexp_replace(p_word, '^个(?=.)', '') AS w, regexp_replace(p_label, '^个(?=.)', '') AS l) x
$$;
COMMENT ON FUNCTION is_unit(text, text) IS 'Whether a printed measure word is the unit of this label, or says more than it, or less.';

-- Most do, which is cheaper to see than a measure word is to find.
CREATE FUNCTION ends_in_unit(p_printed text, p_label text) RETURNS boolean IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT right(p_printed, char_length(p_label)) = p_label
        AND strpos('0123456789０１２３４５６７８９一二两三四五六七八九十百千万亿零〇余多几', left(right(p_printed, char_length(p_label) + 1), 1)) > 0
$$;
COMMENT ON FUNCTION ends_in_unit(text, text) IS 'Whether a printed figure is a numeral and the label of its unit.';

CREATE OR REPLACE FUNCTION series_warnings(p_series text[], p_n bigint)
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
            SELECT 'observation' AS kind, f.id, f.publisher, f.metric, f.series, f.metric_body AS body, f.body AS record, is_percent(f.unit) AS percent FROM figure f
            UNION ALL
            SELECT 'target', t.id, t.publisher, m.id, x.series, m.body, t.body, is_percent(m.unit) FROM metric m JOIN wanted x ON x.metric = m.id
            JOIN targets t ON t.metric = m.id AND series_of(t.metric, t.subject, t.division_code) = x.series AND t.revision_from <= p_n AND t.revision_to > p_n
        ) x CROSS JOIN LATERAL (SELECT x.body #>> '{unit,label,zh-Hans}' AS label, x.record::jsonb ->> 'as_published' AS printed) p
        CROSS JOIN LATERAL (SELECT CASE WHEN NOT ends_in_unit(p.printed, p.label) AND NOT (x.percent AND p.printed ~ '%|％|百分|分之|成|percent') THEN measure_word(p.printed) END AS word) u
        WHERE p.label <> '' AND u.word <> '' AND NOT is_unit(u.word, p.label)
    )
    SELECT code, kind, id, other_kind, other_id, publisher, 'metric:' || series FROM found
$$;

-- What was derived before is derived anew where a figure does not end in its unit.
DO $$
DECLARE odd text[] := ARRAY(
    SELECT DISTINCT series_of(o.metric, o.subject, o.division_code) FROM metrics m
    JOIN observations o ON o.metric = m.id AND o.revision_from < m.revision_to AND o.revision_to > m.revision_from
    CROSS JOIN LATERAL (SELECT m.body::jsonb #>> '{unit,label,zh-Hans}' AS label, o.body::jsonb ->> 'as_published' AS printed) p
    WHERE p.label <> '' AND NOT ends_in_unit(p.printed, p.label)
    UNION SELECT series_of(t.metric, t.subject, t.division_code) FROM metrics m
    JOIN targets t ON t.metric = m.id AND t.revision_from < m.revision_to AND t.revision_to > m.revision_from
    CROSS JOIN LATERAL (SELECT m.body::jsonb #>> '{unit,label,zh-Hans}' AS label, t.body::jsonb ->> 'as_published' AS printed) p
    WHERE p.label <> '' AND NOT ends_in_unit(p.printed, p.label)
);
BEGIN
    CALL rederive_warnings(odd, '{}');
END $$;
