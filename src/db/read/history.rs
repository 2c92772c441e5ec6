//! The versions of one record, newest first.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::{At, MOMENT, Moment, moment};
use crate::db::Error;
use crate::db::pool::Database;
use crate::db::statement::{Bind, Statement};
use crate::model::kind::Kind;

/// One change of the record; the first row has the moment even where there are none.
#[derive(QueryableByName)]
pub struct Row {
    #[diesel(embed)]
    pub moment: Moment,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub revision_from: Option<i64>,
    /// The next change, up to the revision asked for.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub revision_to: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    pub next_op: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub next_kind: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub next_message: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub next_body: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub op: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub change_kind: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub message: Option<String>,
    /// The record's body, or what a withdrawal hashed.
    #[diesel(sql_type = Nullable<Text>)]
    pub body: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub redacted_in: Option<i64>,
}

/// Changes of a record before revision `before`, at most `rows`.
pub async fn read(
    database: &Database,
    kind: &'static Kind,
    id: &str,
    before: i64,
    rows: i64,
    at: At,
    now: DateTime<Utc>,
) -> Result<Vec<Row>, Error> {
    let (name, table) = (kind.name, kind.collection);
    let id = || Bind::Text(id.to_owned());
    let changed_in = Statement::of(
        &format!(
            "coalesce((SELECT max(c.revision) FROM changes c WHERE c.kind = '{name}' AND c.id = ? AND c.revision <= b.n), 0)"
        ),
        [id()],
    );
    let mut statement = moment(at, now, changed_in);
    statement.push(
        &format!(
            "SELECT {MOMENT}, page.* FROM at LEFT JOIN LATERAL (SELECT c.revision AS revision_from, \
             l.revision AS revision_to, l.op AS next_op, l.change_kind AS next_kind, lr.message AS next_message, l.body AS next_body, c.op, c.change_kind, r.message, \
             coalesce(c.body, (SELECT t.body FROM {table} t WHERE t.id = c.id AND t.revision_from = c.revision)) AS body, c.redacted_in \
             FROM changes c JOIN revisions r ON r.revision = c.revision \
             LEFT JOIN LATERAL (SELECT l.* FROM changes l WHERE l.kind = '{name}' AND l.id = c.id AND l.revision > c.revision \
             AND l.revision <= at.n ORDER BY l.revision LIMIT 1) l ON true LEFT JOIN revisions lr ON lr.revision = l.revision \
             WHERE c.kind = '{name}' AND c.id = ? AND c.revision <= at.n AND c.revision < ? \
             ORDER BY c.revision DESC LIMIT ?) page ON true"
        ),
        [id(), Bind::BigInt(before), Bind::BigInt(rows)],
    );
    database.rows(statement).await
}
