//! A revision that another ledger made, checked against its digests and appended to a copy of that ledger.

use chrono::{DateTime, Utc};
use diesel_async::{AsyncConnection, AsyncPgConnection};

use super::digest::{self, Hash};
use super::origin;
use super::plan::{Plan, Upsert};
use super::publish;
use super::redact::{self, Redacting};
use super::state::Head;
use super::write::{self, Change, RevisionRow};
use crate::db::Error;
use crate::model::codes::RevisionKind;
use crate::model::draft::Draft;
use crate::model::kind::Kind;
use crate::model::message::Message;
use crate::model::publication::Withdrawal;
use crate::say;

/// A revision as it came.
pub struct Copied {
    pub revision: i64,
    pub kind: RevisionKind,
    pub publisher: String,
    /// Canonical JSON.
    pub message: String,
    pub message_salt: [u8; 16],
    pub published_at: DateTime<Utc>,
    pub digest: Hash,
    pub changes: Vec<CopiedChange>,
}

pub struct CopiedChange {
    pub kind: &'static Kind,
    pub id: String,
    pub op: String,
    pub change_kind: RevisionKind,
    pub record_digest: Hash,
    /// Salt and what was hashed; none where it has been redacted since.
    pub content: Option<([u8; 16], String)>,
    pub redacted_in: Option<i64>,
}

impl CopiedChange {
    fn as_change(&self) -> Change<'_> {
        let kept = self.op != "upsert";
        Change {
            kind: self.kind,
            id: &self.id,
            op: &self.op,
            change_kind: self.change_kind,
            salt: self.content.as_ref().map(|(salt, _)| *salt),
            record_digest: self.record_digest,
            body: self.content.as_ref().map(|(_, body)| body.as_str()).filter(|_| kept),
            redacted_in: self.redacted_in,
        }
    }
}

/// Why a revision was not appended.
#[derive(Debug)]
pub enum Fault {
    /// It does not fit its digests, or what is there.
    Unsound(Message),
    /// This release cannot read it.
    Unknown(Message),
    Database(Error),
    /// The ledger is no copy, or was made one of its own meanwhile.
    Own,
    /// Somebody else appended meanwhile.
    Overtaken,
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault::Database(error)
    }
}

impl From<diesel::result::Error> for Fault {
    fn from(error: diesel::result::Error) -> Fault {
        Fault::Database(error.into())
    }
}

impl Copied {
    fn changes(&self) -> Vec<Change<'_>> {
        self.changes.iter().map(CopiedChange::as_change).collect()
    }

    /// The digest it has after `previous`, with `message_digest`.
    fn recomputed(&self, previous: &[u8], message_digest: &Hash) -> Hash {
        let header = digest::Header {
            previous,
            revision: self.revision,
            kind: self.kind.code(),
            publisher: &self.publisher,
            published_at: self.published_at,
            message_digest,
        };
        let changes = self.changes();
        digest::revision(&header, changes.iter().zip(1..).map(|(change, seq)| change.line(seq)))
    }

    /// Checks every digest against the head it is to follow.
    fn check(&self, head: &Head, message_digest: &Hash) -> Result<(), Fault> {
        let number = self.revision;
        for change in &self.changes {
            let (kind, id) = (change.kind.name, &change.id);
            let sound = match &change.content {
                Some((salt, body)) => digest::salted(salt, body) == change.record_digest,
                None => change.redacted_in.is_some_and(|redacted_in| redacted_in > number),
            };
            if !sound {
                return Err(Fault::Unsound(say!(
                    "In revision {number}, {kind} {id} does not fit its digest.",
                    "修订 {number} 中的 {kind} {id} 与其摘要不符。"
                )));
            }
        }
        if self.recomputed(&head.digest, message_digest) != self.digest {
            return Err(Fault::Unsound(say!(
                "Revision {number} does not fit its digest: something was changed or left out on the way.",
                "修订 {number} 与其摘要不符：传输中有内容被更改或遗漏。"
            )));
        }
        if head.published_at.is_some_and(|time| time >= self.published_at) {
            return Err(Fault::Unsound(say!(
                "Revision {number} is not later than the one before.",
                "修订 {number} 的时间不晚于前一修订。"
            )));
        }
        Ok(())
    }

    /// What it does to the records. One without content is gone: it was redacted since.
    fn plan(&self) -> Result<Plan, Fault> {
        let mut plan = Plan::default();
        for change in &self.changes {
            let (kind, id, change_kind) = (change.kind, change.id.clone(), change.change_kind);
            match (change.op.as_str(), &change.content) {
                ("upsert", Some((_, body))) => {
                    let draft = Draft::copied(kind, body.clone(), change_kind)
                        .map_err(|error| unknown(self.revision, kind, &id, &error))?;
                    // Whether it was there is not known; closing what is not open does nothing.
                    plan.upserts.push(Upsert { draft, before: Some(serde_json::Value::Null), reinstates: false });
                }
                _ => plan.withdrawals.push(Withdrawal {
                    kind,
                    id,
                    pointer: String::new(),
                    body: String::new(),
                    change_kind,
                    if_revision: None,
                }),
            }
        }
        Ok(plan)
    }
}

fn unknown(revision: i64, kind: &Kind, id: &str, error: &serde_json::Error) -> Fault {
    let kind = kind.name;
    Fault::Unknown(say!(
        "This release cannot read {kind} {id} of revision {revision}: {error}. Bring it up to that of the other ledger.",
        "本版本无法读取修订 {revision} 的 {kind} {id}：{error}。请升级到与对方账本相同的版本。"
    ))
}

/// Appends a revision to the copy, or does nothing.
pub async fn append(connection: &mut AsyncPgConnection, copied: &Copied) -> Result<(), Fault> {
    let message_digest = digest::salted(&copied.message_salt, &copied.message);
    let plan = copied.plan()?;
    let small = copied.changes.len() <= publish::SMALL && copied.kind != RevisionKind::Redaction;
    connection
        .transaction(async |connection| {
            // What is read after the lock stays true: a copy is made a ledger of its own under it, too.
            let reading = &*connection;
            let (prepared, locked, mirror) = tokio::join!(
                biased;
                publish::prepare(reading, small),
                Head::lock(reading),
                origin::mirror(reading)
            );
            prepared?;
            let head = locked?;
            if mirror?.is_none() {
                return Err(Fault::Own);
            }
            if head.revision + 1 != copied.revision {
                return Err(Fault::Overtaken);
            }
            copied.check(&head, &message_digest)?;
            if copied.kind == RevisionKind::Redaction {
                return redacted(connection, copied).await;
            }
            let row = RevisionRow {
                revision: copied.revision,
                kind: copied.kind.code(),
                publisher: &copied.publisher,
                message: &copied.message,
                message_salt: &copied.message_salt,
                message_digest: &message_digest,
                published_at: copied.published_at,
                digest: &copied.digest,
                change_count: i64::try_from(copied.changes.len()).unwrap_or(i64::MAX),
            };
            let appended = write::append(&head, &row, &copied.changes());
            publish::follow(connection, appended, &plan, None).await?;
            Ok(())
        })
        .await
}

async fn redacted(connection: &mut AsyncPgConnection, copied: &Copied) -> Result<(), Fault> {
    let salt = |change: &CopiedChange| change.content.as_ref().map(|(salt, _)| *salt).unwrap_or_default();
    let redacting = Redacting {
        records: copied.changes.iter().map(|change| (change.kind, change.id.as_str(), salt(change))).collect(),
        publisher: &copied.publisher,
        message: &copied.message,
        message_salt: &copied.message_salt,
        published_at: copied.published_at,
        copied: true,
    };
    let head = redact::redact(connection, &redacting).await?;
    if head.digest != copied.digest {
        let number = copied.revision;
        return Err(Fault::Unsound(say!(
            "Redaction {number} comes out with another digest here.",
            "涂删修订 {number} 在此得出的摘要不同。"
        )));
    }
    Ok(())
}
