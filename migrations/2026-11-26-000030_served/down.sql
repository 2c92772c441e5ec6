CREATE OR REPLACE FUNCTION served(changed_in bigint, derived text, body text) RETURNS text
IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT '{"changed_in":' || changed_in || ',' || derived || substr(body, 2)
$$;
