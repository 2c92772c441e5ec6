//! Finding the last revision that two histories have alike: digests are chained, so halving finds it.

use diesel_async::AsyncPgConnection;

use super::upstream::Upstream;
use super::{Divergence, Fault, local};

/// How two ledgers compare.
pub enum Comparison {
    /// Alike as far as both go.
    Alike {
        ours: i64,
        theirs: i64,
    },
    Differ(Divergence),
}

/// Compares this ledger with another.
pub async fn compare(connection: &mut AsyncPgConnection, upstream: &Upstream) -> Result<Comparison, Fault> {
    let index = upstream.index().await?;
    let ours = local::head(connection).await?.revision;
    let theirs = index.revision;
    let (mut agreed, mut beyond) = (0, ours.min(theirs) + 1);
    let (ledger, _) = local::identity(connection).await?;
    if ledger != index.ledger {
        beyond = 1;
    } else if beyond == 1 || same(connection, upstream, beyond - 1).await? {
        return Ok(Comparison::Alike { ours, theirs });
    }
    // Revision `agreed` is alike, `beyond` is not, or is only on one side.
    while beyond - agreed > 1 {
        let middle = agreed + (beyond - agreed) / 2;
        if same(connection, upstream, middle).await? {
            agreed = middle;
        } else {
            beyond = middle;
        }
    }
    Ok(Comparison::Differ(Divergence {
        agreed,
        our_head: ours,
        their_head: theirs,
        our_digest: local::digest(connection, agreed + 1).await?,
        their_digest: upstream.digest(agreed + 1).await?,
    }))
}

async fn same(connection: &mut AsyncPgConnection, upstream: &Upstream, revision: i64) -> Result<bool, Fault> {
    Ok(local::digest(connection, revision).await? == upstream.digest(revision).await?)
}
