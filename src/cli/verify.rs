//! `verify`: recomputes the chain.

use std::io::{IsTerminal, Write};

use diesel_async::AsyncPgConnection;

use super::{Failed, connect, open, tell};
use crate::config::Verify;
use crate::ledger::publish::citation;
use crate::ledger::verify;
use crate::mirror::compare::{self, Comparison};
use crate::mirror::upstream::Upstream;
use crate::say;

pub async fn run(settings: Verify) -> Result<(), Failed> {
    let opened = open(&settings.database).await?;
    let mut connection = connect(&opened).await?;
    whole(&mut connection).await?;
    match &settings.from {
        Some(from) => compare(&mut connection, from).await,
        None => Ok(()),
    }
}

/// Recomputes the chain, and says what came of it.
pub async fn whole(connection: &mut AsyncPgConnection) -> Result<(), Failed> {
    let terminal = std::io::stderr().is_terminal();
    let verdict = verify::verify(connection, |at, head| {
        if terminal {
            // Progress is a courtesy; a terminal that is gone is no reason to fail.
            let _ = write!(std::io::stderr(), "\r{at} / {head}");
        }
    })
    .await
    .map_err(Failed::of)?;
    if terminal {
        eprintln!();
    }
    let (ledger, head, changes, redacted) = (
        verdict.ledger,
        citation(verdict.head.revision, &hex::encode(&verdict.head.digest)),
        verdict.changes,
        verdict.redacted,
    );
    if verdict.faults.is_empty() {
        tell(say!(
            "Ledger {ledger} is whole up to {head}: {changes} changes, {redacted} of them redacted.",
            "账本 {ledger} 至 {head} 完整无误：{changes} 项变更，其中 {redacted} 项已涂删。"
        ));
        return Ok(());
    }
    let count = verdict.faults.len();
    for fault in &verdict.faults {
        tell(fault.clone());
    }
    Err(Failed(say!(
        "Ledger {ledger} does NOT verify: {count} faults. Restore it from a backup or a mirror.",
        "账本 {ledger} 验证失败：共 {count} 处。请从备份或镜像恢复。"
    )))
}

/// Says whether another instance has the same history.
async fn compare(connection: &mut AsyncPgConnection, from: &str) -> Result<(), Failed> {
    match compare::compare(connection, &Upstream::new(from)).await? {
        Comparison::Alike { ours, theirs } => {
            tell(say!(
                "It has the same history as {from}, as far as both go: head is {ours} here and {theirs} there.",
                "与 {from} 的历史一致（双方共有的部分）：本地头部 {ours}，对方头部 {theirs}。"
            ));
            Ok(())
        }
        Comparison::Differ(divergence) => Err(Failed(divergence.message())),
    }
}
