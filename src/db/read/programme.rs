//! How the commitments of a programme stand, all of them together.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text};

use super::{At, MOMENT, Moment, kinds_changed_in, moment, there};
use crate::db::Error;
use crate::db::pool::Database;
use crate::db::statement::Bind;

/// Commitments whose reports are looked at, by number.
const MAX_REPORTS: usize = 1000;

/// How many commitments have each status, and of none.
#[derive(QueryableByName)]
pub struct Row {
    #[diesel(embed)]
    pub moment: Moment,
    /// A JSON object.
    #[diesel(sql_type = Text)]
    pub statuses: String,
}

/// A report that the status of a commitment is from, as it is served.
#[derive(QueryableByName)]
pub struct Standing {
    #[diesel(sql_type = Text)]
    pub report: String,
    /// What the commitment is called, human text as JSON.
    #[diesel(sql_type = Nullable<Text>)]
    pub title: Option<String>,
}

pub async fn statuses(database: &Database, id: &str, at: At, now: DateTime<Utc>) -> Result<Option<Row>, Error> {
    let mut statement = moment(at, now, kinds_changed_in(["commitment"]));
    statement.push(
        &format!(
            "SELECT {MOMENT}, (SELECT coalesce(jsonb_object_agg(s.status, s.n), '{{}}')::text FROM \
             (SELECT coalesce(c.status, 'none') AS status, count(*) AS n FROM commitments c \
             WHERE c.programme = ? AND {} GROUP BY 1) s) AS statuses FROM at",
            there("c")
        ),
        [Bind::Text(id.to_owned())],
    );
    statement.slowly();
    Ok(database.rows(statement).await?.into_iter().next())
}

/// The newest self-report on each commitment, by its number.
pub async fn standing(database: &Database, id: &str, at: At, now: DateTime<Utc>) -> Result<Vec<Standing>, Error> {
    let mut statement = moment(at, now, kinds_changed_in(["commitment", "report"]));
    statement.push(
        &format!(
            "SELECT page.* FROM at JOIN LATERAL (SELECT served(s.changed_in, s.derived, s.body) AS report, \
             (c.body::jsonb->'title')::text AS title FROM commitments c CROSS JOIN LATERAL (SELECT * FROM reports r \
             WHERE r.commitment = c.id AND r.assessor = 'self_reported' AND {} \
             ORDER BY coalesce(r.period_end, '-infinity'::date) DESC, coalesce(r.reported_on, '-infinity'::date) DESC, r.id DESC \
             LIMIT 1) s WHERE c.programme = ? AND {} ORDER BY c.number, c.id LIMIT {MAX_REPORTS}) page ON true",
            there("r"),
            there("c")
        ),
        [Bind::Text(id.to_owned())],
    );
    statement.slowly();
    database.rows(statement).await
}
