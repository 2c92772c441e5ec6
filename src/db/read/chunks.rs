//! All records of a kind at one revision, a chunk at a time. Each chunk is one statement, as large as fits
//! into a bounded memory, and comes as one row: a message for each record would cost more than the records.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz};

use super::list::{self, Page, condition, seek};
use super::{At, MOMENT, Moment, kinds_changed_in, moment, there};
use crate::db::Error;
use crate::db::pool::Database;
use crate::db::statement::{Bind, Statement};
use crate::model::kind::{BY_ID, Filter, Kind, Sort};
use crate::model::kinds::KINDS;

/// Bytes of bodies in a chunk; a single larger body is a chunk of its own.
const BYTES: i64 = 1 << 20;
/// Records in the first chunk; later ones are of as many as the last one's bytes suggest.
const FIRST: i64 = 500;
const MOST: i64 = 20_000;

/// What files rest on.
#[derive(QueryableByName, Clone, Debug)]
pub struct Basis {
    #[diesel(embed)]
    pub moment: Moment,
    /// When the newest revision that changed it was published.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub published_at: Option<DateTime<Utc>>,
}

/// Filters with their values.
pub type Filters = [(&'static Filter, Vec<String>)];

/// The revision that records of a kind are read at, or records of all kinds.
pub async fn basis(
    database: &Database,
    of: Option<(&'static Kind, &Filters)>,
    at: At,
    now: DateTime<Utc>,
) -> Result<Option<Basis>, Error> {
    let changed_in = match of {
        Some((kind, filters)) => {
            list::changed_in(&Page { kind, filters, sorts: &[], includes: &[], after: None, rows: 0, count: false })
        }
        None => kinds_changed_in(KINDS.into_iter().map(|kind| kind.name)),
    };
    let mut statement = moment(at, now, changed_in);
    statement.sql(&format!(
        "SELECT {MOMENT}, (SELECT r.published_at FROM revisions r WHERE r.revision = at.changed_in) AS published_at FROM at"
    ));
    Ok(database.rows(statement).await?.into_iter().next())
}

/// A cursor over records.
pub struct Chunks {
    database: Database,
    kind: &'static Kind,
    filters: Vec<(&'static Filter, Vec<String>)>,
    sorts: Vec<(&'static Sort, bool)>,
    revision: i64,
    after: Option<Vec<String>>,
    rows: i64,
    over: bool,
}

/// Some records.
pub struct Chunk {
    /// As they are served, one a line.
    pub records: String,
    /// The newest redaction when they were read.
    pub last_redaction: i64,
}

/// The same as it is read: what records are made of, each a line, which JSON has none of in it.
#[derive(QueryableByName)]
struct Parts {
    #[diesel(sql_type = Nullable<Text>)]
    bodies: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    derived: Option<String>,
    #[diesel(sql_type = Nullable<Array<BigInt>>)]
    changed_in: Option<Vec<i64>>,
    #[diesel(sql_type = BigInt)]
    rows: i64,
    #[diesel(sql_type = BigInt)]
    last_redaction: i64,
    /// Values of the sorts at the last record, as text.
    #[diesel(sql_type = Nullable<Array<Nullable<Text>>>)]
    keys: Option<Vec<Option<String>>>,
}

impl Parts {
    /// Does what `served` does in SQL, where it would take longer than all the rest of the statement.
    fn records(&self) -> String {
        let (bodies, derived) =
            (self.bodies.as_deref().unwrap_or_default(), self.derived.as_deref().unwrap_or_default());
        let changed_in = self.changed_in.as_deref().unwrap_or_default();
        let mut records = String::with_capacity(bodies.len() + derived.len() + changed_in.len() * 40);
        for ((body, derived), changed_in) in bodies.split('\n').zip(derived.split('\n')).zip(changed_in) {
            if !records.is_empty() {
                records.push('\n');
            }
            // Writing to a String does not fail.
            let _ = write!(records, "{{\"changed_in\":{changed_in},{derived}");
            records.push_str(body.strip_prefix('{').unwrap_or(body));
        }
        records
    }
}

impl Chunks {
    /// In the order of the kind's lists, which its indexes serve.
    pub fn new(
        database: Database,
        kind: &'static Kind,
        filters: Vec<(&'static Filter, Vec<String>)>,
        revision: i64,
    ) -> Chunks {
        let mut sorts: Vec<(&'static Sort, bool)> = kind
            .default_sort
            .split(',')
            .filter_map(|name| Some((kind.sort(name.trim_start_matches('-'))?, name.starts_with('-'))))
            .collect();
        if !sorts.iter().any(|(sort, _)| sort.name == BY_ID.name) {
            let descends = sorts.first().is_some_and(|(_, descends)| *descends);
            sorts.push((&BY_ID, descends));
        }
        Chunks { database, kind, filters, sorts, revision, after: None, rows: FIRST, over: false }
    }

    /// The next chunk; none after the last one.
    pub async fn next(&mut self) -> Result<Option<Chunk>, Error> {
        if self.over {
            return Ok(None);
        }
        let parts: Option<Parts> = self.database.rows(self.statement()).await?.into_iter().next();
        let Some(parts) = parts.filter(|parts| parts.rows > 0) else {
            self.over = true;
            return Ok(None);
        };
        let bytes = parts.bodies.as_ref().map_or(0, |bodies| i64::try_from(bodies.len()).unwrap_or(BYTES));
        // Neither bound was met, so there is no more.
        self.over = parts.rows < self.rows && bytes < BYTES;
        self.after = parts.keys.as_ref().map(|keys| keys.iter().cloned().map(Option::unwrap_or_default).collect());
        self.rows = (BYTES * parts.rows / bytes.max(1) + 1).clamp(1, MOST);
        Ok(Some(Chunk { records: parts.records(), last_redaction: parts.last_redaction }))
    }

    /// How many records there are, counted up to `most`.
    pub async fn count(&self, most: usize) -> Result<usize, Error> {
        #[derive(QueryableByName)]
        struct Count {
            #[diesel(sql_type = BigInt)]
            rows: i64,
        }
        let mut statement = Statement::of("SELECT count(*) AS rows FROM (SELECT 1 FROM ", []);
        statement.append(self.from());
        statement.push(" LIMIT ?) found", [Bind::BigInt(i64::try_from(most).unwrap_or(i64::MAX))]);
        let rows: Vec<Count> = self.database.rows(statement).await?;
        Ok(rows.first().and_then(|count| usize::try_from(count.rows).ok()).unwrap_or_default())
    }

    fn from(&self) -> Statement {
        let table = self.kind.collection;
        let mut from = Statement::of(
            &format!("(SELECT ?::bigint AS n) at, {table} t WHERE {}", there("t")),
            [Bind::BigInt(self.revision)],
        );
        from.read_with(self.revision);
        for (filter, values) in &self.filters {
            from.sql(" AND ").append(condition(filter, values));
        }
        from
    }

    fn statement(&self) -> Statement {
        let sorts = || self.sorts.iter().enumerate();
        let keys: Vec<String> = sorts().map(|(index, (sort, _))| format!("{} AS k{index}", sort.expression)).collect();
        let order: Vec<String> = self
            .sorts
            .iter()
            .map(|(sort, descends)| format!("{}{}", sort.expression, if *descends { " DESC" } else { "" }))
            .collect();
        let order = order.join(", ");
        let last: Vec<String> =
            sorts().map(|(index, _)| format!("((array_agg(p.k{index}))[count(*)])::text")).collect();
        let mut statement = Statement::of(
            &format!(
                "SELECT string_agg(p.body, E'\\n') AS bodies, string_agg(p.derived, E'\\n') AS derived, \
                 array_agg(p.changed_in) AS changed_in, count(*) AS rows, ARRAY[{}] AS keys, \
                 (SELECT last_redaction FROM head) AS last_redaction FROM \
                 (SELECT t.changed_in, t.derived, t.body, {}, \
                 sum(octet_length(t.body)) OVER (ORDER BY {order} ROWS UNBOUNDED PRECEDING) AS bytes FROM ",
                last.join(", "),
                keys.join(", ")
            ),
            [],
        );
        statement.append(self.from());
        if let Some(after) = &self.after {
            statement.sql(" AND ").append(seek(&self.sorts, after));
        }
        statement.push(
            &format!(" ORDER BY {order} LIMIT ?) p WHERE p.bytes - octet_length(p.body) < ?"),
            [Bind::BigInt(self.rows), Bind::BigInt(BYTES)],
        );
        statement
    }
}
