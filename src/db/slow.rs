//! The slow lane: reads that may take long, such as searches, files and comparisons, have most of the connections and never
//! all of them, so that a record is read at once however many search.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use super::Error;

/// How long a slow read waits for its turn.
const WAIT: Duration = Duration::from_secs(4);
/// How many wait at most, for each that may go on.
const QUEUE: usize = 64;

/// The turns of slow reads, and places to wait for one.
pub struct Slow {
    turns: Semaphore,
    places: Semaphore,
}

impl Slow {
    /// Three of four connections.
    pub fn of(connections: usize) -> Slow {
        let turns = (connections * 3 / 4).max(1);
        Slow { turns: Semaphore::new(turns), places: Semaphore::new(turns * QUEUE) }
    }

    /// Waits for a turn, which ends when the value is dropped.
    pub async fn turn(&self) -> Result<SemaphorePermit<'_>, Error> {
        if let Ok(turn) = self.turns.try_acquire() {
            return Ok(turn);
        }
        let full = |_| Error::Unavailable("as many slow reads wait as may".into());
        let _place = self.places.try_acquire().map_err(full)?;
        let late = || Error::Unavailable("slow reads take longer than this one waits".into());
        match tokio::time::timeout(WAIT, self.turns.acquire()).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) | Err(_) => Err(late()),
        }
    }
}
