//! Writing a plan as one revision. The order matters to the guards: revision, head, then rows. Rows are sent as an
//! array a column, which PostgreSQL takes apart in a fraction of the time it would take for JSON.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::future::join_all;
use serde_json::Value;

use super::digest::{self, Hash};
use super::plan::Plan;
use super::state::Head;
use crate::db::statement::{Bind, Statement};
use crate::db::{Error, OPEN};
use crate::model::codes::RevisionKind;
use crate::model::kind::{Kind, Reference};
use crate::model::kinds::KINDS;

/// Channel that is notified once for each revision, with its number.
pub const CHANNEL: &str = "open_commitments_revision";

/// A revision about to be written.
pub struct Draft<'a> {
    pub kind: RevisionKind,
    pub publisher: &'a str,
    pub message: &'a str,
    pub published_at: DateTime<Utc>,
}

/// A revision's row.
pub struct RevisionRow<'a> {
    pub revision: i64,
    pub kind: &'a str,
    pub publisher: &'a str,
    pub message: &'a str,
    pub message_salt: &'a [u8],
    pub message_digest: &'a [u8],
    pub published_at: DateTime<Utc>,
    pub digest: &'a [u8],
    pub change_count: i64,
}

/// One change, in the order the digest counts.
pub struct Change<'a> {
    pub kind: &'static Kind,
    pub id: &'a str,
    pub op: &'a str,
    pub change_kind: RevisionKind,
    /// None where a copy got the change without its content.
    pub salt: Option<[u8; 16]>,
    pub record_digest: Hash,
    /// What was hashed, where no record table has it.
    pub body: Option<&'a str>,
    pub redacted_in: Option<i64>,
}

impl Change<'_> {
    /// What the digest covers of it.
    pub fn line(&self, seq: i64) -> digest::Line<'_> {
        digest::Line {
            seq,
            kind: self.kind.name,
            id: self.id,
            op: self.op,
            change_kind: self.change_kind.code(),
            record_digest: &self.record_digest,
        }
    }
}

/// What a plan is written as, with its digests.
pub fn revision(at: &Head, draft: &Draft<'_>, plan: &Plan) -> Result<Appended, Error> {
    let random = |error| Error::Unavailable(format!("no random numbers: {error}"));
    let changes = changes_of(plan).map_err(random)?;
    let message_salt = digest::salt().map_err(random)?;
    let message_digest = digest::salted(&message_salt, draft.message);
    let header = digest::Header {
        previous: &at.digest,
        revision: at.revision + 1,
        kind: draft.kind.code(),
        publisher: draft.publisher,
        published_at: draft.published_at,
        message_digest: &message_digest,
    };
    let digest = digest::revision(&header, changes.iter().zip(1..).map(|(change, seq)| change.line(seq)));
    let row = RevisionRow {
        revision: header.revision,
        kind: header.kind,
        publisher: draft.publisher,
        message: draft.message,
        message_salt: &message_salt,
        message_digest: &message_digest,
        published_at: draft.published_at,
        digest: &digest,
        change_count: i64::try_from(changes.len()).unwrap_or(i64::MAX),
    };
    Ok(append(at, &row, &changes))
}

/// A revision about to be appended: the new head, and how it is written.
pub struct Appended {
    pub head: Head,
    pub statements: Vec<Statement>,
    /// Rows that the statement at [`CHANGES`] writes.
    pub changes: usize,
}

/// Place among the statements of the one that writes the changes.
pub const CHANGES: usize = 2;

/// Writes revision and head, then its changes, all of whose digests are there.
pub fn append(at: &Head, row: &RevisionRow<'_>, changes: &[Change<'_>]) -> Appended {
    let (number, published_at) = (row.revision, row.published_at);
    let (bytes, instant) = (|bytes: &[u8]| Bind::Bytes(bytes.to_vec()), Bind::Instant(Some(published_at)));
    let revision = Statement::of(
        "INSERT INTO revisions (revision, kind, publisher, message, message_salt, message_digest, published_at, digest, change_count) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            Bind::BigInt(number),
            Bind::Text(row.kind.to_owned()),
            Bind::Text(row.publisher.to_owned()),
            Bind::Text(row.message.to_owned()),
            bytes(row.message_salt),
            bytes(row.message_digest),
            instant.clone(),
            bytes(row.digest),
            Bind::BigInt(row.change_count),
        ],
    );
    let head = Statement::of(
        "UPDATE head SET revision = ?, digest = ?, published_at = ?",
        [Bind::BigInt(number), bytes(row.digest), instant],
    );
    let statements = vec![revision, head, insert(number, changes), touch(number, changes)];
    let digest = row.digest.to_vec();
    let head = Head { revision: number, digest, published_at: Some(published_at), last_redaction: at.last_redaction };
    Appended { head, statements, changes: changes.len() }
}

/// By kind in the order of the kinds, then by id.
fn changes_of(plan: &Plan) -> Result<Vec<Change<'_>>, getrandom::Error> {
    let upserts = plan.upserts.iter().map(|upsert| {
        let draft = &upsert.draft;
        (draft.kind, draft.id.as_str(), "upsert", draft.change_kind, draft.body.as_str())
    });
    let withdrawals = plan.withdrawals.iter().map(|withdrawal| {
        (withdrawal.kind, withdrawal.id.as_str(), "withdraw", withdrawal.change_kind, withdrawal.body.as_str())
    });
    let mut changes = upserts
        .chain(withdrawals)
        .map(|(kind, id, op, change_kind, body)| {
            let salt = digest::salt()?;
            let kept = (op == "withdraw").then_some(body);
            let record_digest = digest::salted(&salt, body);
            Ok(Change { kind, id, op, change_kind, salt: Some(salt), record_digest, body: kept, redacted_in: None })
        })
        .collect::<Result<Vec<Change>, getrandom::Error>>()?;
    changes.sort_by_key(|change| (change.kind.rank(), change.id));
    Ok(changes)
}

fn insert(number: i64, list: &[Change<'_>]) -> Statement {
    let texts = |text: fn(&Change<'_>) -> String| Bind::Texts(list.iter().map(text).collect());
    let maybes = |text: fn(&Change<'_>) -> Option<String>| Bind::Maybes(list.iter().map(text).collect());
    Statement::of(
        "INSERT INTO changes (revision, seq, kind, id, op, change_kind, record_digest, salt, body, redacted_in) \
         SELECT ?, seq, kind, id, op, change_kind, decode(record_digest, 'hex'), decode(salt, 'hex'), body, redacted_in::bigint \
         FROM unnest(?, ?, ?, ?, ?, ?, ?, ?) WITH ORDINALITY \
         AS x(kind, id, op, change_kind, record_digest, salt, body, redacted_in, seq)",
        [
            Bind::BigInt(number),
            texts(|change| change.kind.name.to_owned()),
            texts(|change| change.id.to_owned()),
            texts(|change| change.op.to_owned()),
            texts(|change| change.change_kind.code().to_owned()),
            texts(|change| hex::encode(change.record_digest)),
            maybes(|change| change.salt.map(hex::encode)),
            maybes(|change| change.body.map(str::to_owned)),
            maybes(|change| change.redacted_in.map(|number| number.to_string())),
        ],
    )
}

/// What is derived counts as changed with what it is derived from, whether it turned or not: so a copy that never had
/// what was redacted since says the same.
fn touch(number: i64, list: &[Change<'_>]) -> Statement {
    let kinds: BTreeSet<&str> = list.iter().map(|change| change.kind.name).collect();
    Statement::of(
        "INSERT INTO kind_changes (kind, revision) SELECT DISTINCT b, ?::bigint FROM unnest(?) k CROSS JOIN LATERAL bears_on(k) b",
        [Bind::BigInt(number), Bind::Texts(kinds.into_iter().map(str::to_owned).collect())],
    )
}

/// Closes and opens the rows of the records that the plan changes.
pub fn records(number: i64, plan: &Plan) -> Vec<Statement> {
    let mut statements = Vec::new();
    // A commitment's row is derived from reports, so the reports are written before it.
    for kind in KINDS
        .into_iter()
        .filter(|kind| kind.derives.is_none())
        .chain(KINDS.into_iter().filter(|kind| kind.derives.is_some()))
    {
        let upserts: Vec<_> = plan.upserts.iter().filter(|upsert| upsert.draft.kind.name == kind.name).collect();
        let withdrawn = plan.withdrawals.iter().filter(|withdrawal| withdrawal.kind.name == kind.name);
        let closing: Vec<String> = upserts
            .iter()
            .filter(|upsert| upsert.before.is_some())
            .map(|upsert| upsert.draft.id.clone())
            .chain(withdrawn.map(|withdrawal| withdrawal.id.clone()))
            .collect();
        statements.extend(close(kind, number, closing));
        let rows: Vec<Value> = upserts.iter().map(|upsert| upsert.draft.row()).collect();
        statements.extend(open(kind, number, rows));
        let references = upserts.iter().map(|upsert| {
            let draft = &upsert.draft;
            (draft.id.as_str(), draft.value["publisher"].as_str().unwrap_or_default(), draft.references.as_slice())
        });
        statements.extend(refer(kind, number, references));
    }
    statements
}

/// Runs statements in this order without waiting for one before sending the next; how many rows each wrote.
pub async fn together(
    connection: &AsyncPgConnection,
    statements: impl IntoIterator<Item = Statement>,
) -> Result<Vec<usize>, Error> {
    let each = statements.into_iter().map(async |statement| {
        let mut shared = connection;
        statement.execute(&mut shared).await
    });
    // All are waited for: the connection is not left with answers that nobody takes.
    Ok(join_all(each).await.into_iter().collect::<Result<_, _>>()?)
}

/// Ends the open rows of these records, and their references, at a revision.
pub fn close(kind: &Kind, number: i64, ids: Vec<String>) -> Vec<Statement> {
    if ids.is_empty() {
        return Vec::new();
    }
    let sql = format!("UPDATE {} SET revision_to = ? WHERE id = ANY(?) AND revision_to = {OPEN}", kind.collection);
    let rows = Statement::of(&sql, [Bind::BigInt(number), Bind::Texts(ids.clone())]);
    let sql = format!(
        "UPDATE record_references SET revision_to = ? WHERE from_kind = ? AND from_id = ANY(?) AND revision_to = {OPEN}"
    );
    vec![rows, Statement::of(&sql, [Bind::BigInt(number), Bind::Text(kind.name.into()), Bind::Texts(ids)])]
}

/// Opens rows at a revision; `rows` are objects by column.
pub fn open(kind: &Kind, number: i64, rows: Vec<Value>) -> Option<Statement> {
    if rows.is_empty() {
        return None;
    }
    let names: Vec<&str> = ENVELOPE.into_iter().chain(kind.columns.iter().map(|(name, _)| *name)).collect();
    let arrays = names.iter().map(|name| Bind::Maybes(rows.iter().map(|row| text(row.get(*name))).collect()));
    let values: String = kind.columns.iter().map(|(name, sql_type)| format!(", x.{name}::{sql_type}")).collect();
    let (column, value, derived) = match kind.derives {
        None => (String::new(), String::new(), String::new()),
        Some((name, sql)) => {
            let value = sql.replace("{id}", "x.id").replace("{revision}", "at.n");
            let derived = format!(" || coalesce('\"{name}\":' || to_json({value})::text || ',', '')");
            (format!(", {name}"), format!(", {value}"), derived)
        }
    };
    let names = names.join(", ");
    let mut statement = Statement::of(
        &format!(
            "INSERT INTO {} ({names}, changed_in, revision_from{column}) \
             SELECT x.id, x.publisher, x.body, x.derived{derived}, x.search::tsvector{values}, at.n, at.n{value} \
             FROM (SELECT ?::bigint AS n) at, unnest(",
            kind.collection
        ),
        [Bind::BigInt(number)],
    );
    statement.list(arrays).sql(&format!(") AS x({names})"));
    Some(statement)
}

/// Columns of every kind that a row says.
const ENVELOPE: [&str; 5] = ["id", "publisher", "body", "derived", "search"];

/// A value as PostgreSQL reads it.
fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => {
            let quoted = |item: &Value| item.as_str().unwrap_or_default().replace('\\', "\\\\").replace('"', "\\\"");
            let items: Vec<String> = items.iter().map(|item| format!("\"{}\"", quoted(item))).collect();
            Some(format!("{{{}}}", items.join(",")))
        }
        other => Some(other.to_string()),
    }
}

/// Writes whom records name, their owner included.
pub fn refer<'a>(
    kind: &Kind,
    number: i64,
    records: impl Iterator<Item = (&'a str, &'a str, &'a [Reference])>,
) -> Option<Statement> {
    let mut columns: [Vec<String>; 4] = Default::default();
    let mut add =
        |row: [&str; 4]| columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value.to_owned()));
    for (id, publisher, references) in records {
        add([id, "publisher", "organization", publisher]);
        for reference in references {
            add([id, reference.member(), reference.kind, &reference.id]);
        }
    }
    if columns[0].is_empty() {
        return None;
    }
    let [ids, members, kinds, targets] = columns.map(Bind::Texts);
    Some(Statement::of(
        "INSERT INTO record_references (from_kind, from_id, member, to_kind, to_id, revision_from) \
         SELECT DISTINCT ?, from_id, member, to_kind, to_id, ?::bigint FROM unnest(?, ?, ?, ?) r(from_id, member, to_kind, to_id)",
        [Bind::Text(kind.name.into()), Bind::BigInt(number), ids, members, kinds, targets],
    ))
}

/// Wakes who waits for new revisions, at the commit.
pub fn notify(revision: i64) -> Statement {
    Statement::of("SELECT pg_notify(?, ?)", [Bind::Text(CHANNEL.into()), Bind::Text(revision.to_string())])
}
