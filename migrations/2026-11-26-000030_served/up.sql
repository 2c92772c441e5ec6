-- A number and a text are put together by a function that is not immutable, so the planner could not put this one into the
-- statement that calls it, and planned it anew for every call.
CREATE OR REPLACE FUNCTION served(changed_in bigint, derived text, body text) RETURNS text
IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT '{"changed_in":' || changed_in::text || ',' || derived || substr(body, 2)
$$;
