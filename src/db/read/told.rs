//! What happened to a record and to those that belong to it: a metric and its figures, a commitment and its reports.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Date, Nullable, Text};

use super::{At, MOMENT, Moment, kinds_changed_in, moment};
use crate::db::Error;
use crate::db::pool::Database;
use crate::db::statement::{Bind, Statement};
use crate::model::kind::Kind;
use crate::model::kinds::{observation, report, target};

/// Records of one kind that belong to another record, newest ones, whose changes are looked for.
const MAX_RECORDS: usize = 2000;

/// One change; the first row has the moment even where there are none.
#[derive(QueryableByName)]
pub struct Row {
    #[diesel(embed)]
    pub moment: Moment,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub revision: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    pub kind: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub id: Option<String>,
    /// `upsert`, `withdraw` or `redact`.
    #[diesel(sql_type = Nullable<Text>)]
    pub op: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub change_kind: Option<String>,
    /// What the revision says of itself, human text as JSON.
    #[diesel(sql_type = Nullable<Text>)]
    pub message: Option<String>,
    /// Its day in the ledger's zone.
    #[diesel(sql_type = Nullable<Date>)]
    pub published_on: Option<NaiveDate>,
    /// The record as it is from then on, or what its withdrawal says; none once redacted.
    #[diesel(sql_type = Nullable<Text>)]
    pub body: Option<String>,
    /// What happened to it before, and the record as it was.
    #[diesel(sql_type = Nullable<Text>)]
    pub before_op: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub before: Option<String>,
    /// Records of its kind that are new in the revision: one stands for all.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub together: Option<i64>,
}

static OF_METRIC: [&Kind; 2] = [&observation::KIND, &target::KIND];
static OF_COMMITMENT: [&Kind; 3] = [&report::KIND, &observation::KIND, &target::KIND];

/// Kinds whose records belong to one of this kind, by the column that names it.
fn belonging(kind: &Kind) -> &'static [&'static Kind] {
    match kind.name {
        "metric" => &OF_METRIC,
        "commitment" => &OF_COMMITMENT,
        _ => &[],
    }
}

/// Changes, newest first, at most `rows`.
pub async fn read(
    database: &Database,
    kind: &'static Kind,
    id: &str,
    rows: i64,
    at: At,
    now: DateTime<Utc>,
) -> Result<Vec<Row>, Error> {
    database.rows(statement(kind, id, rows, at, now)).await
}

/// The one statement.
pub fn statement(kind: &'static Kind, id: &str, rows: i64, at: At, now: DateTime<Utc>) -> Statement {
    let id = || Bind::Text(id.to_owned());
    let kinds: Vec<&'static Kind> = [kind].into_iter().chain(belonging(kind).iter().copied()).collect();
    let mut statement = moment(at, now, kinds_changed_in(kinds.iter().map(|kind| kind.name)));
    statement.push(
        &format!(
            "SELECT {MOMENT}, page.* FROM at LEFT JOIN LATERAL (SELECT * FROM (SELECT c.revision, c.seq, c.kind, c.id, c.op, c.change_kind, r.message, \
             (r.published_at AT TIME ZONE at.time_zone)::date AS published_on, {} AS body, p.op AS before_op, {} AS before, \
             count(*) OVER alike AS together, row_number() OVER (alike ORDER BY c.seq) AS position, \
             p.op IS NULL AND c.kind <> '{}' AS added \
             FROM (SELECT '{}' AS kind, ?::text AS id",
            body("c", &kinds),
            body("p", &kinds),
            kind.name,
            kind.name,
        ),
        [id()],
    );
    for other in belonging(kind) {
        statement.push(
            &format!(
                " UNION (SELECT '{}', t.id FROM {} t WHERE t.{} = ? AND t.revision_from <= at.n ORDER BY t.revision_from DESC LIMIT {MAX_RECORDS})",
                other.name, other.collection, kind.name
            ),
            [id()],
        );
    }
    statement.push(
        ") k JOIN changes c ON c.kind = k.kind AND c.id = k.id AND c.revision <= at.n \
         JOIN revisions r ON r.revision = c.revision \
         LEFT JOIN LATERAL (SELECT l.* FROM changes l WHERE l.kind = c.kind AND l.id = c.id AND l.revision < c.revision \
         ORDER BY l.revision DESC LIMIT 1) p ON true \
         WINDOW alike AS (PARTITION BY c.revision, c.kind, p.op IS NULL)) x \
         WHERE NOT x.added OR x.position = 1 ORDER BY x.revision DESC, x.seq LIMIT ?) page ON true",
        [Bind::BigInt(rows)],
    );
    statement
}

/// The body of a change: an upsert's stands with the record.
fn body(alias: &str, kinds: &[&Kind]) -> String {
    let each = kinds.iter().map(|kind| {
        format!(
            "WHEN '{}' THEN (SELECT t.body FROM {} t WHERE t.id = {alias}.id AND t.revision_from = {alias}.revision)",
            kind.name, kind.collection
        )
    });
    format!("coalesce({alias}.body, CASE {alias}.kind {} END)", each.collect::<Vec<_>>().join(" "))
}
