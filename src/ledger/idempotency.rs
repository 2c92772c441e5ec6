//! A publication sent twice is published once: `Idempotency-Key`
//! (draft-ietf-httpapi-idempotency-key-header), kept in the revision's own transaction.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use sha2::{Digest, Sha256};

use super::outcome::Outcome;
use super::write;
use crate::db::Error;
use crate::db::statement::{Bind, Statement};

/// How long a first answer is kept, in days.
pub const KEPT_DAYS: i64 = 7;
/// Characters of the longest key.
pub const MAX_KEY: usize = 255;

/// A request that may come again.
pub struct Idempotency {
    key_id: String,
    idempotency_key: String,
    request_digest: Vec<u8>,
}

/// The first answer to a request.
#[derive(QueryableByName, Debug)]
pub struct Kept {
    /// An [`Outcome`], as JSON.
    #[diesel(sql_type = Text)]
    pub answer: String,
    /// Whether it was the same publication.
    #[diesel(sql_type = Bool)]
    pub same: bool,
}

impl Idempotency {
    pub fn new(key_id: &str, idempotency_key: String, publication: &[u8]) -> Idempotency {
        let request_digest = Sha256::digest(publication).to_vec();
        Idempotency { key_id: key_id.to_owned(), idempotency_key, request_digest }
    }

    fn name(&self) -> [Bind; 2] {
        [Bind::Text(self.key_id.clone()), Bind::Text(self.idempotency_key.clone())]
    }

    /// The first answer, where it is still kept. Asked under the head lock, so that the first one has been committed.
    pub async fn find(&self, mut connection: &AsyncPgConnection, now: DateTime<Utc>) -> Result<Option<Kept>, Error> {
        let [key_id, idempotency_key] = self.name();
        let statement = Statement::of(
            "SELECT answer, request_digest = ? AS same FROM idempotency_keys \
             WHERE key_id = ? AND idempotency_key = ? AND created_at >= ?",
            [Bind::Bytes(self.request_digest.clone()), key_id, idempotency_key, oldest(now)],
        );
        let rows: Vec<Kept> = statement.get_results(&mut connection).await?;
        Ok(rows.into_iter().next())
    }

    /// Keeps the first answer, and lets go of those that are too old.
    pub async fn keep(
        &self,
        connection: &AsyncPgConnection,
        outcome: &Outcome,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let forget = Statement::of("DELETE FROM idempotency_keys WHERE created_at < ?", [oldest(now)]);
        let answer = serde_json::to_string(outcome)
            .map_err(|error| Error::Query(diesel::result::Error::SerializationError(error.into())))?;
        let status = if outcome.revision.is_some() { 201 } else { 200 };
        let [key_id, idempotency_key] = self.name();
        let keep = Statement::of(
            "INSERT INTO idempotency_keys (key_id, idempotency_key, request_digest, status, answer, revision, created_at) \
             VALUES (?, ?, ?, ?::bigint, ?, nullif(?::bigint, 0), ?)",
            [
                key_id,
                idempotency_key,
                Bind::Bytes(self.request_digest.clone()),
                Bind::BigInt(status),
                Bind::Text(answer),
                Bind::BigInt(outcome.revision.unwrap_or_default()),
                Bind::Instant(Some(now)),
            ],
        );
        write::together(connection, [forget, keep]).await?;
        Ok(())
    }
}

/// When the oldest answer that is kept was given.
fn oldest(now: DateTime<Utc>) -> Bind {
    Bind::Instant(Some(now - TimeDelta::days(KEPT_DAYS)))
}
