-- Nothing is published between what is marked below and the triggers that mark from then on.
SELECT FROM head FOR UPDATE;

-- Dates rise with revisions. The latest date there was up to a revision is where a list of the past, latest first,
-- begins; without it, reading would walk over all that was published since.

CREATE TABLE date_marks (
    kind text COLLATE "C" NOT NULL,
    sort text COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    latest date NOT NULL,
    PRIMARY KEY (kind, sort, revision)
);
COMMENT ON TABLE date_marks IS 'The latest date among the rows of a kind up to a revision, where it rose; kept by triggers on the tables of records.';
COMMENT ON COLUMN date_marks.kind IS 'Record kind, singular.';
COMMENT ON COLUMN date_marks.sort IS 'Sort by that date.';
COMMENT ON COLUMN date_marks.revision IS 'First revision with it.';
COMMENT ON COLUMN date_marks.latest IS 'The latest date up to that revision; -infinity where rows have none.';

-- Keeps the marks of one sort: `p_sort` is the column it sorts by.
CREATE PROCEDURE keep_date_marks(p_kind text, p_table text, p_sort text) LANGUAGE plpgsql AS $$
DECLARE
    derived text := format($f$
        INSERT INTO date_marks
        SELECT %1$L, %3$L, revision, latest FROM (
            SELECT revision, latest, lag(latest) OVER (ORDER BY revision) AS before FROM (
                SELECT t.revision_from AS revision, max(max(coalesce(t.%3$I, '-infinity'::date))) OVER (ORDER BY t.revision_from) AS latest
                FROM %2$I t GROUP BY t.revision_from
            ) x
        ) y WHERE (latest > before) IS NOT FALSE$f$, p_kind, p_table, p_sort);
BEGIN
    EXECUTE derived;
    -- A redaction adds rows to the past, which may raise what came later.
    EXECUTE format($f$
        CREATE FUNCTION %4$I() RETURNS trigger LANGUAGE plpgsql AS $b$
        BEGIN
            WITH x AS MATERIALIZED (
                SELECT a.revision_from AS revision, max(max(coalesce(a.%3$I, '-infinity'::date))) OVER (ORDER BY a.revision_from) AS latest
                FROM added a GROUP BY a.revision_from
            ), overtaken AS (
                DELETE FROM date_marks m USING x
                WHERE m.kind = %1$L AND m.sort = %3$L AND m.revision > x.revision AND m.latest <= x.latest
            )
            INSERT INTO date_marks
            SELECT %1$L, %3$L, x.revision, x.latest FROM x WHERE (x.latest > (
                SELECT m.latest FROM date_marks m WHERE m.kind = %1$L AND m.sort = %3$L AND m.revision <= x.revision
                ORDER BY m.revision DESC LIMIT 1)) IS NOT FALSE
            ON CONFLICT (kind, sort, revision) DO UPDATE SET latest = excluded.latest;
            RETURN NULL;
        END $b$
        $f$, p_kind, p_table, p_sort, p_table || '_' || p_sort || '_added');
    -- A mark that nothing bears any more would tell of what a redaction removed.
    EXECUTE format($f$
        CREATE FUNCTION %4$I() RETURNS trigger LANGUAGE plpgsql AS $b$
        BEGIN
            IF EXISTS (
                SELECT FROM date_marks m WHERE m.kind = %1$L AND m.sort = %3$L
                AND m.latest IN (SELECT coalesce(r.%3$I, '-infinity'::date) FROM removed r)
                AND NOT EXISTS (SELECT FROM %2$I t WHERE coalesce(t.%3$I, '-infinity'::date) = m.latest AND t.revision_from <= m.revision)
            ) THEN
                DELETE FROM date_marks m WHERE m.kind = %1$L AND m.sort = %3$L;
                %5$s;
            END IF;
            RETURN NULL;
        END $b$
        $f$, p_kind, p_table, p_sort, p_table || '_' || p_sort || '_removed', derived);
    EXECUTE format('CREATE TRIGGER %1$I AFTER INSERT ON %2$I REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION %1$I()',
        p_table || '_' || p_sort || '_added', p_table);
    EXECUTE format('CREATE TRIGGER %1$I AFTER DELETE ON %2$I REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION %1$I()',
        p_table || '_' || p_sort || '_removed', p_table);
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', p_table, p_table || '_' || p_sort || '_added');
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', p_table, p_table || '_' || p_sort || '_removed');
END $$;

CALL keep_date_marks('programme', 'programmes', 'announced_on');
CALL keep_date_marks('commitment', 'commitments', 'due_on');
CALL keep_date_marks('report', 'reports', 'reported_on');
CALL keep_date_marks('report', 'reports', 'period_end');
CALL keep_date_marks('observation', 'observations', 'period_end');
CALL keep_date_marks('target', 'targets', 'due_on');
CALL keep_date_marks('source', 'sources', 'published_on');
DROP PROCEDURE keep_date_marks(text, text, text);
