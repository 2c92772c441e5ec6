-- The eight kinds of records: one envelope, and beside it the columns that lists filter and sort by.
-- Every list index ends in both revision columns, so that versions are told apart without the heap.

CREATE FUNCTION served(changed_in bigint, derived text, body text) RETURNS text
IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT '{"changed_in":' || changed_in || ',' || derived || substr(body, 2)
$$;
COMMENT ON FUNCTION served(bigint, text, text) IS 'A record as it is served: its stored body with derived members put in front.';

CREATE PROCEDURE create_record_table(p_table text) LANGUAGE plpgsql AS $$
DECLARE c text; d text;
BEGIN
    EXECUTE format($f$
        CREATE TABLE %1$I (
            id text COLLATE "C" NOT NULL,
            publisher text COLLATE "C" NOT NULL,
            body text COLLATE "C" NOT NULL,
            derived text COLLATE "C" NOT NULL,
            changed_in bigint NOT NULL,
            search tsvector NOT NULL,
            revision_from bigint NOT NULL,
            revision_to bigint NOT NULL DEFAULT 9223372036854775807,
            PRIMARY KEY (id, revision_from, revision_to),
            CHECK (changed_in <= revision_from AND revision_from < revision_to)
        )$f$, p_table);
    EXECUTE format('CREATE UNIQUE INDEX %I ON %I (id) WHERE revision_to = 9223372036854775807', p_table || '_open', p_table);
    EXECUTE format('CREATE INDEX %I ON %I USING gin (search)', p_table || '_search', p_table);
    EXECUTE format('CREATE INDEX %I ON %I (changed_in, id, revision_from, revision_to)', p_table || '_changed_in', p_table);
    EXECUTE format('CREATE INDEX %I ON %I (publisher, id, revision_from, revision_to)', p_table || '_publisher', p_table);
    FOR c, d IN VALUES
        ('id', 'Readable slug, unique in its kind, permanent.'),
        ('publisher', 'Organization that owns the record, fixed at creation.'),
        ('body', 'The record as canonical JSON (RFC 8785), exactly as hashed.'),
        ('derived', 'Members derived from this and other bodies, as JSON members each ended by a comma.'),
        ('changed_in', 'Revision that last changed the record itself.'),
        ('search', 'Folded words and bigrams of the human text.'),
        ('revision_from', 'First revision of this row version.'),
        ('revision_to', 'First revision without it; the largest bigint while open.')
    LOOP
        EXECUTE format('COMMENT ON COLUMN %I.%I IS %L', p_table, c, d);
    END LOOP;
    CALL guard_versions(p_table);
END $$;

CALL create_record_table('organizations');
COMMENT ON TABLE organizations IS 'Bodies that promise or publish.';
ALTER TABLE organizations
    ADD COLUMN level text COLLATE "C",
    ADD COLUMN division_code text COLLATE "C",
    ADD COLUMN uscc text COLLATE "C",
    ADD COLUMN parent text COLLATE "C";
COMMENT ON COLUMN organizations.level IS 'central, province, prefecture, county or township.';
COMMENT ON COLUMN organizations.division_code IS 'Administrative division, GB/T 2260.';
COMMENT ON COLUMN organizations.uscc IS 'Unified social credit code, GB 32100.';
COMMENT ON COLUMN organizations.parent IS 'Organization above it.';
CREATE INDEX organizations_division_code ON organizations (coalesce(division_code, ''), id, revision_from, revision_to);
CREATE INDEX organizations_parent ON organizations (parent, id, revision_from, revision_to);

CALL create_record_table('programmes');
COMMENT ON TABLE programmes IS 'Announced lists of commitments.';
ALTER TABLE programmes
    ADD COLUMN organization text COLLATE "C" NOT NULL,
    ADD COLUMN year bigint NOT NULL,
    ADD COLUMN announced_on date,
    ADD COLUMN source text COLLATE "C";
COMMENT ON COLUMN programmes.organization IS 'Organization that promises.';
COMMENT ON COLUMN programmes.year IS 'Year the commitments are for.';
COMMENT ON COLUMN programmes.announced_on IS 'Day of the announcement.';
COMMENT ON COLUMN programmes.source IS 'Source of the announcement.';
CREATE INDEX programmes_organization ON programmes (organization, id, revision_from, revision_to);
CREATE INDEX programmes_year ON programmes (year, id, revision_from, revision_to);
CREATE INDEX programmes_announced_on ON programmes (coalesce(announced_on, '-infinity'::date), id, revision_from, revision_to);

CALL create_record_table('commitments');
COMMENT ON TABLE commitments IS 'Promises, one each.';
ALTER TABLE commitments
    ADD COLUMN programme text COLLATE "C" NOT NULL,
    ADD COLUMN number bigint NOT NULL,
    ADD COLUMN lead_organization text COLLATE "C",
    ADD COLUMN organizations text[] COLLATE "C" NOT NULL,
    ADD COLUMN topics text[] COLLATE "C" NOT NULL,
    ADD COLUMN due_on date,
    ADD COLUMN cadence text COLLATE "C",
    ADD COLUMN continues text COLLATE "C",
    ADD COLUMN status text COLLATE "C";
COMMENT ON COLUMN commitments.programme IS 'Programme it belongs to.';
COMMENT ON COLUMN commitments.number IS 'Number within the programme.';
COMMENT ON COLUMN commitments.lead_organization IS 'Organization answerable for it.';
COMMENT ON COLUMN commitments.organizations IS 'Lead and supporting organizations.';
COMMENT ON COLUMN commitments.topics IS 'Topics, slugs.';
COMMENT ON COLUMN commitments.due_on IS 'Day by which it is promised.';
COMMENT ON COLUMN commitments.cadence IS 'How often progress is reported: A, S, Q, M or irregular.';
COMMENT ON COLUMN commitments.continues IS 'Commitment of an earlier year that it continues.';
COMMENT ON COLUMN commitments.status IS 'Derived: status of the newest self-report, absent without one.';
CREATE INDEX commitments_programme ON commitments (programme, number, id, revision_from, revision_to);
CREATE INDEX commitments_number ON commitments (number, id, revision_from, revision_to);
CREATE INDEX commitments_due_on ON commitments (coalesce(due_on, '-infinity'::date), id, revision_from, revision_to);
CREATE INDEX commitments_status ON commitments (coalesce(status, ''), id, revision_from, revision_to);
CREATE INDEX commitments_organizations ON commitments USING gin (organizations);
CREATE INDEX commitments_topics ON commitments USING gin (topics);

CALL create_record_table('reports');
COMMENT ON TABLE reports IS 'Progress reports on commitments.';
ALTER TABLE reports
    ADD COLUMN commitment text COLLATE "C" NOT NULL,
    ADD COLUMN reported_on date,
    ADD COLUMN period text COLLATE "C",
    ADD COLUMN period_start date,
    ADD COLUMN period_end date,
    ADD COLUMN status text COLLATE "C" NOT NULL,
    ADD COLUMN assessor text COLLATE "C" NOT NULL,
    ADD COLUMN source text COLLATE "C";
COMMENT ON COLUMN reports.commitment IS 'Commitment reported on.';
COMMENT ON COLUMN reports.reported_on IS 'Day of the report.';
COMMENT ON COLUMN reports.period IS 'Period reported on, SDMX or ISO 8601.';
COMMENT ON COLUMN reports.period_start IS 'First day of the period, where known.';
COMMENT ON COLUMN reports.period_end IS 'Last day of the period, where known.';
COMMENT ON COLUMN reports.status IS 'Status code.';
COMMENT ON COLUMN reports.assessor IS 'Who assessed; self_reported where the record does not say.';
COMMENT ON COLUMN reports.source IS 'Source of the report.';
CREATE INDEX reports_commitment ON reports (commitment, coalesce(reported_on, '-infinity'::date), id, revision_from, revision_to);
CREATE INDEX reports_reported_on ON reports (coalesce(reported_on, '-infinity'::date), id, revision_from, revision_to);
CREATE INDEX reports_period_end ON reports (coalesce(period_end, '-infinity'::date), id, revision_from, revision_to);
CREATE INDEX reports_status ON reports (status, id, revision_from, revision_to);

CALL create_record_table('metrics');
COMMENT ON TABLE metrics IS 'What is counted.';
ALTER TABLE metrics
    ADD COLUMN unit text COLLATE "C" NOT NULL,
    ADD COLUMN time_basis text COLLATE "C" NOT NULL,
    ADD COLUMN part_of text COLLATE "C",
    ADD COLUMN ratio_numerator text COLLATE "C",
    ADD COLUMN ratio_denominator text COLLATE "C",
    ADD COLUMN ratio_multiplier numeric,
    ADD COLUMN replaced_by text COLLATE "C";
COMMENT ON COLUMN metrics.unit IS 'Code of the unit.';
COMMENT ON COLUMN metrics.time_basis IS 'period_flow, year_to_date, since_start or point_in_time.';
COMMENT ON COLUMN metrics.part_of IS 'Metric it is a part of.';
COMMENT ON COLUMN metrics.ratio_numerator IS 'Metric above the line, of a computed ratio.';
COMMENT ON COLUMN metrics.ratio_denominator IS 'Metric below the line, of a computed ratio.';
COMMENT ON COLUMN metrics.ratio_multiplier IS 'What the quotient is multiplied by, 100 for a percentage.';
COMMENT ON COLUMN metrics.replaced_by IS 'Metric that took its place.';
CREATE INDEX metrics_unit ON metrics (unit, id, revision_from, revision_to);
CREATE INDEX metrics_part_of ON metrics (part_of, id, revision_from, revision_to);
CREATE INDEX metrics_ratio_numerator ON metrics (ratio_numerator) WHERE ratio_numerator IS NOT NULL;
CREATE INDEX metrics_ratio_denominator ON metrics (ratio_denominator) WHERE ratio_denominator IS NOT NULL;

CALL create_record_table('observations');
COMMENT ON TABLE observations IS 'Figures, published and computed.';
ALTER TABLE observations
    ADD COLUMN metric text COLLATE "C" NOT NULL,
    ADD COLUMN role text COLLATE "C" NOT NULL,
    ADD COLUMN reported_by text COLLATE "C",
    ADD COLUMN subject text COLLATE "C",
    ADD COLUMN division_code text COLLATE "C",
    ADD COLUMN scope text COLLATE "C",
    ADD COLUMN period text COLLATE "C" NOT NULL,
    ADD COLUMN period_start date,
    ADD COLUMN period_end date,
    ADD COLUMN value numeric NOT NULL,
    ADD COLUMN time_basis text COLLATE "C",
    ADD COLUMN commitment text COLLATE "C",
    ADD COLUMN report text COLLATE "C",
    ADD COLUMN computed boolean NOT NULL,
    ADD COLUMN inputs text[] COLLATE "C";
COMMENT ON COLUMN observations.metric IS 'Metric counted.';
COMMENT ON COLUMN observations.role IS 'actual or baseline; actual where the record does not say.';
COMMENT ON COLUMN observations.reported_by IS 'Organization that says so.';
COMMENT ON COLUMN observations.subject IS 'Organization measured.';
COMMENT ON COLUMN observations.division_code IS 'Area covered, GB/T 2260.';
COMMENT ON COLUMN observations.scope IS 'Whose figure it is, as printed.';
COMMENT ON COLUMN observations.period IS 'Period as published, SDMX or ISO 8601.';
COMMENT ON COLUMN observations.period_start IS 'First day of the period, where known.';
COMMENT ON COLUMN observations.period_end IS 'Last day of the period, where known.';
COMMENT ON COLUMN observations.value IS 'The figure, in the metric''s unit.';
COMMENT ON COLUMN observations.time_basis IS 'Time basis where it differs from the metric''s.';
COMMENT ON COLUMN observations.commitment IS 'Commitment it belongs to.';
COMMENT ON COLUMN observations.report IS 'Report it was said in.';
COMMENT ON COLUMN observations.computed IS 'Whether this service computed it, as a ratio.';
COMMENT ON COLUMN observations.inputs IS 'Observations it was computed from: numerator, denominator.';
CREATE INDEX observations_metric ON observations (metric, coalesce(period_end, '-infinity'::date), id, revision_from, revision_to);
CREATE INDEX observations_metric_period ON observations (metric, period, subject, division_code, revision_from, revision_to);
CREATE INDEX observations_commitment ON observations (commitment, coalesce(period_end, '-infinity'::date), id, revision_from, revision_to);
CREATE INDEX observations_report ON observations (report, id, revision_from, revision_to);
CREATE INDEX observations_subject ON observations (subject, coalesce(period_end, '-infinity'::date), id, revision_from, revision_to);
CREATE INDEX observations_reported_by ON observations (reported_by, id, revision_from, revision_to);
CREATE INDEX observations_division_code ON observations (division_code, id, revision_from, revision_to);
CREATE INDEX observations_period_end ON observations (coalesce(period_end, '-infinity'::date), id, revision_from, revision_to);
CREATE INDEX observations_value ON observations (value, id, revision_from, revision_to);
CREATE INDEX observations_inputs ON observations USING gin (inputs) WHERE computed;
CREATE UNIQUE INDEX observations_figure ON observations (
    metric, period, role, coalesce(subject, ''), coalesce(division_code, ''), coalesce(scope, ''),
    coalesce(time_basis, ''), coalesce(reported_by, '')
) WHERE revision_to = 9223372036854775807 AND NOT computed;

CALL create_record_table('targets');
COMMENT ON TABLE targets IS 'Promised figures.';
ALTER TABLE targets
    ADD COLUMN metric text COLLATE "C" NOT NULL,
    ADD COLUMN commitment text COLLATE "C",
    ADD COLUMN subject text COLLATE "C",
    ADD COLUMN division_code text COLLATE "C",
    ADD COLUMN due_on date,
    ADD COLUMN value numeric NOT NULL,
    ADD COLUMN comparator text COLLATE "C";
COMMENT ON COLUMN targets.metric IS 'Metric promised.';
COMMENT ON COLUMN targets.commitment IS 'Commitment it belongs to.';
COMMENT ON COLUMN targets.subject IS 'Organization it is promised for.';
COMMENT ON COLUMN targets.division_code IS 'Area covered, GB/T 2260.';
COMMENT ON COLUMN targets.due_on IS 'Day by which it is promised.';
COMMENT ON COLUMN targets.value IS 'The figure promised, in the metric''s unit.';
COMMENT ON COLUMN targets.comparator IS 'exactly, at_least or at_most.';
CREATE INDEX targets_metric ON targets (metric, coalesce(due_on, '-infinity'::date), id, revision_from, revision_to);
CREATE INDEX targets_commitment ON targets (commitment, id, revision_from, revision_to);
CREATE INDEX targets_due_on ON targets (coalesce(due_on, '-infinity'::date), id, revision_from, revision_to);
CREATE INDEX targets_value ON targets (value, id, revision_from, revision_to);

CALL create_record_table('sources');
COMMENT ON TABLE sources IS 'Documents that records rest on.';
ALTER TABLE sources
    ADD COLUMN published_on date,
    ADD COLUMN url text COLLATE "C";
COMMENT ON COLUMN sources.published_on IS 'Day the document was published.';
COMMENT ON COLUMN sources.url IS 'Address of the document, http or https.';
CREATE INDEX sources_published_on ON sources (coalesce(published_on, '-infinity'::date), id, revision_from, revision_to);

-- The one place that says what a commitment's status is.
CREATE FUNCTION commitment_status(p_commitment text, p_revision bigint) RETURNS text STABLE LANGUAGE sql AS $$
    SELECT status FROM reports
    WHERE commitment = p_commitment AND assessor = 'self_reported'
        AND revision_from <= p_revision AND revision_to > p_revision
    ORDER BY coalesce(period_end, '-infinity'::date) DESC, coalesce(reported_on, '-infinity'::date) DESC, id DESC
    LIMIT 1
$$;
COMMENT ON FUNCTION commitment_status(text, bigint) IS 'Status of the newest self-report on a commitment at a revision, NULL without one.';
