//! What became of records after a revision: for what keeps showing that revision.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Date, Nullable, Text};

use super::{At, moment};
use crate::db::Error;
use crate::db::pool::Database;
use crate::db::statement::{Bind, Statement};
use crate::model::kind::Kind;
use crate::model::kinds::observation;

/// Changes that are looked at, newest ones.
const MAX_CHANGES: i64 = 500;

/// One change of one of the records.
#[derive(QueryableByName)]
pub struct Row {
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Text)]
    pub id: String,
    #[diesel(sql_type = BigInt)]
    pub revision: i64,
    /// `upsert`, `withdraw` or `redact`.
    #[diesel(sql_type = Text)]
    pub op: String,
    /// The record as it is from then on, or what its withdrawal says.
    #[diesel(sql_type = Nullable<Text>)]
    pub body: Option<String>,
    /// What the revision says of itself, human text as JSON.
    #[diesel(sql_type = Text)]
    pub message: String,
    /// Its day in the ledger's zone.
    #[diesel(sql_type = Date)]
    pub published_on: NaiveDate,
}

/// Changes after revision `after` up to head, newest first. Figures that the service computes have changes too:
/// those of their inputs.
pub async fn read(
    database: &Database,
    records: &[(&'static Kind, String)],
    after: i64,
    now: DateTime<Utc>,
) -> Result<Vec<Row>, Error> {
    if records.is_empty() {
        return Ok(Vec::new());
    }
    database.rows(statement(records, after, now)).await
}

/// The one statement.
pub fn statement(records: &[(&'static Kind, String)], after: i64, now: DateTime<Utc>) -> Statement {
    let mut kinds: Vec<&'static Kind> = Vec::new();
    for (kind, _) in records {
        if !kinds.iter().any(|known| known.name == kind.name) {
            kinds.push(kind);
        }
    }
    let mut statement = moment(At::Head, now, Statement::of("b.n", []));
    statement.read_with(after);
    statement.sql(
        "SELECT s.kind, s.id, s.revision, s.op, s.body, r.message, (r.published_at AT TIME ZONE at.time_zone)::date AS published_on \
         FROM at CROSS JOIN LATERAL (",
    );
    for (index, kind) in kinds.iter().enumerate() {
        let ids: Vec<String> =
            records.iter().filter(|(other, _)| other.name == kind.name).map(|(_, id)| id.clone()).collect();
        if index > 0 {
            statement.sql(" UNION ALL ");
        }
        statement.append(published(kind, &ids, after));
        if kind.name == observation::KIND.name {
            statement.sql(" UNION ALL ").append(computed(&ids, after));
        }
    }
    statement.push(
        ") s JOIN revisions r ON r.revision = s.revision ORDER BY s.revision DESC LIMIT ?",
        [Bind::BigInt(MAX_CHANGES)],
    );
    statement
}

fn published(kind: &Kind, ids: &[String], after: i64) -> Statement {
    let Kind { name, collection, .. } = kind;
    Statement::of(
        &format!(
            "SELECT c.kind, c.id, c.revision, c.op, coalesce(c.body, (SELECT t.body FROM {collection} t \
             WHERE t.id = c.id AND t.revision_from = c.revision)) AS body \
             FROM changes c WHERE c.kind = '{name}' AND c.id = ANY(?) AND c.revision > ? AND c.revision <= at.head"
        ),
        [Bind::Texts(ids.to_vec()), Bind::BigInt(after)],
    )
}

/// A computed figure that is gone was not withdrawn by anybody, but is no more.
fn computed(ids: &[String], after: i64) -> Statement {
    let ids = || Bind::Texts(ids.to_vec());
    Statement::of(
        "SELECT 'observation', t.id, t.revision_from, 'upsert', t.body FROM observations t \
         WHERE t.computed AND t.id = ANY(?) AND t.revision_from > ? AND t.revision_from <= at.head \
         UNION ALL SELECT 'observation', t.id, t.revision_to, 'withdraw', NULL FROM observations t \
         WHERE t.computed AND t.id = ANY(?) AND t.revision_to > ? AND t.revision_to <= at.head \
         AND NOT EXISTS (SELECT FROM observations u WHERE u.id = t.id AND u.revision_from = t.revision_to)",
        [ids(), Bind::BigInt(after), ids(), Bind::BigInt(after)],
    )
}
