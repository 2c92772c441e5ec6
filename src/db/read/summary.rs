//! What a ledger says at a glance.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Date, Nullable, Text};

use super::figure::PREFERRED;
use super::{At, MOMENT, Moment, kinds_changed_in, moment};
use crate::db::Error;
use crate::db::pool::Database;
use crate::db::statement::Bind;

/// Entries of each list in a summary.
pub const MAX_ENTRIES: usize = 50;

#[derive(QueryableByName)]
pub struct Row {
    #[diesel(embed)]
    pub moment: Moment,
    /// The day that overdue was judged on, in the ledger's zone; none in an empty ledger.
    #[diesel(sql_type = Nullable<Date>)]
    pub evaluated_on: Option<NaiveDate>,
    /// The summary's members as JSON.
    #[diesel(sql_type = Text)]
    pub body: String,
}

/// Judged today at head; pinned, on the day of the revision.
pub async fn read(database: &Database, at: At, now: DateTime<Utc>) -> Result<Option<Row>, Error> {
    let changed_in = kinds_changed_in(["commitment", "programme", "report", "metric", "observation"]);
    let today = match at {
        At::Revision(_) => Bind::Instant(None),
        _ => Bind::Instant(Some(now)),
    };
    let mut statement = moment(at, now, changed_in);
    let body = [("$preferred", PREFERRED), ("$overdue", OVERDUE), ("$unreported", UNREPORTED)];
    let body = body.iter().fold(BODY.to_owned(), |body, (name, sql)| body.replace(name, sql));
    statement.sql(&format!("SELECT {MOMENT}, day.evaluated_on, jsonb_build_object({body})::text AS body FROM at"));
    statement.push(
        " CROSS JOIN LATERAL (SELECT (coalesce(CASE WHEN at.n = at.head THEN ?::timestamptz END, \
         (SELECT r.published_at FROM revisions r WHERE r.revision = at.n)) AT TIME ZONE at.time_zone)::date AS evaluated_on) day",
        [today],
    );
    statement.slowly();
    Ok(database.rows(statement).await?.into_iter().next())
}

const OVERDUE: &str = "c.revision_from <= at.n AND c.revision_to > at.n AND c.due_on < day.evaluated_on \
    AND coalesce(c.status, '') NOT IN ('completed', 'cancelled')";

const UNREPORTED: &str = "c.revision_from <= at.n AND c.revision_to > at.n \
    AND NOT EXISTS (SELECT FROM reports r WHERE r.commitment = c.id AND r.revision_from <= at.n AND r.revision_to > at.n)";

const BODY: &str = "\
'evaluated_on', day.evaluated_on, \
'commitments', (SELECT count(*) FROM commitments c WHERE c.revision_from <= at.n AND c.revision_to > at.n), \
'statuses', (SELECT coalesce(jsonb_object_agg(s.status, s.n), '{}') FROM ( \
    SELECT coalesce(c.status, 'none') AS status, count(*) AS n FROM commitments c \
    WHERE c.revision_from <= at.n AND c.revision_to > at.n GROUP BY 1) s), \
'programmes', (SELECT coalesce(jsonb_agg(e.entry ORDER BY e.year DESC, e.id), '[]') FROM ( \
    SELECT p.id, p.year, jsonb_build_object('id', p.id, 'year', p.year, 'organization', p.organization, \
        'title', p.body::jsonb->'title', 'commitments', coalesce(c.total, 0), 'statuses', coalesce(c.statuses, '{}')) AS entry \
    FROM programmes p LEFT JOIN LATERAL (SELECT sum(s.n) AS total, jsonb_object_agg(s.status, s.n) AS statuses FROM ( \
        SELECT coalesce(c.status, 'none') AS status, count(*) AS n FROM commitments c \
        WHERE c.programme = p.id AND c.revision_from <= at.n AND c.revision_to > at.n GROUP BY 1) s) c ON true \
    WHERE p.revision_from <= at.n AND p.revision_to > at.n ORDER BY p.year DESC, p.id LIMIT 50) e), \
'overdue', (SELECT jsonb_build_object('count', (SELECT count(*) FROM commitments c WHERE $overdue), 'data', coalesce(jsonb_agg(\
    jsonb_strip_nulls(jsonb_build_object('id', e.id, 'title', e.body::jsonb->'title', 'due_on', e.due_on, 'status', e.status)) \
    ORDER BY e.due_on, e.id), '[]')) FROM (SELECT * FROM commitments c WHERE $overdue ORDER BY c.due_on, c.id LIMIT 50) e), \
'unreported', (SELECT jsonb_build_object('count', (SELECT count(*) FROM commitments c WHERE $unreported), 'data', coalesce(jsonb_agg(\
    jsonb_strip_nulls(jsonb_build_object('id', e.id, 'title', e.body::jsonb->'title', 'due_on', e.due_on)) \
    ORDER BY e.id), '[]')) FROM (SELECT * FROM commitments c WHERE $unreported ORDER BY c.id LIMIT 50) e), \
'metrics', (SELECT coalesce(jsonb_agg(e.entry ORDER BY e.id), '[]') FROM ( \
    SELECT m.id, jsonb_strip_nulls(jsonb_build_object('id', m.id, 'name', m.body::jsonb->'name', 'unit', m.body::jsonb->'unit', \
        'observation', o.id, 'period', o.period, 'scope', o.scope, 'value', o.value, 'computed', o.computed)) AS entry \
    FROM metrics m CROSS JOIN LATERAL (SELECT * FROM observations t WHERE t.metric = m.id AND t.role = 'actual' \
        AND t.revision_from <= at.n AND t.revision_to > at.n ORDER BY $preferred LIMIT 1) o \
    WHERE m.revision_from <= at.n AND m.revision_to > at.n ORDER BY m.id LIMIT 50) e)";
