//! Which records there are, for crawlers.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text, Timestamptz};

use super::{At, MOMENT, Moment, kinds_changed_in, moment, there};
use crate::db::Error;
use crate::db::pool::Database;
use crate::db::statement::{Bind, Statement};
use crate::model::kind::Kind;
use crate::model::kinds::KINDS;

/// Most addresses of one map, by the protocol of sitemaps.
pub const MAX_ADDRESSES: i64 = 50_000;

/// A record, or the first one of a page; the first row has the moment even where there are none.
#[derive(QueryableByName)]
pub struct Row {
    #[diesel(embed)]
    pub moment: Moment,
    /// Collection.
    #[diesel(sql_type = Nullable<Text>)]
    pub part: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub id: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub changed_at: Option<DateTime<Utc>>,
}

/// The first record of each page.
pub async fn index(database: &Database, at: At, now: DateTime<Utc>) -> Result<Vec<Row>, Error> {
    let mut statement = moment(at, now, kinds_changed_in(KINDS.iter().map(|kind| kind.name)));
    let firsts = KINDS.iter().map(|kind| {
        format!(
            "SELECT {} AS rank, '{}' AS part, n.id FROM (SELECT t.id, row_number() OVER (ORDER BY t.id) AS number FROM {} t WHERE {}) n \
             WHERE n.number % {MAX_ADDRESSES} = 1",
            kind.rank(),
            kind.collection,
            kind.collection,
            there("t")
        )
    });
    statement.sql(&format!(
        "SELECT {MOMENT}, page.part, page.id, NULL::timestamptz AS changed_at FROM at LEFT JOIN LATERAL ({}) page ON true \
         ORDER BY page.rank, page.id",
        firsts.collect::<Vec<_>>().join(" UNION ALL ")
    ));
    statement.slowly();
    database.rows(statement).await
}

/// The records of a page, from this one on.
pub async fn page(
    database: &Database,
    kind: &'static Kind,
    from: &str,
    at: At,
    now: DateTime<Utc>,
) -> Result<Vec<Row>, Error> {
    let mut statement = moment(at, now, kinds_changed_in([kind.name]));
    statement.push(
        &format!(
            "SELECT {MOMENT}, page.* FROM at LEFT JOIN LATERAL (SELECT '{collection}' AS part, t.id, \
             (SELECT r.published_at FROM revisions r WHERE r.revision = t.changed_in) AS changed_at FROM {collection} t \
             WHERE t.id >= ? AND {} ORDER BY t.id LIMIT {MAX_ADDRESSES}) page ON true",
            there("t"),
            collection = kind.collection,
        ),
        [Bind::Text(from.to_owned())],
    );
    statement.slowly();
    database.rows(statement).await
}

/// The moment alone.
pub async fn nothing(database: &Database, at: At, now: DateTime<Utc>) -> Result<Vec<Row>, Error> {
    let mut statement = moment(at, now, Statement::of("0::bigint", []));
    statement.sql(&format!("SELECT {MOMENT}, NULL AS part, NULL AS id, NULL::timestamptz AS changed_at FROM at"));
    database.rows(statement).await
}
