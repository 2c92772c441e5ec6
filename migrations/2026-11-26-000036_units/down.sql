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
DROP FUNCTION ends_in_unit(text, text);
DROP FUNCTION is_unit(text, text);
