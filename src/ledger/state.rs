//! What a publication is planned against: the part of the ledger it touches, read under the head lock.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Bytea, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::digest;
use crate::db::statement::{Bind, Statement};
use crate::db::{Error, OPEN, schema};
use crate::model::kind::Kind;
use crate::model::kinds::KINDS;

/// A record: kind and id.
pub type Key = (&'static str, String);

/// The newest revision.
#[derive(Clone, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = schema::head)]
pub struct Head {
    pub revision: i64,
    pub digest: Vec<u8>,
    pub published_at: Option<DateTime<Utc>>,
    pub last_redaction: i64,
}

impl Head {
    /// Locks the head until the end of the transaction.
    pub async fn lock(mut connection: &AsyncPgConnection) -> Result<Head, Error> {
        let sql = "SELECT revision, digest, published_at, last_redaction FROM head FOR UPDATE";
        Ok(Statement::of(sql, []).get_result(&mut connection).await?)
    }
}

/// What the ledger knows of a record.
#[derive(Debug)]
pub struct History {
    /// Organization that created it, its owner for good.
    pub owner: String,
    pub last: Last,
    /// Revision of that.
    pub changed_in: i64,
    /// Salt and digest of every version that was not redacted.
    versions: Vec<(Vec<u8>, Vec<u8>)>,
}

/// What last happened to a record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Last {
    Upserted,
    Withdrawn,
    Redacted,
}

impl History {
    /// Whether this body was ever a version of the record.
    pub fn held(&self, body: &str) -> bool {
        self.versions.iter().any(|(salt, known)| digest::salted(salt, body) == **known)
    }
}

#[derive(QueryableByName)]
struct ChangeRow {
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    op: String,
    #[diesel(sql_type = Text)]
    publisher: String,
    #[diesel(sql_type = Nullable<Bytea>)]
    salt: Option<Vec<u8>>,
    #[diesel(sql_type = Bytea)]
    record_digest: Vec<u8>,
}

/// Splits keys into the two arrays that `unnest` joins.
fn arrays<'a>(keys: impl IntoIterator<Item = &'a Key>) -> [Bind; 2] {
    let (kinds, ids) = keys.into_iter().map(|(kind, id)| (kind.to_string(), id.clone())).unzip();
    [Bind::Texts(kinds), Bind::Texts(ids)]
}

fn kind_name(name: &str) -> Option<&'static str> {
    KINDS.into_iter().map(|kind| kind.name).find(|known| *known == name)
}

/// The histories of these records; none for those that never were.
pub async fn histories(
    mut connection: &AsyncPgConnection,
    keys: &BTreeSet<Key>,
) -> Result<HashMap<Key, History>, Error> {
    let statement = Statement::of(
        "SELECT c.revision, c.kind, c.id, c.op, r.publisher, c.salt, c.record_digest FROM unnest(?, ?) k(kind, id) \
         JOIN changes c USING (kind, id) JOIN revisions r USING (revision) ORDER BY c.kind, c.id, c.revision",
        arrays(keys),
    );
    let rows: Vec<ChangeRow> = statement.get_results(&mut connection).await?;
    let mut histories: HashMap<Key, History> = HashMap::new();
    for row in rows {
        let Some(kind) = kind_name(&row.kind) else { continue };
        let history = histories.entry((kind, row.id)).or_insert_with(|| History {
            owner: row.publisher,
            last: Last::Upserted,
            changed_in: row.revision,
            versions: Vec::new(),
        });
        history.changed_in = row.revision;
        history.last = match row.op.as_str() {
            "upsert" => Last::Upserted,
            "withdraw" => Last::Withdrawn,
            _ => Last::Redacted,
        };
        if let (Last::Upserted, Some(salt)) = (history.last, row.salt) {
            history.versions.push((salt, row.record_digest));
        }
    }
    Ok(histories)
}

#[derive(QueryableByName)]
struct BodyRow {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    body: String,
}

/// The open bodies of records of one kind, by id.
pub async fn bodies(
    mut connection: &AsyncPgConnection,
    kind: &Kind,
    ids: Vec<String>,
) -> Result<HashMap<String, String>, Error> {
    let sql = format!(
        "SELECT t.id, t.body FROM unnest(?) k(id) CROSS JOIN LATERAL (SELECT t.id, t.body FROM {} t \
         WHERE t.id = k.id AND t.revision_to = {OPEN} OFFSET 0) t",
        kind.collection
    );
    let rows: Vec<BodyRow> = Statement::of(&sql, [Bind::Texts(ids)]).get_results(&mut connection).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.body)).collect())
}

/// A record that names another, at head.
#[derive(QueryableByName, Debug)]
pub struct ReferenceRow {
    #[diesel(sql_type = Text)]
    pub from_kind: String,
    #[diesel(sql_type = Text)]
    pub from_id: String,
    #[diesel(sql_type = Text)]
    pub to_kind: String,
    #[diesel(sql_type = Text)]
    pub to_id: String,
}

/// Who names these records at head, computed observations aside: they go with what they rest on.
pub async fn dependents(connection: &mut AsyncPgConnection, keys: &BTreeSet<Key>) -> Result<Vec<ReferenceRow>, Error> {
    references(connection, keys, "r.to_kind = k.kind AND r.to_id = k.id AND strpos(r.from_id, '~') = 0").await
}

/// Whom these records name at head.
pub async fn named_by(
    connection: &mut AsyncPgConnection,
    keys: &BTreeSet<Key>,
) -> Result<BTreeMap<Key, BTreeSet<Key>>, Error> {
    let rows = references(connection, keys, "r.from_kind = k.kind AND r.from_id = k.id").await?;
    let mut named: BTreeMap<Key, BTreeSet<Key>> = BTreeMap::new();
    for row in rows {
        if let (Some(from), Some(to)) = (kind_name(&row.from_kind), kind_name(&row.to_kind)) {
            named.entry((from, row.from_id)).or_default().insert((to, row.to_id));
        }
    }
    Ok(named)
}

async fn references(
    connection: &mut AsyncPgConnection,
    keys: &BTreeSet<Key>,
    condition: &str,
) -> Result<Vec<ReferenceRow>, Error> {
    let sql = format!(
        "SELECT DISTINCT r.from_kind, r.from_id, r.to_kind, r.to_id FROM unnest(?, ?) k(kind, id) \
         JOIN record_references r ON {condition} WHERE r.revision_to = {OPEN} \
         ORDER BY r.from_kind, r.from_id"
    );
    Ok(Statement::of(&sql, arrays(keys)).get_results(connection).await?)
}

/// What the ledger knows of a metric at head.
#[derive(QueryableByName)]
pub struct MetricRow {
    #[diesel(sql_type = Text)]
    pub id: String,
    #[diesel(sql_type = Text)]
    pub time_basis: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub ratio_numerator: Option<String>,
    /// Whether there are published observations of it.
    #[diesel(sql_type = Bool)]
    pub observed: bool,
    /// Whether a ratio is made of it.
    #[diesel(sql_type = Bool)]
    pub in_ratio: bool,
}

pub async fn metrics(mut connection: &AsyncPgConnection, ids: Vec<String>) -> Result<Vec<MetricRow>, Error> {
    let sql = format!(
        "SELECT id, time_basis, ratio_numerator, EXISTS (SELECT FROM observations o \
         WHERE o.metric = m.id AND o.revision_to = {OPEN} AND NOT o.computed) AS observed, \
         EXISTS (SELECT FROM metrics r WHERE r.ratio_numerator = m.id AND r.revision_to = {OPEN}) \
         OR EXISTS (SELECT FROM metrics r WHERE r.ratio_denominator = m.id AND r.revision_to = {OPEN}) AS in_ratio \
         FROM metrics m WHERE id = ANY(?) AND revision_to = {OPEN}"
    );
    Ok(Statement::of(&sql, [Bind::Texts(ids)]).get_results(&mut connection).await?)
}

/// What makes a published figure at head one of its kind.
#[derive(QueryableByName)]
pub struct FigureRow {
    #[diesel(sql_type = Text)]
    pub id: String,
    #[diesel(sql_type = Text)]
    pub metric: String,
    #[diesel(sql_type = Text)]
    pub body: String,
}

/// Members that identify a figure, beside its time basis, with what they are taken for where a record does not say.
pub const IDENTIFYING: [(&str, &str); 7] = [
    ("metric", ""),
    ("period", ""),
    ("role", "actual"),
    ("subject", ""),
    ("division_code", ""),
    ("scope", ""),
    ("reported_by", ""),
];

/// Published figures that are identified like one of these, by the members in [`IDENTIFYING`] each, and all of some metrics.
pub async fn figures(
    mut connection: &AsyncPgConnection,
    alike: [Vec<String>; IDENTIFYING.len()],
    metrics: Vec<String>,
) -> Result<Vec<FigureRow>, Error> {
    let names = IDENTIFYING.map(|(name, _)| name).join(", ");
    let same = IDENTIFYING.map(|(name, default)| match default {
        "" if !["metric", "period"].contains(&name) => format!("coalesce(o.{name}, '') = k.{name}"),
        _ => format!("o.{name} = k.{name}"),
    });
    let figure = format!(
        "SELECT o.id, o.metric, o.body FROM observations o WHERE o.revision_to = {OPEN} AND NOT o.computed AND"
    );
    // Each leads to its figures; OFFSET 0 keeps that order.
    let mut statement = Statement::of("SELECT o.* FROM (SELECT DISTINCT * FROM unnest(", []);
    statement
        .list(alike.map(Bind::Texts))
        .sql(&format!(") k({names})) k CROSS JOIN LATERAL ({figure} {} OFFSET 0) o", same.join(" AND ")));
    if !metrics.is_empty() {
        statement.push(&format!(" UNION {figure} o.metric = ANY(?)"), [Bind::Texts(metrics)]);
    }
    Ok(statement.get_results(&mut connection).await?)
}
