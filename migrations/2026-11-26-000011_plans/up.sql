-- Planned once in a session: PostgreSQL plans the queries of functions in SQL at every call, where it does not put them
-- in their place, and that takes longer than a small publication does. What they say stays as it is.
DO $$
DECLARE f record;
BEGIN
    FOR f IN
        SELECT proname, pg_get_function_identity_arguments(oid) AS arguments, pg_get_function_result(oid) AS result,
            CASE WHEN proretset THEN 'RETURN QUERY ' || prosrc || ';' ELSE 'RETURN (' || prosrc || ');' END AS body
        FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND proname IN (
            'revision_in_progress', 'redaction_in_progress', 'commitment_status', 'commitment_warnings',
            'metrics_around', 'series_around', 'series_of_metrics', 'series_warnings')
    LOOP
        EXECUTE format('CREATE OR REPLACE FUNCTION %I(%s) RETURNS %s STABLE LANGUAGE plpgsql AS %L', f.proname, f.arguments, f.result,
            E'#variable_conflict use_column\nBEGIN\n' || f.body || E'\nEND');
    END LOOP;
END $$;
