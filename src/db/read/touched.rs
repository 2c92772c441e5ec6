//! What revisions changed, for those who keep answers.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Date, Nullable, Text, Timestamptz};

use crate::db::Error;
use crate::db::pool::Database;
use crate::db::statement::{Bind, Statement};
use crate::model::kinds::KINDS;

/// Revisions that are told one by one.
pub const MOST_REVISIONS: i64 = 64;
/// Records that are told of one revision.
const MOST_RECORDS: i64 = 512;

/// Head, and one of the revisions up to it.
#[derive(QueryableByName)]
pub struct Row {
    #[diesel(sql_type = BigInt)]
    pub head: i64,
    #[diesel(sql_type = BigInt)]
    pub last_redaction: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub head_time: Option<DateTime<Utc>>,
    /// Its day in the ledger's zone.
    #[diesel(sql_type = Nullable<Date>)]
    pub head_on: Option<NaiveDate>,
    /// The newest revision that changed rows of each kind, in the order of [`KINDS`].
    #[diesel(sql_type = Array<BigInt>)]
    pub changed_in: Vec<i64>,
    /// Of the history that head belongs to, in hexadecimal.
    #[diesel(sql_type = Text)]
    pub digest: String,
    /// The digest of the revision known before, in this history.
    #[diesel(sql_type = Nullable<Text>)]
    pub known_digest: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub revision: Option<i64>,
    #[diesel(sql_type = Nullable<Array<Text>>)]
    pub kinds: Option<Vec<String>>,
    /// Its changes as `kind/id`; none where they are too many.
    #[diesel(sql_type = Nullable<Array<Text>>)]
    pub records: Option<Vec<String>>,
}

/// Head and the newest revisions after `known`, in order.
pub async fn read(database: &Database, known: i64) -> Result<Vec<Row>, Error> {
    let kinds = Bind::Texts(KINDS.iter().map(|kind| kind.name.to_owned()).collect());
    let sql = "SELECT h.revision AS head, h.last_redaction, h.published_at AS head_time, \
         (h.published_at AT TIME ZONE l.time_zone)::date AS head_on, \
         ARRAY(SELECT coalesce((SELECT max(k.revision) FROM kind_changes k WHERE k.kind = n.kind), 0) FROM unnest(?) WITH ORDINALITY n (kind, place) \
         ORDER BY n.place) AS changed_in, encode(h.digest, 'hex') AS digest, \
         (SELECT encode(k.digest, 'hex') FROM revisions k WHERE k.revision = ?) AS known_digest, r.revision, \
         ARRAY(SELECT k.kind FROM unnest(?) n (kind) JOIN kind_changes k ON k.kind = n.kind AND k.revision = r.revision) AS kinds, \
         CASE WHEN few.n <= ? THEN few.records END AS records \
         FROM head h CROSS JOIN ledger l LEFT JOIN revisions r ON r.revision > greatest(?, h.revision - ?) AND r.revision <= h.revision \
         LEFT JOIN LATERAL (SELECT count(*) AS n, array_agg(c.kind || '/' || c.id) AS records FROM \
         (SELECT c.kind, c.id FROM changes c WHERE c.revision = r.revision ORDER BY c.seq LIMIT ?) c) few ON true ORDER BY r.revision";
    let [known, revisions, records, limit] = [known, MOST_REVISIONS, MOST_RECORDS, MOST_RECORDS + 1].map(Bind::BigInt);
    let binds = [kinds.clone(), known.clone(), kinds, records, known, revisions, limit];
    let statement = Statement::of(sql, binds);
    // Not behind the requests that wait for a connection: those who are told sooner ask for less.
    if let Some(rows) = database.quick_rows(&statement).await
        && let Ok(rows) = rows.iter().map(Row::of).collect()
    {
        return Ok(rows);
    }
    database.rows(statement).await
}

impl Row {
    fn of(row: &tokio_postgres::Row) -> Result<Row, tokio_postgres::Error> {
        Ok(Row {
            head: row.try_get("head")?,
            last_redaction: row.try_get("last_redaction")?,
            head_time: row.try_get("head_time")?,
            head_on: row.try_get("head_on")?,
            changed_in: row.try_get("changed_in")?,
            digest: row.try_get("digest")?,
            known_digest: row.try_get("known_digest")?,
            revision: row.try_get("revision")?,
            kinds: row.try_get("kinds")?,
            records: row.try_get("records")?,
        })
    }
}
