//! What changed between two revisions.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use super::{At, MOMENT, Moment, moment};
use crate::db::Error;
use crate::db::pool::Database;
use crate::db::statement::{Bind, Statement};
use crate::model::kinds::KINDS;

/// Which differences.
pub struct Selection {
    /// Revision to compare with, 0 for the empty ledger; the one before unless told.
    pub from: Option<i64>,
    pub kinds: Vec<String>,
    pub publishers: Vec<String>,
    /// Kind and id of the last one seen.
    pub after: Option<[String; 2]>,
    pub rows: i64,
}

/// A record that differs; the first row has the moment even where there are none.
#[derive(QueryableByName)]
pub struct Row {
    #[diesel(embed)]
    pub moment: Moment,
    #[diesel(sql_type = Nullable<Text>)]
    pub kind: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub before: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub after: Option<String>,
    /// Whether it was known before the first of the two revisions.
    #[diesel(sql_type = Nullable<Bool>)]
    pub known: Option<bool>,
    /// The last change up to the second of them: its operation, revision, kind, and the revision's message.
    #[diesel(sql_type = Nullable<Text>)]
    pub op: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub revision: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    pub change_kind: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub message: Option<String>,
    /// What a withdrawal hashed.
    #[diesel(sql_type = Nullable<Text>)]
    pub withdrawal: Option<String>,
}

pub async fn read(database: &Database, selection: &Selection, at: At, now: DateTime<Utc>) -> Result<Vec<Row>, Error> {
    let mut statement = moment(at, now, Statement::of("b.n", []));
    statement.read_with(selection.from.unwrap_or_default());
    statement.sql(&format!("SELECT {MOMENT}, page.* FROM at CROSS JOIN LATERAL (SELECT "));
    match selection.from {
        Some(from) => statement.push("?::bigint", [Bind::BigInt(from)]),
        None => statement.sql("greatest(at.n - 1, 0)"),
    };
    statement.sql(" AS n) since LEFT JOIN LATERAL (");
    for (index, kind) in KINDS.iter().enumerate() {
        let (name, table) = (kind.name, kind.collection);
        if index > 0 {
            statement.sql(" UNION ALL ");
        }
        // Each kind gives at most a page, by the index of changes on kind and id.
        statement.sql(
            &format!(
                "(SELECT '{name}'::text COLLATE \"C\" AS kind, k.id, f.body AS before, g.body AS after, \
                 EXISTS (SELECT FROM changes p WHERE p.kind = '{name}' AND p.id = k.id AND p.revision <= since.n) AS known, \
                 l.op, l.revision, l.change_kind, r.message, l.body AS withdrawal \
                 FROM (SELECT DISTINCT c.id FROM changes c WHERE c.kind = '{name}' AND c.revision > since.n AND c.revision <= at.n) k \
                 LEFT JOIN {table} f ON f.id = k.id AND f.revision_from <= since.n AND f.revision_to > since.n \
                 LEFT JOIN {table} g ON g.id = k.id AND g.revision_from <= at.n AND g.revision_to > at.n \
                 CROSS JOIN LATERAL (SELECT c.* FROM changes c WHERE c.kind = '{name}' AND c.id = k.id AND c.revision <= at.n \
                 ORDER BY c.revision DESC LIMIT 1) l JOIN revisions r ON r.revision = l.revision \
                 WHERE (f.body IS DISTINCT FROM g.body OR l.op = 'redact')"
            ),
        );
        if !selection.kinds.is_empty() {
            statement.push(&format!(" AND '{name}' = ANY(?)"), [Bind::Texts(selection.kinds.clone())]);
        }
        if !selection.publishers.is_empty() {
            statement.push(
                " AND coalesce(g.publisher, f.publisher, r.publisher) = ANY(?)",
                [Bind::Texts(selection.publishers.clone())],
            );
        }
        if let Some(after) = &selection.after {
            statement
                .push(&format!(" AND ('{name}'::text COLLATE \"C\", k.id) > (?, ?)"), after.clone().map(Bind::Text));
        }
        statement.push(" ORDER BY k.id LIMIT ?)", [Bind::BigInt(selection.rows)]);
    }
    statement.push(" ORDER BY kind, id LIMIT ?) page ON true", [Bind::BigInt(selection.rows)]).slowly();
    database.rows(statement).await
}
