DO $$
DECLARE f record;
BEGIN
    FOR f IN
        SELECT proname, pg_get_function_identity_arguments(oid) AS arguments, pg_get_function_result(oid) AS result,
            regexp_replace(regexp_replace(prosrc, '^#variable_conflict use_column\nBEGIN\nRETURN (QUERY |\()', ''), '\)?;\nEND$', '') AS query
        FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND proname IN (
            'revision_in_progress', 'redaction_in_progress', 'commitment_status', 'commitment_warnings',
            'metrics_around', 'series_around', 'series_of_metrics', 'series_warnings')
    LOOP
        EXECUTE format('CREATE OR REPLACE FUNCTION %I(%s) RETURNS %s STABLE LANGUAGE sql AS %L', f.proname, f.arguments, f.result, f.query);
    END LOOP;
END $$;
