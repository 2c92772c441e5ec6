//! Reads. Each is one statement that joins the head row, so that an answer and the revision it is
//! labelled with are one snapshot.

pub mod changes;
pub mod chunks;
pub mod citation;
pub mod compare;
pub mod diff;
pub mod facts;
pub mod figure;
pub mod figures_of;
pub mod history;
pub mod key_figures;
pub mod list;
pub mod names;
pub mod programme;
pub mod record;
pub mod resting;
pub mod revisions;
pub mod search;
pub mod since;
pub mod sitemap;
pub mod summary;
pub mod told;
pub mod touched;
pub mod warnings;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Date, Nullable, Text, Timestamptz};

use super::statement::{Bind, Needs, Statement};

/// The revision a read is evaluated at, as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum At {
    Head,
    /// Head of a server that has this revision.
    HeadWith(i64),
    Revision(i64),
    /// The newest revision at this time.
    Instant(DateTime<Utc>),
    /// The newest revision at the end of this day in the ledger's zone, or now if it is today.
    Day(NaiveDate),
}

/// The revision a read was evaluated at, as it turned out; first columns of every read.
#[derive(QueryableByName, Clone, Debug)]
pub struct Moment {
    #[diesel(sql_type = BigInt)]
    pub head: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub head_time: Option<DateTime<Utc>>,
    /// Its day in the ledger's zone.
    #[diesel(sql_type = Nullable<Date>)]
    pub head_on: Option<NaiveDate>,
    /// The revision.
    #[diesel(sql_type = BigInt)]
    pub n: i64,
    /// Its digest in hexadecimal; none if there is no such revision.
    #[diesel(sql_type = Nullable<Text>)]
    pub n_digest: Option<String>,
    /// The instant asked for, where one was.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub as_of: Option<DateTime<Utc>>,
    #[diesel(sql_type = BigInt)]
    pub last_redaction: i64,
    /// The newest revision up to `n` that changed what the answer rests on, and its digest.
    #[diesel(sql_type = BigInt)]
    pub changed_in: i64,
    #[diesel(sql_type = Text)]
    pub digest: String,
}

/// Columns of [`Moment`], from `at`.
pub const MOMENT: &str =
    "at.head, at.head_time, at.head_on, at.n, at.n_digest, at.as_of, at.last_redaction, at.changed_in, at.digest";

/// What every read begins with: `at`, the head joined to the revision asked for. Materialized, so
/// that it is worked out once and not for each row. `changed_in` is SQL over `b`, the same without it.
pub fn moment(at: At, now: DateTime<Utc>, changed_in: Statement) -> Statement {
    const HEAD: &str = "WITH b AS MATERIALIZED (SELECT h.revision AS head, h.published_at AS head_time, \
         (h.published_at AT TIME ZONE l.time_zone)::date AS head_on, h.last_redaction, h.digest AS head_digest, l.uuid AS ledger, l.time_zone, ";
    const AS_OF: &str = "CASE WHEN h.published_at IS NULL OR t.as_of >= h.published_at THEN h.revision \
         ELSE coalesce((SELECT r.revision FROM revisions r WHERE r.published_at <= t.as_of \
         ORDER BY r.published_at DESC LIMIT 1), 0) END AS n, t.as_of FROM head h CROSS JOIN ledger l CROSS JOIN LATERAL ";
    let mut statement = Statement::of(HEAD, []);
    statement.read_where(needs(at));
    match at {
        At::Head | At::HeadWith(_) => {
            statement.sql("h.revision AS n, NULL::timestamptz AS as_of FROM head h CROSS JOIN ledger l")
        }
        At::Revision(n) => statement
            .push("?::bigint AS n, NULL::timestamptz AS as_of FROM head h CROSS JOIN ledger l", [Bind::BigInt(n)]),
        At::Instant(time) => {
            statement.sql(AS_OF).push("(SELECT ?::timestamptz AS as_of) t", [Bind::Instant(Some(time))])
        }
        At::Day(day) => statement.sql(AS_OF).push(
            "(SELECT CASE WHEN d.day = (d.now AT TIME ZONE l.time_zone)::date THEN d.now \
             ELSE ((d.day + 1)::timestamp AT TIME ZONE l.time_zone) - interval '1 microsecond' END AS as_of \
             FROM (SELECT ?::date AS day, ?::timestamptz AS now) d) t",
            [Bind::Text(day.to_string()), Bind::Instant(Some(now))],
        ),
    };
    // LIMIT tells the planner, too, that there is one head and one ledger.
    statement.sql(" LIMIT 1), c AS MATERIALIZED (SELECT b.*, ").append(changed_in).sql(
        " AS changed_in FROM b), at AS MATERIALIZED (SELECT c.*, encode(CASE WHEN c.n = c.head THEN c.head_digest \
         ELSE (SELECT digest FROM revisions WHERE revision = c.n) END, 'hex') AS n_digest, \
         encode(CASE WHEN c.changed_in = c.head THEN c.head_digest \
         WHEN c.changed_in = 0 THEN sha256(convert_to(c.ledger::text, 'UTF8')) \
         ELSE coalesce((SELECT digest FROM revisions WHERE revision = c.changed_in), '') END, 'hex') AS digest FROM c) ",
    );
    statement
}

/// What a read at this moment takes of the server that answers it.
fn needs(at: At) -> Needs {
    let any = Needs::default();
    match at {
        At::Head => any,
        At::HeadWith(revision) => Needs { revision, awaited: revision, ..any },
        At::Revision(revision) => Needs { revision, ..any },
        At::Instant(time) => Needs { time: Some(time), ..any },
        // Two days later it is over in every zone.
        At::Day(day) => {
            let over = day.checked_add_days(Days::new(2)).unwrap_or(NaiveDate::MAX);
            Needs { time: Some(over.and_time(NaiveTime::MIN).and_utc()), ..any }
        }
    }
}

/// SQL over `b`: the newest revision up to `b.n` that changed rows of one of these kinds.
pub fn kinds_changed_in(kinds: impl IntoIterator<Item = &'static str>) -> Statement {
    let mut kinds: Vec<&str> = kinds.into_iter().collect();
    kinds.sort_unstable();
    kinds.dedup();
    let each: Vec<String> = kinds.iter().map(|kind| format!(", {}", kind_changed_in(kind))).collect();
    Statement::of(&format!("greatest(0{})", each.concat()), [])
}

fn kind_changed_in(kind: &str) -> String {
    format!("(SELECT max(k.revision) FROM kind_changes k WHERE k.kind = '{kind}' AND k.revision <= b.n)")
}

/// A record as it is served: the same as the function of that name in the database.
pub fn served(changed_in: i64, derived: &str, body: &str) -> String {
    let mut served = String::with_capacity(body.len() + derived.len() + 40);
    served.push_str("{\"changed_in\":");
    served.push_str(itoa::Buffer::new().format(changed_in));
    served.push(',');
    served.push_str(derived);
    served.push_str(body.strip_prefix('{').unwrap_or_default());
    served
}

/// The condition that row `alias` is there at `at.n`.
pub fn there(alias: &str) -> String {
    format!("{alias}.revision_from <= at.n AND {alias}.revision_to > at.n")
}
