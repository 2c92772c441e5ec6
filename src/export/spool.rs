//! Files that are kept for a while, within a bound. A file is written once for all who want it; its length
//! and digest are known before it is sent, and parts of it can be. Files have no names on the disk, so
//! whatever ends the process takes them along.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, watch};

use super::{Error, Shared};

/// Files that may be written at a time.
const WRITERS: usize = 2;
/// Files that are being written or wait for their turn, at most.
const WAITING: usize = 64;
/// Files kept at most: each is an open file.
const MOST: usize = 200;

/// A finished file.
#[derive(Debug)]
pub struct Spooled {
    file: File,
    pub length: u64,
    /// SHA-256 of its bytes.
    pub digest: [u8; 32],
    /// Given back when nobody reads it any more.
    _room: Room,
}

/// Bytes of the folder that are taken, given back when dropped.
#[derive(Debug)]
struct Room {
    taken: Arc<AtomicU64>,
    bytes: u64,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Spooled {
    /// Bytes from a place on, at most `most`; fewer at the end.
    pub fn read(&self, at: u64, most: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; most];
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, at + filled as u64)? {
                0 => break,
                read => filled += read,
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }
}

type Outcome = Result<Arc<Spooled>, Shared>;

enum Entry {
    Writing(watch::Receiver<Option<Outcome>>),
    Kept { file: Arc<Spooled>, used_at: u64, last_redaction: i64 },
}

#[derive(Default)]
struct Kept {
    entries: HashMap<String, Entry>,
    /// Counts uses, so that the least recently used file goes first.
    clock: u64,
    /// The newest redaction heard of; what is older is not kept.
    last_redaction: i64,
}

/// The folder.
pub struct Spool {
    folder: PathBuf,
    most_bytes: u64,
    /// Bytes of all files: kept, being written, and let go of while somebody still reads them.
    taken: Arc<AtomicU64>,
    writers: Arc<Semaphore>,
    kept: Mutex<Kept>,
    /// Set when the service ends.
    stopped: Arc<AtomicBool>,
}

impl Spool {
    /// Keeps at most `most_bytes` in the folder, which is made when first needed.
    pub fn new(folder: PathBuf, most_bytes: u64) -> Spool {
        let writers = Arc::new(Semaphore::new(WRITERS));
        let (taken, kept, stopped) = Default::default();
        Spool { folder, most_bytes, taken, writers, kept, stopped }
    }

    /// Ends what is being written.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether the service ends.
    pub fn stopped(&self) -> Arc<AtomicBool> {
        self.stopped.clone()
    }

    /// Bytes that are taken.
    pub fn bytes(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// The file of a key, written by `write` unless it is there, or is being written for somebody else. Whoever
    /// does not want to wait longer than `patience` leaves it to be written, and finds it when asking again.
    pub async fn get<W>(self: &Arc<Self>, key: &str, last_redaction: i64, patience: Duration, write: W) -> Outcome
    where
        W: FnOnce(&mut Sink) -> Result<(), Error> + Send + 'static,
    {
        self.forget_before(last_redaction);
        let mut outcome = match self.find_or_begin(key)? {
            Begun::Kept(file) => return Ok(file),
            Begun::Writing(outcome) => outcome,
            Begun::Ours { outcome, tell } => {
                let (spool, key) = (self.clone(), key.to_owned());
                // Dropped without having told, after a panic or when the runtime ends, it tells of that.
                let mut promise = Promise { spool, key, last_redaction, tell, kept: false };
                let turn = self.writers.clone().acquire_owned();
                drop(tokio::spawn(async move {
                    match tokio::time::timeout(patience / 2, turn).await {
                        Ok(Ok(turn)) => drop(tokio::task::spawn_blocking(move || {
                            promise.keep(write);
                            drop(turn);
                        })),
                        _ => promise.tell_all(Err(Arc::new(Error::Busy))),
                    }
                }));
                outcome
            }
        };
        let told = tokio::time::timeout(patience, outcome.wait_for(Option::is_some)).await;
        match told.map(|told| told.map(|outcome| outcome.clone())) {
            Ok(Ok(Some(outcome))) => outcome,
            Ok(_) => Err(Arc::new(Error::Stopped)),
            Err(_) => Err(Arc::new(Error::Preparing)),
        }
    }

    fn find_or_begin(&self, key: &str) -> Result<Begun, Shared> {
        let mut kept = self.kept();
        kept.clock += 1;
        let now = kept.clock;
        match kept.entries.get_mut(key) {
            Some(Entry::Kept { file, used_at, .. }) => {
                *used_at = now;
                Ok(Begun::Kept(file.clone()))
            }
            Some(Entry::Writing(outcome)) => Ok(Begun::Writing(outcome.clone())),
            None => {
                let writing = kept.entries.values().filter(|entry| matches!(entry, Entry::Writing(_))).count();
                if writing >= WAITING {
                    return Err(Arc::new(Error::Busy));
                }
                let (tell, outcome) = watch::channel(None);
                kept.entries.insert(key.to_owned(), Entry::Writing(outcome.clone()));
                Ok(Begun::Ours { outcome, tell })
            }
        }
    }

    /// Empties the folder of what was written before a redaction: it may hold what is redacted.
    pub fn forget_before(&self, redaction: i64) {
        let mut kept = self.kept();
        if kept.last_redaction >= redaction {
            return;
        }
        kept.last_redaction = redaction;
        let old = |entry: &Entry| matches!(entry, Entry::Kept { last_redaction, .. } if *last_redaction < redaction);
        kept.entries.retain(|_, entry| !old(entry));
    }

    /// Makes room for bytes about to be written; what was used longest ago goes.
    fn reserve(&self, bytes: u64) -> io::Result<()> {
        let fits = |taken: u64| taken.checked_add(bytes).filter(|taken| *taken <= self.most_bytes);
        while self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_err() {
            if !self.kept().evict() {
                return Err(io::Error::other(OverLimit));
            }
        }
        Ok(())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Begun {
    Kept(Arc<Spooled>),
    Writing(watch::Receiver<Option<Outcome>>),
    Ours { outcome: watch::Receiver<Option<Outcome>>, tell: watch::Sender<Option<Outcome>> },
}

impl Kept {
    /// Lets go of the file used longest ago. Who is reading it reads on.
    fn evict(&mut self) -> bool {
        let used = |entry: &Entry| match entry {
            Entry::Kept { used_at, .. } => Some(*used_at),
            Entry::Writing(_) => None,
        };
        let oldest =
            self.entries.iter().filter_map(|(key, entry)| Some((used(entry)?, key.clone()))).min().map(|(_, key)| key);
        oldest.and_then(|key| self.entries.remove(&key)).is_some()
    }
}

/// Whoever writes a file owes its outcome to all who wait.
struct Promise {
    spool: Arc<Spool>,
    key: String,
    last_redaction: i64,
    tell: watch::Sender<Option<Outcome>>,
    kept: bool,
}

impl Promise {
    fn keep(mut self, write: impl FnOnce(&mut Sink) -> Result<(), Error>) {
        let written = Sink::new(&self.spool).and_then(|mut sink| {
            // Libraries wrap what went wrong below them in errors of their own.
            write(&mut sink).map_err(|error| sink.failure.take().map_or(error, Error::from))?;
            sink.finish()
        });
        self.tell_all(written.map(Arc::new).map_err(Arc::new));
    }

    fn tell_all(&mut self, outcome: Outcome) {
        self.kept = true;
        {
            let mut kept = self.spool.kept();
            kept.entries.remove(&self.key);
            // What was redacted meanwhile is not kept.
            if let Ok(file) = outcome.as_ref().map(Arc::clone)
                && self.last_redaction >= kept.last_redaction
            {
                kept.clock += 1;
                let entry = Entry::Kept { file, used_at: kept.clock, last_redaction: self.last_redaction };
                kept.entries.insert(self.key.clone(), entry);
                while kept.entries.len() > MOST && kept.evict() {}
            }
        }
        // Nobody waits any more: then it is found by whoever asks next.
        let _ = self.tell.send(Some(outcome));
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        if !self.kept {
            let panicked = std::thread::panicking();
            self.tell_all(Err(Arc::new(if panicked { Error::broken("the writer panicked") } else { Error::Stopped })));
        }
    }
}

/// A file being written. What it takes is reserved before, and given back if it is not finished.
pub struct Sink {
    spool: Arc<Spool>,
    file: File,
    room: Room,
    /// What is taken beside it.
    aside: Room,
    /// Of the bytes so far, as long as they are written in order.
    hasher: Option<Sha256>,
    position: u64,
    /// What went wrong when it was written to.
    failure: Option<io::Error>,
}

/// More than the folder may hold.
#[derive(Debug)]
pub struct OverLimit;

impl std::fmt::Display for OverLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the file is larger than the folder may be")
    }
}

impl std::error::Error for OverLimit {}

impl Sink {
    fn new(spool: &Arc<Spool>) -> Result<Sink, Error> {
        std::fs::create_dir_all(&spool.folder)?;
        let file = tempfile::tempfile_in(&spool.folder)?;
        let room = || Room { taken: spool.taken.clone(), bytes: 0 };
        let (room, aside) = (room(), room());
        Ok(Sink { spool: spool.clone(), file, room, aside, hasher: Some(Sha256::new()), position: 0, failure: None })
    }

    /// Where other temporary files go, which [`Sink::set_aside`] makes room for.
    pub fn folder(&self) -> &std::path::Path {
        &self.spool.folder
    }

    /// Makes room for more bytes of a temporary file, until this one is finished.
    pub fn set_aside(&mut self, bytes: u64) -> io::Result<()> {
        self.spool.reserve(bytes)?;
        self.aside.bytes += bytes;
        Ok(())
    }

    fn finish(mut self) -> Result<Spooled, Error> {
        let hasher = match self.hasher.take() {
            Some(hasher) => hasher,
            None => self.hash()?,
        };
        let digest = hasher.finalize().into();
        Ok(Spooled { file: self.file, length: self.room.bytes, digest, _room: self.room })
    }

    fn hash(&mut self) -> io::Result<Sha256> {
        self.file.seek(SeekFrom::Start(0))?;
        let mut hasher = Sha256::new();
        let mut bytes = vec![0; 1 << 18];
        loop {
            match self.file.read(&mut bytes)? {
                0 => return Ok(hasher),
                read => hasher.update(bytes.get(..read).unwrap_or_default()),
            }
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.take_in(bytes).map_err(|error| {
            let told = io::Error::new(error.kind(), error.to_string());
            self.failure = Some(error);
            told
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Sink {
    fn take_in(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.spool.stopped.load(Ordering::Relaxed) {
            return Err(io::Error::other("the service ends"));
        }
        let end = self.position + bytes.len() as u64;
        if end > self.room.bytes {
            self.spool.reserve(end - self.room.bytes)?;
            self.room.bytes = end;
        }
        self.file.write_all(bytes)?;
        self.position = end;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        Ok(bytes.len())
    }
}

impl Seek for Sink {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = self.file.seek(to)?;
        if position != self.position {
            self.hasher = None;
        }
        self.position = position;
        Ok(position)
    }
}
