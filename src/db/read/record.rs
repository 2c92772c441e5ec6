//! One record.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::list::included;
use super::{At, MOMENT, Moment, kinds_changed_in, moment, served, there};
use crate::db::Error;
use crate::db::pool::Database;
use crate::db::statement::{Bind, Statement};
use crate::model::kind::{Include, Kind};

/// The record, or what became of it.
#[derive(QueryableByName)]
pub struct Row {
    #[diesel(embed)]
    pub moment: Moment,
    #[diesel(sql_type = Nullable<Text>)]
    pub body: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub included: Option<String>,
    /// What last happened to it, where it is not there: the operation, its revision and body.
    #[diesel(sql_type = Nullable<Text>)]
    pub last_op: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub last_revision: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    pub last_body: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub redacted_in: Option<i64>,
}

pub async fn read(
    database: &Database,
    kind: &'static Kind,
    id: &str,
    includes: &[&'static Include],
    at: At,
    now: DateTime<Utc>,
) -> Result<Option<Row>, Error> {
    if includes.is_empty()
        && let Some(row) = at_known(database, kind, id, at).await
    {
        return Ok(Some(row));
    }
    let table = kind.collection;
    // The answer rests on the version of the row, and on all of the kinds embedded in it.
    let mut changed_in = Statement::of(
        &format!(
            "greatest(0, (SELECT v.revision_from FROM {table} v WHERE v.id = ? AND v.revision_from <= b.n AND v.revision_to > b.n), "
        ),
        [Bind::Text(id.to_owned())],
    );
    changed_in.append(kinds_changed_in(includes.iter().flat_map(|include| include.reads.iter().copied()))).sql(")");
    let mut statement = moment(at, now, changed_in);
    statement.sql(&format!("SELECT {MOMENT}, ")).append(columns()).sql(" FROM at ");
    statement.append(joins(kind, id, includes));
    let row: Option<Row> = database.rows(statement).await?.into_iter().next();
    if let Some(row) = &row {
        database.known().learn_from(&row.moment);
    }
    Ok(row)
}

/// The record at a revision that is known; none where it is not there, or the moment has to be looked up.
async fn at_known(database: &Database, kind: &'static Kind, id: &str, at: At) -> Option<Row> {
    let known = database.known();
    let moment = known.moment(at)?;
    let mut statement = Statement::of(
        &format!(
            "SELECT t.revision_from, t.changed_in, t.derived, t.body FROM {} t \
             WHERE t.id = ? AND t.revision_from <= ? AND t.revision_to > ?",
            kind.collection
        ),
        [Bind::Text(id.to_owned()), Bind::BigInt(moment.n), Bind::BigInt(moment.n)],
    );
    let rows = database.quick_rows(statement.read_with(moment.n)).await?;
    let version = rows.first()?;
    let moment = known.rests(moment, version.try_get(0).ok()?)?;
    let body = served(version.try_get(1).ok()?, version.try_get(2).ok()?, version.try_get(3).ok()?);
    let (included, last_op, last_revision, last_body, redacted_in) = (None, None, None, None, None);
    Some(Row { moment, body: Some(body), included, last_op, last_revision, last_body, redacted_in })
}

/// Columns of a [`Row`] beside the moment.
pub fn columns() -> Statement {
    Statement::of("page.body, page.included, last.*", [])
}

/// What follows `at`: the record as `page`, or what became of it as `last`.
pub fn joins(kind: &'static Kind, id: &str, includes: &[&'static Include]) -> Statement {
    let id = || Bind::Text(id.to_owned());
    Statement::of(
        &format!(
            "LEFT JOIN LATERAL (SELECT served(t.changed_in, t.derived, t.body) AS body, {} AS included \
             FROM {} t WHERE t.id = ? AND {}) page ON true \
             LEFT JOIN LATERAL (SELECT c.op AS last_op, c.revision AS last_revision, c.body AS last_body, c.redacted_in \
             FROM changes c WHERE page.body IS NULL AND c.kind = '{}' AND c.id = ? AND c.revision <= at.n \
             ORDER BY c.revision DESC LIMIT 1) last ON true ",
            included(includes),
            kind.collection,
            there("t"),
            kind.name
        ),
        [id(), id()],
    )
}
