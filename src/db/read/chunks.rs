//! All records of a kind at one revision, a chunk at a time. Each chunk is one statement that comes as one row: a message
//! for each record would cost more than the records. What is much is read in ranges, several at a time: one process of
//! the database is slower than a file can be written.

mod range;

use std::collections::VecDeque;
use std::fmt::Write;

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz};

use range::{Bound, Range};

use super::list::{self, Page};
use super::{At, MOMENT, Moment, kinds_changed_in, moment};
use crate::db::Error;
use crate::db::pool::Database;
use crate::model::kind::{Filter, Kind};
use crate::model::kinds::KINDS;

/// Bytes of records in a chunk, about: what fits into the caches of a processor is read soonest.
const BYTES: i64 = 1 << 18;
/// Bytes of records in a chunk at most; a single larger record is a chunk of its own.
const MOST_BYTES: i64 = 1 << 23;
/// Records in the first chunk; later ones are of as many as the last one's bytes suggest.
const FIRST: i64 = 500;
const MOST: i64 = 20_000;
/// Records in a chunk at least, however long they take.
const FEWEST: i64 = 20;

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
    range: Range,
    /// Records to read next.
    rows: i64,
    /// Records that one statement reads in time.
    most: i64,
    /// Whether some records are so much larger than most that bytes are counted while they are read, which takes longer.
    uneven: bool,
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
    /// Rows that are not left out for their size.
    #[diesel(sql_type = BigInt)]
    whole: i64,
    #[diesel(sql_type = BigInt)]
    last_redaction: i64,
    /// Values of the sorts at the last record, as text.
    #[diesel(sql_type = Nullable<Array<Nullable<Text>>>)]
    keys: Option<Vec<Option<String>>>,
}

/// Where one range ends and the next begins: values of the sorts, as text.
#[derive(QueryableByName)]
struct Cut {
    #[diesel(sql_type = Array<Text>)]
    keys: Vec<String>,
    /// Records of a range, more than there are in most.
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

impl Parts {
    fn bytes(&self) -> i64 {
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        i64::try_from(length(&self.bodies) + length(&self.derived)).unwrap_or(MOST_BYTES)
    }

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
        let range = Range::all(kind, filters, revision);
        Chunks { database, range, rows: FIRST, most: MOST, uneven: false, over: false }
    }

    /// The same as ranges that can be read at the same time, each of about a chunk: as many as a sample of the table
    /// suggests, and one where there is little.
    pub async fn split(self) -> Result<VecDeque<Chunks>, Error> {
        let Some(cuts) = self.range.cuts() else { return Ok([self].into()) };
        let cuts: Vec<Cut> = self.database.rows(cuts).await?;
        let rows = cuts.first().map_or(self.rows, |cut| cut.rows.clamp(FIRST, MOST));
        let ranges = self.range.split(cuts.into_iter().map(|cut| cut.keys));
        let of =
            |range| Chunks { database: self.database.clone(), range, rows, most: MOST, uneven: false, over: false };
        Ok(ranges.into_iter().map(of).collect())
    }

    /// Whether there is surely nothing more.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// The next chunk; none after the last one.
    pub async fn next(&mut self) -> Result<Option<Chunk>, Error> {
        if self.over {
            return Ok(None);
        }
        let mut parts = self.read().await?;
        if parts.as_ref().is_some_and(|parts| parts.whole < parts.rows) {
            self.uneven = true;
            parts = self.read().await?;
        }
        let Some(parts) = parts.filter(|parts| parts.rows > 0) else {
            self.over = true;
            return Ok(None);
        };
        let bytes = parts.bytes();
        // No bound was met, so there is no more.
        self.over = parts.rows < self.rows && !(self.uneven && bytes >= BYTES);
        let keys = parts.keys.as_ref();
        self.range.after = keys.map(|keys| keys.iter().cloned().map(Option::unwrap_or_default).collect());
        self.rows = (BYTES * parts.rows / bytes.max(1) + 1).clamp(1, self.most);
        Ok(Some(Chunk { records: parts.records(), last_redaction: parts.last_redaction }))
    }

    async fn read(&mut self) -> Result<Option<Parts>, Error> {
        loop {
            let bound = if self.uneven { Bound::All(BYTES) } else { Bound::Each(MOST_BYTES / self.rows) };
            match self.database.rows(self.range.statement(self.rows, bound)).await {
                // A disk that nobody has read from lately is slow; what was read of it already is not read again.
                Err(Error::Timeout) if self.rows > FEWEST => {
                    self.most = (self.rows / 8).max(FEWEST);
                    self.rows = self.most;
                }
                found => return Ok(found?.into_iter().next()),
            }
        }
    }

    /// How many records there are, counted up to `most`.
    pub async fn count(&self, most: usize) -> Result<usize, Error> {
        #[derive(QueryableByName)]
        struct Count {
            #[diesel(sql_type = BigInt)]
            rows: i64,
        }
        let rows: Vec<Count> = self.database.rows(self.range.count(most)).await?;
        Ok(rows.first().and_then(|count| usize::try_from(count.rows).ok()).unwrap_or_default())
    }
}
