//! The slow lane: reads that may take long, such as searches, files and comparisons, have most of the connections and never
//! all of them, so that a record is read at once however many search.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use super::Error;
use super::statement::Pace;

/// How long a slow read waits for its turn, unless it is patient.
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

    /// Waits for a turn, which ends when the value is dropped; none where there is no need of one.
    pub async fn turn(&self, pace: Pace) -> Result<Option<SemaphorePermit<'_>>, Error> {
        let late = || Error::Busy("slow reads take longer than this one waits".into());
        match pace {
            Pace::Quick => Ok(None),
            // In the same queue as the others, so that neither holds up the other for ever.
            Pace::Patient => self.turns.acquire().await.map(Some).map_err(|_| late()),
            Pace::Slow => {
                if let Ok(turn) = self.turns.try_acquire() {
                    return Ok(Some(turn));
                }
                let full = |_| Error::Busy("as many slow reads wait as may".into());
                let _place = self.places.try_acquire().map_err(full)?;
                let turn = tokio::time::timeout(WAIT, self.turns.acquire()).await;
                turn.ok().and_then(Result::ok).map(Some).ok_or_else(late)
            }
        }
    }
}
