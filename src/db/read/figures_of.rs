//! The figures of commitments: of each metric the one that is its figure.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::figure::{PREFERRED, area, whom};
use super::{At, MOMENT, Moment, kinds_changed_in, moment, there};
use crate::db::Error;
use crate::db::pool::Database;
use crate::db::statement::{Bind, Statement};

/// Which figures.
#[derive(Default)]
pub struct Wanted<'a> {
    pub commitments: &'a [String],
    /// Those that are to be held against a promise: of its metric, and of whom and where it says.
    pub metric: Option<&'a str>,
    pub subject: Option<&'a str>,
    pub division_code: Option<&'a str>,
    /// Metrics of each commitment, those of the newest figures.
    pub each: i64,
}

/// A figure; the first row has the moment even where there is none.
#[derive(QueryableByName)]
pub struct Row {
    #[diesel(embed)]
    pub moment: Moment,
    /// The observation as it is served.
    #[diesel(sql_type = Nullable<Text>)]
    pub body: Option<String>,
    /// Its metric as it is served, where it is there.
    #[diesel(sql_type = Nullable<Text>)]
    pub metric: Option<String>,
    /// Other figures that the commitment has of the metric.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub others: Option<i64>,
}

/// By commitment, newest first.
pub async fn read(database: &Database, wanted: &Wanted<'_>, at: At, now: DateTime<Utc>) -> Result<Vec<Row>, Error> {
    let mut statement = moment(at, now, kinds_changed_in(["observation", "metric"]));
    statement.push(
        &format!(
            "SELECT {MOMENT}, page.* FROM at LEFT JOIN LATERAL (SELECT served(t.changed_in, t.derived, t.body) AS body, \
             (SELECT served(m.changed_in, m.derived, m.body) FROM metrics m WHERE m.id = t.metric AND {}) AS metric, c.others \
             FROM (SELECT b.*, row_number() OVER (PARTITION BY b.commitment ORDER BY b.ended DESC, b.id) AS position FROM \
             (SELECT t.id, t.revision_from, t.commitment, coalesce(t.period_end, '-infinity'::date) AS ended, \
             row_number() OVER (PARTITION BY t.commitment, t.metric ORDER BY {PREFERRED}) AS place, \
             count(*) OVER (PARTITION BY t.commitment, t.metric) - 1 AS others \
             FROM observations t WHERE t.commitment = ANY(?) AND t.role = 'actual' AND {}",
            there("m"),
            there("t")
        ),
        [Bind::Texts(wanted.commitments.to_vec())],
    );
    statement.append(narrowed(wanted)).push(
        ") b WHERE b.place = 1) c JOIN observations t ON t.id = c.id AND t.revision_from = c.revision_from \
         WHERE c.position <= ? ORDER BY c.commitment, c.position) page ON true",
        [Bind::BigInt(wanted.each)],
    );
    statement.slowly();
    database.rows(statement).await
}

/// What is held against a promise of whom and where: the same as for figures of a metric.
fn narrowed(wanted: &Wanted<'_>) -> Statement {
    let mut conditions = Statement::new();
    if let Some(metric) = wanted.metric {
        conditions.push(" AND t.metric = ?", [Bind::Text(metric.to_owned())]);
    }
    let whom = whom("t");
    if let Some(subject) = wanted.subject {
        conditions.push(&format!(" AND {whom} = ?"), [Bind::Text(subject.to_owned())]);
    }
    if let Some(code) = wanted.division_code {
        conditions.push(&format!(" AND coalesce({} = ?, true)", area("t", &whom)), [Bind::Text(code.to_owned())]);
    }
    conditions
}
