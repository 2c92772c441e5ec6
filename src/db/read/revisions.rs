//! The revisions themselves, newest first.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bytea, Nullable, Text, Timestamptz};

use super::{At, MOMENT, Moment, moment};
use crate::db::Error;
use crate::db::pool::Database;
use crate::db::statement::{Bind, Statement};

/// Which revisions.
#[derive(Default)]
pub struct Selection {
    /// Revisions below this one.
    pub before: Option<i64>,
    pub only: Option<i64>,
    pub kinds: Vec<String>,
    pub publishers: Vec<String>,
    pub published_from: Option<DateTime<Utc>>,
    pub published_to: Option<DateTime<Utc>>,
    pub rows: i64,
    pub count: bool,
}

/// A revision; the first row has the moment even where there are none.
#[derive(QueryableByName)]
pub struct Row {
    #[diesel(embed)]
    pub moment: Moment,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub count: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub revision: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    pub kind: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub publisher: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub message: Option<String>,
    #[diesel(sql_type = Nullable<Bytea>)]
    pub message_salt: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Bytea>)]
    pub message_digest: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub published_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Bytea>)]
    pub revision_digest: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub change_count: Option<i64>,
}

pub async fn read(database: &Database, selection: &Selection, at: At, now: DateTime<Utc>) -> Result<Vec<Row>, Error> {
    let mut conditions = Statement::of("r.revision <= at.n", []);
    if let Some(only) = selection.only {
        conditions.push(" AND r.revision = ?", [Bind::BigInt(only)]);
    }
    for (column, values) in [("kind", &selection.kinds), ("publisher", &selection.publishers)] {
        if !values.is_empty() {
            conditions.push(&format!(" AND r.{column} = ANY(?)"), [Bind::Texts(values.clone())]);
        }
    }
    for (operator, time) in [(">=", selection.published_from), ("<=", selection.published_to)] {
        if time.is_some() {
            conditions.push(&format!(" AND r.published_at {operator} ?"), [Bind::Instant(time)]);
        }
    }
    // A single revision rests on itself, a list on everything up to where it was asked for.
    let changed_in = match selection.only {
        Some(only) => Statement::of("least(?::bigint, b.n)", [Bind::BigInt(only)]),
        None => Statement::of("b.n", []),
    };
    let mut statement = moment(at, now, changed_in);
    statement.sql(&format!("SELECT {MOMENT}, page.*, "));
    if selection.count {
        statement.sql("(SELECT count(*) FROM revisions r WHERE ").append(conditions.clone()).sql(")");
    } else {
        statement.sql("NULL::bigint");
    }
    statement.sql(
        " AS count FROM at LEFT JOIN LATERAL (SELECT r.revision, r.kind, r.publisher, r.message, r.message_salt, \
         r.message_digest, r.published_at, r.digest AS revision_digest, r.change_count FROM revisions r WHERE ",
    );
    statement.append(conditions);
    if let Some(before) = selection.before {
        statement.push(" AND r.revision < ?", [Bind::BigInt(before)]);
    }
    statement.push(" ORDER BY r.revision DESC LIMIT ?) page ON true", [Bind::BigInt(selection.rows)]);
    database.rows(statement).await
}
