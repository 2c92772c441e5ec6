//! Writes made-up revisions by COPY, past the checks of publications but under the guards of the database, all in
//! one transaction, which readers wait for. Indexes that writing has no need of are made at its end, in a fraction of the time.

use futures_util::SinkExt;
use std::pin::pin;
use tokio_postgres::{Client, Transaction};

use super::Error;
use super::encode::{CHANGES, Encoded, REFERENCES, Records, columns};
use crate::db::OPEN;

/// Tables that grow large.
const LARGE: [&str; 5] = ["changes", "record_references", "commitments", "reports", "observations"];
/// Their indexes that versions are closed and warnings derived by.
const KEPT: [&str; 3] = ["observations_series", "record_references_from", "reports_commitment"];

pub struct Loader<'a> {
    transaction: Transaction<'a>,
    /// Definitions of the indexes that are to be made.
    indexes: Vec<String>,
}

impl Loader<'_> {
    /// Refuses a ledger that has revisions; otherwise returns its digest too.
    pub async fn new(client: &mut Client) -> Result<(Loader<'_>, Vec<u8>), Error> {
        let transaction = client.transaction().await?;
        let row = transaction.query_one("SELECT revision, digest FROM head FOR UPDATE", &[]).await?;
        let head: i64 = row.try_get(0)?;
        if head > 0 {
            return Err(Error::NotEmpty(head));
        }
        let sql = "SELECT c.relname::text, pg_get_indexdef(c.oid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
                   WHERE i.indrelid = ANY($1::text[]::regclass[]) AND c.relname <> ALL($2::text[]) \
                   AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid)";
        let mut indexes = Vec::new();
        for row in transaction.query(sql, &[&LARGE.as_slice(), &KEPT.as_slice()]).await? {
            let (name, definition): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            transaction.batch_execute(&format!("DROP INDEX \"{name}\"")).await?;
            indexes.push(definition);
        }
        // A plan for the first revisions would be a bad one for the last, and what is looked for is always little.
        transaction
            .batch_execute(
                "SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL enable_seqscan = off; SET LOCAL jit = off",
            )
            .await?;
        let digest = row.try_get(1)?;
        Ok((Loader { transaction, indexes }, digest))
    }

    /// Writes a revision.
    pub async fn write(&mut self, revision: Encoded) -> Result<(), Error> {
        let transaction = &self.transaction;
        let number = revision.number;
        transaction
            .execute(
                "INSERT INTO revisions (revision, kind, publisher, message, message_salt, message_digest, published_at, digest, change_count) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7::text::timestamptz, $8, $9)",
                &[
                    &number, &revision.kind, &revision.publisher, &revision.message, &revision.message_salt.as_slice(),
                    &revision.message_digest.as_slice(), &revision.published_at, &revision.digest.as_slice(), &revision.count,
                ],
            )
            .await?;
        transaction
            .execute(
                "UPDATE head SET revision = r.revision, digest = r.digest, published_at = r.published_at FROM revisions r WHERE r.revision = $1",
                &[&number],
            )
            .await?;
        copy(transaction, CHANGES, revision.changes).await?;
        for records in revision.kinds {
            write(transaction, number, records).await?;
        }
        // Statistics of what nobody else sees yet are nobody else's to make.
        if number.count_ones() == 1 {
            transaction.batch_execute(&format!("ANALYZE {}, metrics", LARGE.join(", "))).await?;
        }
        transaction.execute("SELECT derive_warnings_of($1)", &[&number]).await?;
        Ok(())
    }

    /// Makes the indexes, and keeps it all.
    pub async fn finish(self) -> Result<(), Error> {
        self.transaction.batch_execute("SET LOCAL maintenance_work_mem = '256MB'; RESET enable_seqscan").await?;
        for definition in &self.indexes {
            self.transaction.batch_execute(definition).await?;
        }
        Ok(self.transaction.commit().await?)
    }
}

async fn write(transaction: &Transaction<'_>, number: i64, records: Records) -> Result<(), Error> {
    let Records { kind, changed, closing, rows, references } = records;
    if changed {
        let sql = "INSERT INTO kind_changes (kind, revision) SELECT b, $2 FROM bears_on($1) b ON CONFLICT DO NOTHING";
        transaction.execute(sql, &[&kind.name, &number]).await?;
    }
    if !closing.is_empty() {
        let sql =
            format!("UPDATE {} SET revision_to = $1 WHERE id = ANY($2) AND revision_to = {OPEN}", kind.collection);
        transaction.execute(&sql, &[&number, &closing]).await?;
        let sql = format!(
            "UPDATE record_references SET revision_to = $1 WHERE from_kind = $2 AND from_id = ANY($3) AND revision_to = {OPEN}"
        );
        transaction.execute(&sql, &[&number, &kind.name, &closing]).await?;
    }
    copy(transaction, &format!("{} ({})", kind.collection, columns(kind).join(", ")), rows).await?;
    copy(transaction, REFERENCES, references).await
}

async fn copy(transaction: &Transaction<'_>, into: &str, text: String) -> Result<(), Error> {
    let mut sink = pin!(transaction.copy_in::<_, bytes::Bytes>(&format!("COPY {into} FROM STDIN")).await?);
    sink.send(text.into()).await?;
    sink.finish().await?;
    Ok(())
}
