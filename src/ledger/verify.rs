//! Recomputing the whole chain from what is stored.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Bytea, Nullable, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::digest;
use super::state::Head;
use crate::db::Error;
use crate::db::schema::{head, ledger, revisions};
use crate::db::statement::{Bind, Statement};
use crate::model::kinds::KINDS;
use crate::model::message::Message;
use crate::say;

/// Revisions read at a time.
const BATCH: i64 = 200;

/// What verifying found.
pub struct Verdict {
    pub ledger: Uuid,
    pub head: Head,
    pub changes: i64,
    pub redacted: i64,
    /// What does not fit, in order; empty where the ledger is whole.
    pub faults: Vec<Message>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = revisions)]
struct RevisionRow {
    revision: i64,
    kind: String,
    publisher: String,
    message: String,
    message_salt: Vec<u8>,
    message_digest: Vec<u8>,
    published_at: DateTime<Utc>,
    digest: Vec<u8>,
    change_count: i64,
}

#[derive(QueryableByName)]
struct ChangeRow {
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    op: String,
    #[diesel(sql_type = Text)]
    change_kind: String,
    #[diesel(sql_type = Bytea)]
    record_digest: Vec<u8>,
    #[diesel(sql_type = Nullable<Bytea>)]
    salt: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Text>)]
    body: Option<String>,
    /// Whether a redaction took its content, which a copy may not have come to yet.
    #[diesel(sql_type = Bool)]
    is_redacted: bool,
}

/// Verifies the ledger as it is now; `progress` hears of each batch, by its last revision and head.
pub async fn verify(
    connection: &mut AsyncPgConnection,
    progress: impl Fn(i64, i64) + Send + Sync,
) -> Result<Verdict, Error> {
    connection
        .transaction(async |connection| {
            // One snapshot, so that publishing goes on meanwhile.
            diesel::sql_query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY").execute(connection).await?;
            chain(connection, &progress).await
        })
        .await
}

async fn chain(
    connection: &mut AsyncPgConnection,
    progress: &(impl Fn(i64, i64) + Send + Sync),
) -> Result<Verdict, Error> {
    let ledger: Uuid = ledger::table.select(ledger::uuid).first(connection).await?;
    let head: Head = head::table.select(Head::as_select()).first(connection).await?;
    let mut verdict = Verdict { ledger, head, changes: 0, redacted: 0, faults: Vec::new() };
    let mut link = Link { digest: digest::origin(ledger).to_vec(), revision: 0, published_at: None };
    loop {
        let batch: Vec<RevisionRow> = revisions::table
            .select(RevisionRow::as_select())
            .filter(revisions::revision.gt(link.revision))
            .order(revisions::revision)
            .limit(BATCH)
            .load(connection)
            .await?;
        let Some(last) = batch.last() else { break };
        let mut changes = changes(connection, link.revision, last.revision).await?.into_iter().peekable();
        for row in batch {
            let own: Vec<ChangeRow> =
                std::iter::from_fn(|| changes.next_if(|change| change.revision <= row.revision)).collect();
            link = verdict.check(link, row, own);
        }
        progress(link.revision, verdict.head.revision);
    }
    let Head { revision, digest, .. } = &verdict.head;
    if *revision != link.revision || *digest != link.digest {
        let last = link.revision;
        verdict.faults.push(say!(
            "Head is {revision}, but the chain ends at {last} or with another digest.",
            "头部为 {revision}，但链条止于 {last}，或摘要不同。"
        ));
    }
    Ok(verdict)
}

/// The end of the chain so far.
struct Link {
    digest: Vec<u8>,
    revision: i64,
    published_at: Option<DateTime<Utc>>,
}

impl Verdict {
    fn check(&mut self, before: Link, row: RevisionRow, changes: Vec<ChangeRow>) -> Link {
        let RevisionRow {
            revision,
            kind,
            publisher,
            message,
            message_salt,
            message_digest,
            published_at,
            digest,
            change_count,
        } = row;
        let mut fault = |message| self.faults.push(message);
        if revision != before.revision + 1 {
            fault(say!("Revision {revision} does not follow the one before.", "修订 {revision} 与前一修订不连续。"));
        }
        if before.published_at.is_some_and(|time| published_at <= time) {
            fault(say!(
                "Revision {revision} is not later than the one before.",
                "修订 {revision} 的时间不晚于前一修订。"
            ));
        }
        if digest::salted(&message_salt, &message) != *message_digest {
            fault(say!(
                "The message of revision {revision} does not fit its digest.",
                "修订 {revision} 的说明与摘要不符。"
            ));
        }
        if usize::try_from(change_count) != Ok(changes.len()) {
            fault(say!("Revision {revision} lacks changes.", "修订 {revision} 缺少变更。"));
        }
        for ChangeRow { seq, kind, id, salt, body, record_digest, is_redacted, .. } in &changes {
            match (salt, body) {
                (Some(salt), Some(body)) if digest::salted(salt, body) == **record_digest => {}
                (None, None) if *is_redacted => self.redacted += 1,
                _ => self.faults.push(say!(
                    "Change {seq} of revision {revision}, {kind} {id}, does not fit its digest.",
                    "修订 {revision} 的第 {seq} 项变更 {kind} {id} 与摘要不符。"
                )),
            }
        }
        self.changes += change_count;
        let header = digest::Header {
            previous: &before.digest,
            revision,
            kind: &kind,
            publisher: &publisher,
            published_at,
            message_digest: &message_digest,
        };
        let lines = changes.iter().map(|change| digest::Line {
            seq: change.seq,
            kind: &change.kind,
            id: &change.id,
            op: &change.op,
            change_kind: &change.change_kind,
            record_digest: &change.record_digest,
        });
        if digest::revision(&header, lines) != *digest {
            self.faults.push(say!("The digest of revision {revision} does not fit.", "修订 {revision} 的摘要不符。"));
        }
        Link { digest, revision, published_at: Some(published_at) }
    }
}

/// The changes of the revisions after `after` up to `until`, each with the body it hashed.
async fn changes(connection: &mut AsyncPgConnection, after: i64, until: i64) -> Result<Vec<ChangeRow>, Error> {
    let statement = Statement::of(
        &format!(
            "SELECT c.revision, c.seq, c.kind, c.id, c.op, c.change_kind, c.record_digest, c.salt, {} AS body, \
             CASE WHEN c.redacted_in IS NULL THEN false WHEN c.redacted_in > (SELECT revision FROM head) THEN true \
             ELSE EXISTS (SELECT FROM changes r WHERE r.kind = c.kind AND r.id = c.id AND r.revision = c.redacted_in AND r.op = 'redact') END AS is_redacted \
             FROM changes c WHERE c.revision > ? AND c.revision <= ? ORDER BY c.revision, c.seq",
            body_of_change()
        ),
        [Bind::BigInt(after), Bind::BigInt(until)],
    );
    Ok(statement.get_results(connection).await?)
}

/// SQL for the body that change `c` hashed: its own, or that of the row it opened.
pub fn body_of_change() -> String {
    let cases: String = KINDS
        .iter()
        .map(|kind| {
            let (name, table) = (kind.name, kind.collection);
            format!(
                " WHEN '{name}' THEN (SELECT body FROM {table} t WHERE t.id = c.id AND t.revision_from = c.revision)"
            )
        })
        .collect();
    format!("coalesce(c.body, CASE c.kind{cases} END)")
}
