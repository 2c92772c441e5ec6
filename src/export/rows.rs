//! Records for a writer: while it writes one chunk, the next are read.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::Error;
use crate::db;
use crate::db::read::chunks::{Chunk, Chunks};

/// Chunks that are being read, or wait to be written.
const AHEAD: usize = 3;

type Read = (Chunks, Result<Option<Chunk>, db::Error>);

/// Chunks of records, some read ahead.
pub struct Rows {
    handle: Handle,
    /// What is read first, before it is known in how many ranges.
    whole: Option<JoinHandle<Result<VecDeque<Chunks>, db::Error>>>,
    /// Ranges that are not begun.
    ranges: VecDeque<Chunks>,
    /// The next chunk of each range that is begun, in order.
    ahead: VecDeque<JoinHandle<Read>>,
    kept: Option<Kept>,
}

/// What a file that is kept is written under.
struct Kept {
    /// The newest redaction that it is allowed to know.
    last_redaction: i64,
    stopped: Arc<AtomicBool>,
}

impl Rows {
    /// Begins to read on this runtime.
    pub fn new(handle: Handle, chunks: Chunks) -> Rows {
        let whole = Some(handle.spawn(chunks.split()));
        let (ranges, ahead) = Default::default();
        Rows { handle, whole, ranges, ahead, kept: None }
    }

    /// Refuses to go on once something is redacted after this revision, so that a file that is kept holds
    /// none of it, and once `stopped` is set: nobody reads it yet.
    pub fn to_keep(mut self, last_redaction: i64, stopped: Arc<AtomicBool>) -> Rows {
        self.kept = Some(Kept { last_redaction, stopped });
        self
    }

    fn begin(&self, mut chunks: Chunks) -> JoinHandle<Read> {
        self.handle.spawn(async move {
            let chunk = chunks.next().await;
            (chunks, chunk)
        })
    }

    fn read_ahead(&mut self) {
        while self.ahead.len() < AHEAD
            && let Some(range) = self.ranges.pop_front()
        {
            self.ahead.push_back(self.begin(range));
        }
    }

    /// Records, one a line; none after the last.
    pub async fn read(&mut self) -> Result<Option<String>, Error> {
        if let Some(whole) = self.whole.take() {
            self.ranges = whole.await.map_err(|_| Error::Stopped)??;
            self.read_ahead();
        }
        while let Some(ahead) = self.ahead.pop_front() {
            let (chunks, chunk) = ahead.await.map_err(|_| Error::Stopped)?;
            if self.kept.as_ref().is_some_and(|kept| kept.stopped.load(Ordering::Relaxed)) {
                return Err(Error::Stopped);
            }
            let chunk = chunk?;
            // A range may be longer than its first chunk.
            if chunk.is_some() && !chunks.is_over() {
                self.ahead.push_front(self.begin(chunks));
            }
            self.read_ahead();
            let Some(chunk) = chunk else { continue };
            if self.kept.as_ref().is_some_and(|kept| kept.last_redaction != chunk.last_redaction) {
                return Err(Error::Redacted);
            }
            return Ok(Some(chunk.records));
        }
        Ok(None)
    }

    /// The same for a thread that may block.
    pub fn wait(&mut self) -> Result<Option<String>, Error> {
        let handle = self.handle.clone();
        handle.block_on(self.read())
    }
}

impl Drop for Rows {
    /// What nobody writes is not read.
    fn drop(&mut self) {
        self.ahead.iter().for_each(JoinHandle::abort);
        self.whole.iter().for_each(JoinHandle::abort);
    }
}
