//! The revisions themselves, newest first.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bytea, Date, Nullable, Text, Timestamptz};

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
    /// UUID of the ledger.
    #[diesel(sql_type = Text)]
    pub ledger: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub count: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub revision: Option<i64>,
    #[diesel(embed)]
    pub header: Header,
    /// Its day in the ledger's zone.
    #[diesel(sql_type = Nullable<Date>)]
    pub published_on: Option<NaiveDate>,
}

/// What a revision says of itself, its number aside.
#[derive(QueryableByName)]
pub struct Header {
    #[diesel(sql_type = Nullable<Text>)]
    pub revision_kind: Option<String>,
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

/// Columns of [`Header`] of revision `r`, where `shown` holds.
pub fn header(shown: &str) -> String {
    let columns = [
        ("kind", "revision_kind"),
        ("publisher", "publisher"),
        ("message", "message"),
        ("message_salt", "message_salt"),
        ("message_digest", "message_digest"),
        ("published_at", "published_at"),
        ("digest", "revision_digest"),
        ("change_count", "change_count"),
    ];
    columns.map(|(column, name)| format!("CASE WHEN {shown} THEN r.{column} END AS {name}")).join(", ")
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
    // A page goes on below a revision that was seen.
    statement.read_with(selection.only.or(selection.before).unwrap_or_default());
    statement.sql(&format!(
        "SELECT {MOMENT}, at.ledger::text AS ledger, page.*, \
         (page.published_at AT TIME ZONE at.time_zone)::date AS published_on, "
    ));
    if selection.count {
        statement.sql("(SELECT count(*) FROM revisions r WHERE ").append(conditions.clone()).sql(")");
    } else {
        statement.sql("NULL::bigint");
    }
    let header = header("true");
    statement.sql(&format!(" AS count FROM at LEFT JOIN LATERAL (SELECT r.revision, {header} FROM revisions r WHERE "));
    statement.append(conditions);
    if let Some(before) = selection.before {
        statement.push(" AND r.revision < ?", [Bind::BigInt(before)]);
    }
    statement.push(" ORDER BY r.revision DESC LIMIT ?) page ON true", [Bind::BigInt(selection.rows)]);
    database.rows(statement).await
}
