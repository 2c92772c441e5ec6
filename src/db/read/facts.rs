//! What there is at a revision, for those who describe the ledger: how much, how new, of where and when.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::Text;

use super::{At, MOMENT, Moment, moment, there};
use crate::db::Error;
use crate::db::pool::Database;
use crate::db::statement::{Bind, Statement};
use crate::model::kinds::KINDS;

/// Programmes that are described one by one, newest year first.
pub const MAX_PROGRAMMES: usize = 1000;
/// Divisions that are named.
pub const MAX_DIVISIONS: usize = 1000;

#[derive(QueryableByName)]
pub struct Row {
    #[diesel(embed)]
    pub moment: Moment,
    /// As [`crate::catalog::facts::Facts`] reads it.
    #[diesel(sql_type = Text)]
    pub body: String,
}

/// `publisher` is the organization that answers for the whole; the first publisher where it is empty.
pub async fn read(database: &Database, at: At, now: DateTime<Utc>, publisher: &str) -> Result<Option<Row>, Error> {
    let mut statement = moment(at, now, Statement::of("b.n", []));
    statement.sql(&format!(
        "SELECT {MOMENT}, (jsonb_build_object({}) || jsonb_build_object('publisher', (SELECT {AGENT} FROM organizations o \
         WHERE {} AND o.id = coalesce(nullif(",
        members(),
        there("o"),
    ));
    statement.push(
        "?, ''), (SELECT r.publisher FROM revisions r WHERE r.revision = 1)))))::text AS body FROM at",
        [Bind::Text(publisher.to_owned())],
    );
    statement.slowly();
    Ok(database.rows(statement).await?.into_iter().next())
}

/// An organization, as far as catalogues speak of it.
const AGENT: &str = "jsonb_build_object('id', o.id, 'name', o.body::jsonb->'name', 'level', o.level, \
     'division_code', o.division_code, 'uscc', o.uscc)";

/// Time of the revision that this SQL names.
fn time(revision: &str) -> String {
    format!("(SELECT r.published_at FROM revisions r WHERE r.revision = {revision})")
}

/// Its day in the ledger's time zone.
fn day(revision: &str) -> String {
    format!("(({} AT TIME ZONE at.time_zone)::date)", time(revision))
}

fn members() -> String {
    let kinds: Vec<String> = KINDS.iter().map(|kind| counted(kind.name, kind.collection)).collect();
    [
        ("ledger", "at.ledger::text".to_owned()),
        ("published_at", time("at.n")),
        ("first_published_at", time("least(at.n, 1)")),
        ("kinds", format!("jsonb_build_object({})", kinds.join(", "))),
        ("reported_on", newest("reports", "reported_on")),
        ("period_end", newest("observations", "period_end")),
        ("period_start", earliest()),
        ("years", years()),
        ("languages", languages()),
        ("divisions", divisions()),
        ("programmes", programmes()),
    ]
    .map(|(name, sql)| format!("'{name}', {sql}"))
    .join(", ")
}

/// How many records of a kind, and when they changed first and last.
fn counted(kind: &str, table: &str) -> String {
    format!(
        "'{kind}', (SELECT jsonb_build_object('count', (SELECT count(*) FROM {table} t WHERE {}), 'first', k.first, \
         'first_at', {}, 'first_on', {}, 'changed_in', coalesce(k.last, 0), 'changed_at', {}) FROM (SELECT min(revision) AS first, max(revision) AS last \
         FROM kind_changes WHERE kind = '{kind}' AND revision <= at.n) k)",
        there("t"),
        time("k.first"),
        day("k.first"),
        time("k.last"),
    )
}

/// The newest day in a column, by its index.
fn newest(table: &str, column: &str) -> String {
    format!(
        "(SELECT t.{column} FROM {table} t WHERE {} AND coalesce(t.{column}, '-infinity'::date) > '-infinity'::date \
         ORDER BY coalesce(t.{column}, '-infinity'::date) DESC LIMIT 1)",
        there("t"),
    )
}

/// The values that figures have in a column, as `d (value)`: found by skipping from one to the next in its index, so
/// that it costs as much as there are values and not as there are figures. The last one is NULL.
fn each(column: &str) -> String {
    let next = |above: &str| {
        format!(
            "(SELECT t.{column} FROM observations t WHERE {} AND t.{column} {above} ORDER BY t.{column} LIMIT 1)",
            there("t"),
        )
    };
    let (first, next) = (next("IS NOT NULL"), next("> d.value"));
    format!("WITH RECURSIVE d (value) AS (SELECT {first} UNION ALL SELECT {next} FROM d WHERE d.value IS NOT NULL)")
}

/// The first day of all periods. By their texts those of a metric run in the order of their years, and within a year
/// in that of their first days among whole years, months and days, among quarters, and among half-years. Those
/// without a known first day come before.
fn earliest() -> String {
    let first = |columns: &str, condition: &str| {
        format!(
            "(SELECT {columns} FROM observations t WHERE {} AND t.metric = d.value AND {condition} ORDER BY t.period LIMIT 1)",
            there("t")
        )
    };
    format!(
        "({} SELECT min(coalesce(t.period_start, t.period_end)) FROM d LEFT JOIN LATERAL {} y ON true \
         CROSS JOIN LATERAL (VALUES ('.', '0'), (y.year, y.year || '-Q'), (y.year || '-Q', y.year || '-R'), \
         (y.year || '-S', y.year || '-T')) s (first, beyond) CROSS JOIN LATERAL {} t)",
        each("metric"),
        first("left(t.period, 4) AS year", "t.period >= '0'"),
        first("t.period_start, t.period_end", "t.period >= s.first AND t.period < s.beyond"),
    )
}

fn years() -> String {
    format!(
        "(SELECT coalesce(jsonb_agg(y.year ORDER BY y.year), '[]') FROM (SELECT DISTINCT t.year FROM programmes t WHERE {}) y)",
        there("t"),
    )
}

/// Languages of the titles of programmes and the names of metrics and organizations: the tables that stay small.
fn languages() -> String {
    let of = |table: &str, member: &str| {
        format!("SELECT jsonb_object_keys(t.body::jsonb->'{member}') AS tag FROM {table} t WHERE {}", there("t"))
    };
    format!(
        "(SELECT coalesce(jsonb_agg(l.tag ORDER BY l.tag COLLATE \"C\"), '[]') FROM ({} UNION {} UNION {}) l)",
        of("programmes", "title"),
        of("metrics", "name"),
        of("organizations", "name"),
    )
}

/// Divisions of those who promise and of the figures.
fn divisions() -> String {
    format!(
        "({} SELECT coalesce(jsonb_agg(c.code ORDER BY c.code), '[]') FROM (SELECT f.code FROM ( \
         (SELECT value AS code FROM d WHERE value IS NOT NULL LIMIT {MAX_DIVISIONS}) \
         UNION SELECT o.division_code FROM programmes p JOIN organizations o ON o.id = p.organization AND {} \
         WHERE {} AND o.division_code IS NOT NULL) f ORDER BY f.code LIMIT {MAX_DIVISIONS}) c)",
        each("division_code"),
        there("o"),
        there("p"),
    )
}

/// Programmes with their publishers. `sequence` counts programmes in the order in which they were published
/// first, withdrawn and redacted ones too, so that it never changes. A redaction of a commitment takes away which
/// programme it was of, so that it changes all of them.
fn programmes() -> String {
    format!(
        "(SELECT coalesce(jsonb_agg(e.entry ORDER BY e.year DESC, e.id), '[]') FROM (SELECT p.id, p.year, jsonb_build_object(\
         'id', p.id, 'year', p.year, 'title', p.body::jsonb->'title', 'announced_on', p.announced_on, 'sequence', s.sequence, \
         'first', s.first, 'first_at', {}, 'first_on', {}, 'changed_in', h.changed_in, 'changed_at', {}, 'commitments', c.count, 'cadence', c.cadence, \
         'organization', coalesce((SELECT {AGENT} FROM organizations o WHERE o.id = p.organization AND {}), \
            jsonb_build_object('id', p.organization))) AS entry \
         FROM programmes p JOIN (SELECT f.id, f.first, row_number() OVER (ORDER BY f.first, f.id) AS sequence \
            FROM (SELECT id, min(revision) AS first FROM changes WHERE kind = 'programme' AND revision <= at.n GROUP BY id) f) s ON s.id = p.id \
         CROSS JOIN (SELECT (SELECT r.revision FROM revisions r WHERE r.kind = 'redaction' AND r.revision <= least(at.n, at.last_redaction) \
            AND EXISTS (SELECT FROM changes c WHERE c.revision = r.revision AND c.kind = 'commitment') \
            ORDER BY r.revision DESC LIMIT 1) AS revision) g \
         CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE {there}) AS count, \
            mode() WITHIN GROUP (ORDER BY c.cadence) FILTER (WHERE {there}) AS cadence, \
            max(c.revision_from) AS came, max(c.revision_to) FILTER (WHERE c.revision_to <= at.n) AS went \
            FROM commitments c WHERE c.programme = p.id AND c.revision_from <= at.n) c \
         CROSS JOIN LATERAL (SELECT greatest(p.revision_from, c.came, c.went, g.revision) AS changed_in) h \
         WHERE {} ORDER BY p.year DESC, p.id LIMIT {MAX_PROGRAMMES}) e)",
        time("s.first"),
        day("s.first"),
        time("h.changed_in"),
        there("o"),
        there("p"),
        there = there("c"),
    )
}
