//! How much each client has taken lately, in bounded memory.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

const MINUTE: u64 = 60_000_000_000;
const SECOND: u64 = 1_000_000_000;
const SHARDS: usize = 64;
/// Clients remembered in a shard: 65,536 in all, about 3 MiB.
const SHARD: usize = 1024;

/// Whom a limit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Client {
    V4(u32),
    /// A network of 64 bits, which is what one customer has.
    V6(u64),
    Key(u64),
}

/// What is left, in requests and whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    pub remaining: u64,
    /// Until all is there again, or until this request would be taken.
    pub seconds: u64,
}

/// For each client the time at which it would have all of its quota again (the generic cell rate algorithm: a bucket
/// that holds a minute's quota and fills evenly). Clients that have all of it need not be remembered.
pub struct Buckets {
    shards: Vec<Mutex<HashMap<Client, u64>>>,
    hasher: RandomState,
}

impl Default for Buckets {
    fn default() -> Buckets {
        Buckets { shards: (0..SHARDS).map(|_| Mutex::default()).collect(), hasher: RandomState::new() }
    }
}

impl Buckets {
    /// Takes `cost` from the quota of `limit` a minute at a time in nanoseconds, or says when it could be taken.
    pub fn take(&self, client: Client, cost: u64, limit: u64, now: u64) -> Result<Level, Level> {
        let one = (MINUTE / limit.max(1)).max(1);
        let index = usize::try_from(self.hasher.hash_one(client) % SHARDS as u64).unwrap_or_default();
        let Some(shard) = self.shards.get(index) else { return Ok(Level { remaining: limit, seconds: 0 }) };
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        let full_at = shard.get(&client).copied().unwrap_or(now).max(now);
        let then = full_at.saturating_add(one.saturating_mul(cost.min(limit)));
        let level = |full_at: u64, wait: u64| Level {
            remaining: MINUTE.saturating_sub(full_at - now) / one,
            seconds: wait.div_ceil(SECOND),
        };
        if then - now > MINUTE {
            return Err(level(full_at, then - now - MINUTE));
        }
        if shard.len() >= SHARD && !shard.contains_key(&client) {
            make_room(&mut shard, now);
        }
        shard.insert(client, then);
        Ok(level(then, then - now))
    }

    /// How many clients are remembered.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Forgets who has all of their quota; where few have, half of the others, those who lack least.
fn make_room(shard: &mut HashMap<Client, u64>, now: u64) {
    shard.retain(|_, full_at| *full_at > now);
    let Some(mut spare) = shard.len().checked_sub(SHARD / 2) else { return };
    let mut times: Vec<u64> = shard.values().copied().collect();
    let Some((_, &mut middle, _)) = (spare < times.len()).then(|| times.select_nth_unstable(spare)) else { return };
    shard.retain(|_, full_at| {
        let stays = *full_at > middle || spare == 0;
        spare -= usize::from(!stays);
        stays
    });
}
