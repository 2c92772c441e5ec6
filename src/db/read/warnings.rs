//! What does not add up, at a revision.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::{At, MOMENT, Moment, kinds_changed_in, moment};
use crate::db::Error;
use crate::db::pool::Database;
use crate::db::statement::{Bind, Statement};
use crate::ledger::warnings::columns;

/// Kinds that warnings are derived from.
const READS: [&str; 5] = ["commitment", "report", "metric", "observation", "target"];

/// Which warnings.
pub struct Selection {
    /// Values of columns, by column; any of them.
    pub filters: Vec<(&'static str, Vec<String>)>,
    /// kind, id, code and other id of the last one seen.
    pub after: Option<[String; 4]>,
    pub rows: i64,
    pub count: bool,
}

/// A warning; the first row has the moment even where there are none.
#[derive(QueryableByName)]
pub struct Row {
    #[diesel(embed)]
    pub moment: Moment,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub count: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    pub code: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub kind: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub other_kind: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub other_id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub publisher: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub value: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub other_value: Option<String>,
}

pub async fn read(database: &Database, selection: &Selection, at: At, now: DateTime<Utc>) -> Result<Vec<Row>, Error> {
    let mut conditions = Statement::of("w.revision_from <= at.n AND w.revision_to > at.n", []);
    for (column, values) in &selection.filters {
        match values.as_slice() {
            [] => {}
            [one] => {
                conditions.push(&format!(" AND w.{column} = ?"), [Bind::Text(one.clone())]);
            }
            many => {
                conditions.push(&format!(" AND w.{column} = ANY(?)"), [Bind::Texts(many.to_vec())]);
            }
        }
    }
    let mut statement = moment(at, now, kinds_changed_in(READS));
    statement.sql(&format!("SELECT {MOMENT}, page.*, "));
    if selection.count {
        statement.sql("(SELECT count(*) FROM warnings w WHERE ").append(conditions.clone()).sql(")");
    } else {
        statement.sql("NULL::bigint");
    }
    statement
        .sql(&format!(" AS count FROM at LEFT JOIN LATERAL (SELECT {} FROM warnings w WHERE ", columns("at.n")))
        .append(conditions);
    if let Some(after) = &selection.after {
        statement.push(" AND (w.kind, w.id, w.code, w.other_id) > (?, ?, ?, ?)", after.clone().map(Bind::Text));
    }
    statement.push(" ORDER BY w.kind, w.id, w.code, w.other_id LIMIT ?) page ON true", [Bind::BigInt(selection.rows)]);
    database.rows(statement).await
}
