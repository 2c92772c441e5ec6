//! What rests on a source.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::{At, MOMENT, Moment, kinds_changed_in, moment, there};
use crate::db::Error;
use crate::db::pool::Database;
use crate::db::statement::{Bind, Statement};

/// A record that rests on the source; the first row has the moment even where there are none.
#[derive(QueryableByName)]
pub struct Row {
    #[diesel(embed)]
    pub moment: Moment,
    #[diesel(sql_type = Nullable<Text>)]
    pub kind: Option<String>,
    /// The record as it is served.
    #[diesel(sql_type = Nullable<Text>)]
    pub body: Option<String>,
    /// What it is about: the metric of a figure or target, the commitment of a report.
    #[diesel(sql_type = Nullable<Text>)]
    pub about: Option<String>,
    /// Its commitment's number in the programme, and that commitment's id.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub number: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    pub commitment: Option<String>,
}

/// At most `rows` records, by kind and in the order of commitments.
pub async fn read(database: &Database, source: &str, rows: i64, at: At, now: DateTime<Utc>) -> Result<Vec<Row>, Error> {
    database.rows(statement(source, rows, at, now)).await
}

/// The one statement.
pub fn statement(source: &str, rows: i64, at: At, now: DateTime<Utc>) -> Statement {
    let kinds = ["programme", "commitment", "report", "metric", "observation", "target", "source"];
    let mut statement = moment(at, now, kinds_changed_in(kinds));
    let each = [
        resting("programmes", "programme", "NULL::text", "NULL"),
        resting("reports", "report", &served("commitments", "t.commitment"), "t.commitment"),
        resting("observations", "observation", &served("metrics", "t.metric"), "t.commitment"),
        resting("targets", "target", &served("metrics", "t.metric"), "t.commitment"),
    ];
    statement.push(
        &format!(
            "SELECT {MOMENT}, page.* FROM at LEFT JOIN LATERAL (SELECT r.from_kind AS kind, x.body, x.about, c.number, c.id AS commitment \
             FROM (SELECT DISTINCT from_kind, from_id FROM record_references r WHERE to_kind = 'source' AND to_id = ? AND {}) r \
             JOIN LATERAL ({}) x ON true \
             LEFT JOIN commitments c ON c.id = x.commitment AND {} \
             ORDER BY array_position(array['programme', 'report', 'observation', 'target'], r.from_kind), c.programme, c.number, r.from_id \
             LIMIT ?) page ON true",
            there("r"),
            each.join(" UNION ALL "),
            there("c"),
        ),
        [Bind::Text(source.to_owned()), Bind::BigInt(rows)],
    );
    statement
}

/// Records of one kind among those that refer to the source.
fn resting(table: &str, kind: &str, about: &str, commitment: &str) -> String {
    format!(
        "SELECT served(t.changed_in, t.derived, t.body) AS body, {about} AS about, {commitment} AS commitment FROM {table} t \
         WHERE r.from_kind = '{kind}' AND t.id = r.from_id AND {}",
        there("t")
    )
}

fn served(table: &str, id: &str) -> String {
    format!("(SELECT served(a.changed_in, a.derived, a.body) FROM {table} a WHERE a.id = {id} AND {})", there("a"))
}
