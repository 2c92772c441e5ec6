//! Writes made-up revisions by COPY, past the checks of publications but under the guards of the database.

use chrono::{DateTime, Utc};
use futures_util::SinkExt;
use serde_json::Value;
use std::fmt::Write;
use std::pin::pin;
use tokio_postgres::{Client, Transaction};

use super::Error;
use crate::ledger::digest;
use crate::model::codes::RevisionKind;
use crate::model::draft::Draft;
use crate::model::kind::{Kind, Reference};
use crate::model::kinds::KINDS;

/// A revision to write.
pub struct Revision {
    pub number: u64,
    pub kind: RevisionKind,
    pub publisher: String,
    /// Canonical JSON.
    pub message: String,
    pub published_at: DateTime<Utc>,
    pub rows: Vec<Row>,
}

/// A row of a record that opens, and whether an earlier one closes.
pub struct Row {
    pub draft: Draft,
    pub closes: bool,
    /// Of commitments, what is derived from their reports.
    pub status: Option<&'static str>,
    /// The earlier revision that changed the record itself; none where this one does.
    pub changed_in: Option<u64>,
}

pub struct Loader<'a> {
    client: &'a mut Client,
    digest: Vec<u8>,
    random: fastrand::Rng,
}

impl Loader<'_> {
    /// Refuses a ledger that has revisions.
    pub async fn new(client: &mut Client, seed: u64) -> Result<Loader<'_>, Error> {
        let row = client.query_one("SELECT revision, digest FROM head", &[]).await?;
        let head: i64 = row.try_get(0)?;
        if head > 0 {
            return Err(Error::NotEmpty(head));
        }
        Ok(Loader { digest: row.try_get(1)?, client, random: fastrand::Rng::with_seed(seed ^ 0x5a17) })
    }

    /// Writes a revision; returns how many changes it has.
    pub async fn write(&mut self, revision: &Revision) -> Result<u64, Error> {
        let number = i64::try_from(revision.number).unwrap_or(i64::MAX);
        let mut changes: Vec<&Draft> =
            revision.rows.iter().filter(|row| row.changed_in.is_none()).map(|row| &row.draft).collect();
        changes.sort_by_key(|draft| (draft.kind.rank(), draft.id.as_str()));
        let salts: Vec<[u8; 16]> = changes.iter().map(|_| self.random.u128(..).to_be_bytes()).collect();
        let digests: Vec<digest::Hash> =
            changes.iter().zip(&salts).map(|(draft, salt)| digest::salted(salt, &draft.body)).collect();
        let message_salt = self.random.u128(..).to_be_bytes();
        let message_digest = digest::salted(&message_salt, &revision.message);
        let header = digest::Header {
            previous: &self.digest,
            revision: number,
            kind: revision.kind.code(),
            publisher: &revision.publisher,
            published_at: revision.published_at,
            message_digest: &message_digest,
        };
        let lines = changes.iter().zip(&digests).zip(1..).map(|((draft, hash), seq)| digest::Line {
            seq,
            kind: draft.kind.name,
            id: &draft.id,
            op: "upsert",
            change_kind: revision.kind.code(),
            record_digest: hash,
        });
        let next = digest::revision(&header, lines);
        let transaction = self.client.transaction().await?;
        let count = i64::try_from(changes.len()).unwrap_or(i64::MAX);
        transaction
            .execute(
                "INSERT INTO revisions (revision, kind, publisher, message, message_salt, message_digest, published_at, digest, change_count) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7::text::timestamptz, $8, $9)",
                &[
                    &number, &revision.kind.code(), &revision.publisher, &revision.message, &message_salt.as_slice(),
                    &message_digest.as_slice(), &digest::instant(revision.published_at), &next.as_slice(), &count,
                ],
            )
            .await?;
        transaction
            .execute(
                "UPDATE head SET revision = r.revision, digest = r.digest, published_at = r.published_at FROM revisions r WHERE r.revision = $1",
                &[&number],
            )
            .await?;
        let mut text = String::new();
        for (((draft, salt), hash), seq) in changes.iter().zip(&salts).zip(&digests).zip(1..) {
            let (name, code) = (draft.kind.name, revision.kind.code());
            let (hash, salt) = (hex::encode(hash), hex::encode(salt));
            let _ = writeln!(text, "{number}\t{seq}\t{name}\t{}\tupsert\t{code}\t\\\\x{hash}\t\\\\x{salt}", draft.id);
        }
        copy(&transaction, "changes (revision, seq, kind, id, op, change_kind, record_digest, salt)", text).await?;
        records(&transaction, number, revision).await?;
        transaction.commit().await?;
        self.digest = next.to_vec();
        Ok(changes.len() as u64)
    }

    /// Has the database look at what is there, as it does by itself in time.
    pub async fn analyse(&self) -> Result<(), Error> {
        Ok(self.client.batch_execute("VACUUM ANALYZE").await?)
    }
}

async fn records(transaction: &Transaction<'_>, number: i64, revision: &Revision) -> Result<(), Error> {
    for kind in KINDS {
        let rows: Vec<&Row> = revision.rows.iter().filter(|row| row.draft.kind.name == kind.name).collect();
        if rows.is_empty() {
            continue;
        }
        if rows.iter().any(|row| row.changed_in.is_none()) {
            let sql =
                "INSERT INTO kind_changes (kind, revision) SELECT b, $2 FROM bears_on($1) b ON CONFLICT DO NOTHING";
            transaction.execute(sql, &[&kind.name, &number]).await?;
        }
        let closing: Vec<&str> = rows.iter().filter(|row| row.closes).map(|row| row.draft.id.as_str()).collect();
        if !closing.is_empty() {
            let open = crate::db::OPEN;
            let sql =
                format!("UPDATE {} SET revision_to = $1 WHERE id = ANY($2) AND revision_to = {open}", kind.collection);
            transaction.execute(&sql, &[&number, &closing]).await?;
            let sql = format!(
                "UPDATE record_references SET revision_to = $1 WHERE from_kind = $2 AND from_id = ANY($3) AND revision_to = {open}"
            );
            transaction.execute(&sql, &[&number, &kind.name, &closing]).await?;
        }
        let mut columns = vec!["id", "publisher", "body", "derived", "search", "changed_in", "revision_from"];
        columns.extend(kind.columns.iter().map(|(name, _)| *name));
        columns.extend(kind.derives.map(|(name, _)| name));
        let table = format!("{} ({})", kind.collection, columns.join(", "));
        let text = rows.iter().map(|row| line(kind, row, number, &columns)).collect();
        copy(transaction, &table, text).await?;
        let text = rows.iter().map(|row| references(kind, &row.draft, number)).collect();
        copy(transaction, "record_references (from_kind, from_id, member, to_kind, to_id, revision_from)", text)
            .await?;
    }
    transaction.execute("SELECT derive_warnings_of($1)", &[&number]).await?;
    Ok(())
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

async fn copy(transaction: &Transaction<'_>, into: &str, text: String) -> Result<(), Error> {
    let mut sink = pin!(transaction.copy_in::<_, bytes::Bytes>(&format!("COPY {into} FROM STDIN")).await?);
    sink.send(text.into()).await?;
    sink.finish().await?;
    Ok(())
}
