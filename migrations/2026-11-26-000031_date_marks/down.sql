DO $$
DECLARE f text; t text;
BEGIN
    FOR t, f IN VALUES ('programmes', 'announced_on'), ('commitments', 'due_on'), ('reports', 'reported_on'), ('reports', 'period_end'),
        ('observations', 'period_end'), ('targets', 'due_on'), ('sources', 'published_on')
    LOOP
        EXECUTE format('DROP FUNCTION %I() CASCADE', t || '_' || f || '_added');
        EXECUTE format('DROP FUNCTION %I() CASCADE', t || '_' || f || '_removed');
    END LOOP;
END $$;
DROP TABLE date_marks;
