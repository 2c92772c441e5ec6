//! What the change feed says, as a follower reads it. Members that this release does not know are let be:
//! what a digest covers is taken as text.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Fault;
use crate::ledger::copy::{Copied, CopiedChange};
use crate::ledger::digest::{self, Hash};
use crate::model::codes::RevisionKind;
use crate::model::json;
use crate::model::kinds;
use crate::say;

/// `/v1`, as far as a follower needs it.
#[derive(Deserialize)]
pub struct Index {
    pub ledger: uuid::Uuid,
    pub time_zone: String,
    pub revision: i64,
    pub digest: String,
}

/// A page of `/v1/changes`.
#[derive(Deserialize)]
pub struct Page {
    pub data: Vec<Entry>,
    pub revisions: Vec<Header>,
    pub through: i64,
    pub complete: bool,
    pub caught_up: bool,
    pub next: String,
}

#[derive(Deserialize)]
pub struct Entry {
    pub revision: i64,
    pub seq: i64,
    pub kind: String,
    pub id: String,
    pub op: String,
    pub change_kind: String,
    pub record_digest: String,
    pub salt: Option<String>,
    pub record: Option<Box<RawValue>>,
    pub redacted_in: Option<i64>,
}

#[derive(Deserialize, Clone)]
pub struct Header {
    pub revision: i64,
    pub kind: String,
    pub publisher: String,
    pub message: Box<RawValue>,
    pub published_at: DateTime<Utc>,
    pub changes: i64,
    pub digest: String,
    pub message_salt: String,
    pub message_digest: String,
}

fn malformed(revision: i64) -> Fault {
    Fault::Lasting(say!(
        "Revision {revision} as it came is malformed, or of a newer release than this one.",
        "收到的修订 {revision} 格式不对，或来自更新的版本。"
    ))
}

fn hash(text: &str) -> Option<Hash> {
    hex::decode(text).ok()?.try_into().ok()
}

/// The text that was hashed: as it came, or as RFC 8785 writes it where something on the way wrote it anew.
fn hashed(salt: &[u8; 16], raw: &RawValue, expected: &Hash) -> String {
    if digest::salted(salt, raw.get()) == *expected {
        return raw.get().to_owned();
    }
    serde_json::from_str::<serde_json::Value>(raw.get())
        .and_then(|value| json::canonical(&value))
        .unwrap_or_else(|_| raw.get().to_owned())
}

impl Header {
    /// The revision with its changes; digests are checked where it is appended.
    pub fn with(&self, entries: Vec<Entry>) -> Result<Copied, Fault> {
        self.read(entries).ok_or_else(|| malformed(self.revision))
    }

    fn read(&self, entries: Vec<Entry>) -> Option<Copied> {
        let in_order = entries.iter().zip(1..).all(|(entry, seq)| entry.seq == seq && entry.revision == self.revision);
        if !in_order || i64::try_from(entries.len()) != Ok(self.changes) {
            return None;
        }
        let message_salt = hex::decode(&self.message_salt).ok()?.try_into().ok()?;
        Some(Copied {
            revision: self.revision,
            kind: RevisionKind::parse(&self.kind)?,
            publisher: self.publisher.clone(),
            message: hashed(&message_salt, &self.message, &hash(&self.message_digest)?),
            message_salt,
            published_at: self.published_at,
            digest: hash(&self.digest)?,
            changes: entries.into_iter().map(Entry::read).collect::<Option<_>>()?,
        })
    }
}

impl Entry {
    fn read(self) -> Option<CopiedChange> {
        let record_digest = hash(&self.record_digest)?;
        let content = match (self.salt, self.record) {
            (Some(salt), Some(record)) => {
                let salt = hex::decode(salt).ok()?.try_into().ok()?;
                Some((salt, hashed(&salt, &record, &record_digest)))
            }
            _ => None,
        };
        Some(CopiedChange {
            kind: kinds::named(&self.kind)?,
            id: self.id,
            op: self.op,
            change_kind: RevisionKind::parse(&self.change_kind)?,
            record_digest,
            content,
            redacted_in: self.redacted_in,
        })
    }
}

/// Puts pages together to whole revisions.
#[derive(Default)]
pub struct Gathering {
    open: Option<(Header, Vec<Entry>)>,
}

impl Gathering {
    /// Takes in a page; returns the revisions that are whole now.
    pub fn take(&mut self, page: Page) -> Result<Vec<Copied>, Fault> {
        let mut whole = Vec::new();
        let mut headers = page.revisions.into_iter().peekable();
        for entry in page.data {
            if self.open.as_ref().is_none_or(|(header, _)| header.revision != entry.revision) {
                whole.extend(self.close()?);
                while headers.next_if(|header| header.revision < entry.revision).is_some() {}
                let Some(header) = headers.next() else { return Err(malformed(entry.revision)) };
                self.open = Some((header, Vec::new()));
            }
            if let Some((_, entries)) = &mut self.open {
                entries.push(entry);
            }
        }
        if page.complete {
            whole.extend(self.close()?);
        }
        Ok(whole)
    }

    fn close(&mut self) -> Result<Option<Copied>, Fault> {
        self.open.take().map(|(header, entries)| header.with(entries)).transpose()
    }
}
