//! Makes of a made-up revision what COPY takes: the chain of digests, and the rows of each table as text.

use serde_json::Value;
use std::fmt::Write;

use super::story::{Revision, Row};
use crate::ledger::digest;
use crate::model::draft::Draft;
use crate::model::kind::{Kind, Reference};
use crate::model::kinds::KINDS;

/// A revision as it is written.
pub struct Encoded {
    pub number: i64,
    pub kind: &'static str,
    pub publisher: String,
    /// Canonical JSON.
    pub message: String,
    pub message_salt: [u8; 16],
    pub message_digest: digest::Hash,
    pub published_at: String,
    pub digest: digest::Hash,
    pub count: i64,
    /// Rows of `changes`.
    pub changes: String,
    pub kinds: Vec<Records>,
}

/// What happens to records of one kind.
pub struct Records {
    pub kind: &'static Kind,
    /// Whether any of them changed, rather than what is derived of it.
    pub changed: bool,
    /// Ids of the records whose rows end.
    pub closing: Vec<String>,
    pub rows: String,
    /// Rows of `record_references`.
    pub references: String,
}

/// Columns that `changes` is written by.
pub const CHANGES: &str = "changes (revision, seq, kind, id, op, change_kind, record_digest, salt)";
/// Columns that `record_references` is written by.
pub const REFERENCES: &str = "record_references (from_kind, from_id, member, to_kind, to_id, revision_from)";

/// Carries the chain from revision to revision.
pub struct Encoder {
    digest: Vec<u8>,
    random: fastrand::Rng,
}

impl Encoder {
    /// Follows the digest of head.
    pub fn new(digest: Vec<u8>, seed: u64) -> Encoder {
        Encoder { digest, random: fastrand::Rng::with_seed(seed ^ 0x5a17) }
    }

    pub fn encode(&mut self, revision: Revision) -> Encoded {
        let number = i64::try_from(revision.number).unwrap_or(i64::MAX);
        let mut changes: Vec<&Draft> =
            revision.rows.iter().filter(|row| row.changed_in.is_none()).map(|row| &row.draft).collect();
        changes.sort_by_key(|draft| (draft.kind.rank(), draft.id.as_str()));
        let salts: Vec<[u8; 16]> = changes.iter().map(|_| self.random.u128(..).to_be_bytes()).collect();
        let digests: Vec<digest::Hash> =
            changes.iter().zip(&salts).map(|(draft, salt)| digest::salted(salt, &draft.body)).collect();
        let message_salt = self.random.u128(..).to_be_bytes();
        let message_digest = digest::salted(&message_salt, &revision.message);
        let kind = revision.kind.code();
        let header = digest::Header {
            previous: &self.digest,
            revision: number,
            kind,
            publisher: &revision.publisher,
            published_at: revision.published_at,
            message_digest: &message_digest,
        };
        let lines = changes.iter().zip(&digests).zip(1..).map(|((draft, hash), seq)| digest::Line {
            seq,
            kind: draft.kind.name,
            id: &draft.id,
            op: "upsert",
            change_kind: kind,
            record_digest: hash,
        });
        let digest = digest::revision(&header, lines);
        self.digest = digest.to_vec();
        let mut text = String::new();
        for (((draft, salt), hash), seq) in changes.iter().zip(&salts).zip(&digests).zip(1..) {
            let (name, id) = (draft.kind.name, &draft.id);
            let (hash, salt) = (hex::encode(hash), hex::encode(salt));
            let _ = writeln!(text, "{number}\t{seq}\t{name}\t{id}\tupsert\t{kind}\t\\\\x{hash}\t\\\\x{salt}");
        }
        Encoded {
            number,
            kind,
            message_salt,
            message_digest,
            published_at: digest::instant(revision.published_at),
            digest,
            count: i64::try_from(changes.len()).unwrap_or(i64::MAX),
            changes: text,
            kinds: KINDS.into_iter().filter_map(|kind| records(kind, number, &revision.rows)).collect(),
            publisher: revision.publisher,
            message: revision.message,
        }
    }
}

fn records(kind: &'static Kind, number: i64, all: &[Row]) -> Option<Records> {
    let rows: Vec<&Row> = all.iter().filter(|row| row.draft.kind.name == kind.name).collect();
    let columns = columns(kind);
    (!rows.is_empty()).then(|| Records {
        kind,
        changed: rows.iter().any(|row| row.changed_in.is_none()),
        closing: rows.iter().filter(|row| row.closes).map(|row| row.draft.id.clone()).collect(),
        rows: rows.iter().map(|row| line(kind, row, number, &columns)).collect(),
        references: rows.iter().map(|row| references(kind, &row.draft, number)).collect(),
    })
}

/// Columns that a kind's table is written by.
pub fn columns(kind: &Kind) -> Vec<&'static str> {
    let mut columns = vec!["id", "publisher", "body", "derived", "search", "changed_in", "revision_from"];
    columns.extend(kind.columns.iter().map(|(name, _)| *name));
    columns.extend(kind.derives.map(|(name, _)| name));
    columns
}

/// A row in the text format of COPY.
fn line(kind: &Kind, row: &Row, number: i64, columns: &[&str]) -> String {
    let mut values = row.draft.row();
    values["changed_in"] = row.changed_in.map_or(number, |earlier| i64::try_from(earlier).unwrap_or(number)).into();
    values["revision_from"] = number.into();
    if let Some((name, _)) = kind.derives {
        values[name] = row.status.into();
        if let Some(status) = row.status {
            let derived = values["derived"].as_str().unwrap_or_default();
            values["derived"] = format!("{derived}\"{name}\":\"{status}\",").into();
        }
    }
    let fields: Vec<String> = columns.iter().map(|column| field(&values[*column])).collect();
    fields.join("\t") + "\n"
}

fn field(value: &Value) -> String {
    match value {
        Value::Null => "\\N".to_owned(),
        Value::Bool(yes) => if *yes { "t" } else { "f" }.to_owned(),
        Value::Array(items) => {
            let quoted = |item: &Value| format!("\"{}\"", item.as_str().unwrap_or_default());
            escaped(&format!("{{{}}}", items.iter().map(quoted).collect::<Vec<_>>().join(",")))
        }
        Value::String(text) => escaped(text),
        other => other.to_string(),
    }
}

fn escaped(text: &str) -> String {
    if !text.contains(['\\', '\n', '\t', '\r']) {
        return text.to_owned();
    }
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t").replace('\r', "\\r")
}

fn references(kind: &Kind, draft: &Draft, number: i64) -> String {
    let publisher = draft.value["publisher"].as_str().unwrap_or_default();
    let own = ("publisher", "organization", publisher);
    let others = draft
        .references
        .iter()
        .map(|reference: &Reference| (reference.member(), reference.kind, reference.id.as_str()));
    let mut rows: Vec<_> = std::iter::once(own).chain(others).collect();
    rows.sort_unstable();
    rows.dedup();
    rows.iter()
        .map(|(member, to_kind, to_id)| {
            format!("{}\t{}\t{member}\t{to_kind}\t{to_id}\t{number}\n", kind.name, draft.id)
        })
        .collect()
}
