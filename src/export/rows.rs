//! Records for a writer: while it writes one chunk, the next is read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::Error;
use crate::db;
use crate::db::read::chunks::{Chunk, Chunks};

type Read = (Chunks, Result<Option<Chunk>, db::Error>);

/// Chunks of records, one read ahead.
pub struct Rows {
    handle: Handle,
    ahead: Option<JoinHandle<Read>>,
    /// The newest redaction that the file is allowed to know.
    last_redaction: Option<i64>,
    stopped: Arc<AtomicBool>,
}

impl Rows {
    /// Begins to read on the current runtime, which `stopped` ends early.
    pub fn new(handle: Handle, chunks: Chunks, stopped: Arc<AtomicBool>) -> Rows {
        let mut rows = Rows { handle, ahead: None, last_redaction: None, stopped };
        rows.read_ahead(chunks);
        rows
    }

    /// Refuses to go on once something is redacted after this revision, so that a file that is kept holds
    /// none of it.
    pub fn unless_redacted_after(mut self, last_redaction: i64) -> Rows {
        self.last_redaction = Some(last_redaction);
        self
    }

    fn read_ahead(&mut self, mut chunks: Chunks) {
        self.ahead = Some(self.handle.spawn(async move {
            let chunk = chunks.next().await;
            (chunks, chunk)
        }));
    }

    /// Records, one a line; none after the last.
    pub async fn read(&mut self) -> Result<Option<String>, Error> {
        let Some(ahead) = self.ahead.take() else { return Ok(None) };
        let (chunks, chunk) = ahead.await.map_err(|_| Error::Stopped)?;
        if self.stopped.load(Ordering::Relaxed) {
            return Err(Error::Stopped);
        }
        let Some(chunk) = chunk? else { return Ok(None) };
        if self.last_redaction.is_some_and(|known| chunk.last_redaction != known) {
            return Err(Error::Redacted);
        }
        self.read_ahead(chunks);
        Ok(Some(chunk.records))
    }

    /// The same for a thread that may block.
    pub fn wait(&mut self) -> Result<Option<String>, Error> {
        let handle = self.handle.clone();
        handle.block_on(self.read())
    }
}
