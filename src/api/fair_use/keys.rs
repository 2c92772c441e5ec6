//! Keys that were found good lately, so that a request with one takes no query.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::api::State;
use crate::ledger::keys;

/// How long an answer of the database holds: so long may an ended key still have its higher limit, and no more than that.
const KNOWN: Duration = Duration::from_secs(60);
/// The same where the database gave none, and how long it may take.
const UNKNOWN: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(1);
/// Keys remembered, good and bad.
const MOST: usize = 4096;

#[derive(Default)]
pub struct Keys(Mutex<HashMap<[u8; 32], Found>>);

/// What was found, and until when it holds.
#[derive(Clone, Copy)]
struct Found {
    key: Option<u64>,
    until: Instant,
}

impl Keys {
    /// The number of a good key; an inner `None` is a bad one, an outer one that nobody knows yet.
    pub fn known(&self, key: &str) -> Option<Option<u64>> {
        let digest: [u8; 32] = Sha256::digest(key).into();
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&digest).filter(|found| found.until > Instant::now()).map(|found| found.key)
    }

    fn remember(&self, key: &str, found: Option<u64>, holds: Duration) {
        let now = Instant::now();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.retain(|_, found| found.until > now);
        }
        // Strangers' guesses push out nothing that matters: it is asked for again.
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(Sha256::digest(key).into(), Found { key: found, until: now + holds });
    }
}

/// Asks the database for a key, and remembers what it says.
pub async fn look_up(state: &State, key: &str) -> Option<u64> {
    let now = (state.clock)();
    let asked = state.database.briefly(async |connection| keys::authenticate(connection, key, now).await);
    let (found, holds) = match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(authority)) => (authority.and_then(|authority| u64::from_str_radix(&authority.key, 16).ok()), KNOWN),
        // It is no worse for that than anybody without a key.
        Ok(Err(_)) | Err(_) => (None, UNKNOWN),
    };
    state.fair_use.keys.remember(key, found, holds);
    found
}
