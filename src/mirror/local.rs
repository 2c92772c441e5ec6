//! The ledger here, as the copy of another one: its identity, how far it is, and what it notes of the other.

use chrono::{DateTime, Utc};
use diesel::{OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{Divergence, Fault};
use crate::db::Error;
use crate::db::schema::{head, ledger, revisions};
use crate::db::statement::{Bind, Statement};
use crate::ledger::state::Head;
use crate::say;

pub async fn identity(connection: &mut AsyncPgConnection) -> Result<(Uuid, String), Error> {
    Ok(ledger::table.select((ledger::uuid, ledger::time_zone)).first(connection).await?)
}

pub async fn head(connection: &mut AsyncPgConnection) -> Result<Head, Error> {
    Ok(head::table.select(Head::as_select()).first(connection).await?)
}

/// Digest of a revision, digest(0) of the empty ledger included; none beyond head.
pub async fn digest(connection: &mut AsyncPgConnection, revision: i64) -> Result<Option<String>, Error> {
    if revision == 0 {
        let (ledger, _) = identity(connection).await?;
        return Ok(Some(hex::encode(crate::ledger::digest::origin(ledger))));
    }
    let digest: Option<Vec<u8>> =
        revisions::table.find(revision).select(revisions::digest).first(connection).await.optional()?;
    Ok(digest.map(hex::encode))
}

/// Refuses a ledger that is not the one here.
pub async fn same_ledger(connection: &mut AsyncPgConnection, upstream: &str, theirs: Uuid) -> Result<(), Fault> {
    let (ours, _) = identity(connection).await?;
    if ours == theirs {
        return Ok(());
    }
    Err(Fault::Lasting(say!(
        "This database holds ledger {ours}, and {upstream} is ledger {theirs}. Give the copy an empty database, or a data folder of its own (DATA_DIR).",
        "此数据库中是账本 {ours}，而 {upstream} 是账本 {theirs}。请为副本使用空数据库或单独的数据目录（DATA_DIR）。"
    )))
}

/// Makes this ledger a copy of `upstream`, which was found to have the history that is here.
pub async fn become_copy(connection: &mut AsyncPgConnection, upstream: &str) -> Result<(), Error> {
    let sql =
        "INSERT INTO mirror (upstream) VALUES (?) ON CONFLICT (singleton) DO UPDATE SET upstream = excluded.upstream";
    Statement::of(sql, [Bind::Text(upstream.to_owned())]).execute(connection).await?;
    Ok(())
}

/// Notes that the other ledger answered, and how far it is; false if the ledger here is no copy.
pub async fn reached(
    connection: &mut AsyncPgConnection,
    upstream_head: i64,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let sql = "UPDATE mirror SET upstream_head = ?, reached_at = ?, diverged = NULL";
    let noted = Statement::of(sql, [Bind::BigInt(upstream_head), Bind::Instant(Some(now))]).execute(connection).await?;
    Ok(noted > 0)
}

/// Keeps the evidence.
pub async fn diverged(connection: &mut AsyncPgConnection, divergence: &Divergence) -> Result<(), Error> {
    let evidence = serde_json::to_string(divergence).unwrap_or_default();
    Statement::of("UPDATE mirror SET diverged = ?", [Bind::Text(evidence)]).execute(connection).await?;
    Ok(())
}

/// Ends the copying: from now on the ledger is its own, and may be published to.
pub async fn promote(connection: &mut AsyncPgConnection) -> Result<bool, Error> {
    // After the revision that is being copied at this moment.
    let sql = "WITH at AS MATERIALIZED (SELECT revision FROM head FOR UPDATE) DELETE FROM mirror USING at";
    Ok(Statement::of(sql, []).execute(connection).await? > 0)
}
