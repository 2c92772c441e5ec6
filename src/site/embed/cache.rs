//! Finished embeds, kept for a while. They are fresh as long as the process has heard of no newer revision, for a
//! few seconds at most; when the database fails they are served stale, but never over a redaction.

use std::cell::RefCell;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use actix_web::web::Bytes;
use moka::future::Cache;
use moka::ops::compute::Op;
use sha2::{Digest, Sha256};

use crate::api::answer::is_pinned;
use crate::api::problem::{DATABASE_UNAVAILABLE, Failure, INTERNAL_ERROR, QUERY_TOO_SLOW};
use crate::db::read::{At, Moment};

/// How long an answer at head is fresh, and one at a revision.
const LIVE: Duration = Duration::from_secs(3);
const PINNED: Duration = Duration::from_secs(300);
/// How long the database may take where there is an older answer to give.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long it is left alone after it failed.
const REST: Duration = Duration::from_secs(1);
/// What an entry takes beside its texts, about.
const OVERHEAD: usize = 512;

/// A finished answer.
#[derive(Clone)]
pub struct Kept {
    pub body: Bytes,
    pub etag: String,
    pub moment: Moment,
    pub pinned: bool,
    made: Instant,
    /// Not tried anew before.
    rests_until: Option<Instant>,
}

impl Kept {
    pub fn new(body: String, moment: Moment, at: At) -> Kept {
        let digest = hex::encode(Sha256::digest(&body));
        let etag = format!("W/\"{}\"", digest.get(..20).unwrap_or_default());
        let pinned = is_pinned(at, &moment);
        Kept { body: body.into(), etag, moment, pinned, made: Instant::now(), rests_until: None }
    }
}

/// Where an answer came from, as `Cache-Status` (RFC 9211) says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Fresh,
    Made,
    /// Older than it should be, since the database failed.
    Stale,
}

impl Source {
    /// The header; `ttl` says how long it is fresh yet, or since when it is not.
    pub fn header(self, kept: &Kept) -> String {
        let limit = if kept.pinned { PINNED } else { LIVE };
        let seconds = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        let ttl = seconds(limit) - seconds(kept.made.elapsed());
        match self {
            Source::Fresh => format!("open-commitments; hit; ttl={}", ttl.max(0)),
            Source::Made => "open-commitments; fwd=miss; stored".to_owned(),
            Source::Stale => format!("open-commitments; hit; ttl={}; detail=database-unavailable", ttl.min(-1)),
        }
    }
}

/// The answers kept, bounded by their bytes.
pub struct Embeds {
    kept: Cache<String, Arc<Kept>>,
    live: Duration,
    pinned: Duration,
    /// The newest revision up to which redactions are known, and the newest redaction.
    head: AtomicI64,
    redaction: AtomicI64,
}

impl Embeds {
    /// At most `bytes` are kept, those used least going first.
    pub fn new(bytes: u64) -> Embeds {
        let weight =
            |key: &String, kept: &Arc<Kept>| u32::try_from(key.len() + kept.body.len() + OVERHEAD).unwrap_or(u32::MAX);
        Embeds {
            kept: Cache::builder().max_capacity(bytes).weigher(weight).build(),
            live: LIVE,
            pinned: PINNED,
            head: AtomicI64::new(-1),
            redaction: AtomicI64::new(0),
        }
    }

    /// The same, whose answers are old as soon as they are made.
    pub fn without_freshness(self) -> Embeds {
        Embeds { live: Duration::ZERO, pinned: Duration::ZERO, ..self }
    }

    /// Bytes that are taken, about.
    pub fn bytes(&self) -> u64 {
        self.kept.weighted_size()
    }

    /// Takes in what is known of a head: nothing made before a redaction is served after it.
    pub fn hear(&self, head: i64, last_redaction: i64) {
        if self.redaction.fetch_max(last_redaction, Ordering::SeqCst) < last_redaction {
            self.kept.invalidate_all();
        }
        self.head.fetch_max(head, Ordering::SeqCst);
    }

    /// An answer that is kept, or one that is made now: once for all who ask at the same time. `heard` is the newest
    /// revision that the process has heard of.
    pub async fn answer<Made>(
        &self,
        key: &str,
        heard: i64,
        make: impl FnOnce() -> Made,
    ) -> Result<(Arc<Kept>, Source), Failure>
    where
        Made: Future<Output = Result<Kept, Failure>>,
    {
        if let Some(kept) = self.kept.get(key).await.filter(|kept| self.is_fresh(kept, heard)) {
            return Ok((kept, Source::Fresh));
        }
        let outcome = RefCell::new(Err(Failure::plain(&INTERNAL_ERROR)));
        let tell = |told| *outcome.borrow_mut() = told;
        let work = async |old: Option<Arc<Kept>>| {
            if let Some(old) = &old {
                let rests = old.rests_until.is_some_and(|until| Instant::now() < until);
                if self.is_fresh(old, heard) {
                    tell(Ok((old.clone(), Source::Fresh)));
                    return Op::Nop;
                }
                if rests && self.may_be_stale(old, heard) {
                    tell(Ok((old.clone(), Source::Stale)));
                    return Op::Nop;
                }
            }
            let made = match &old {
                Some(_) => tokio::time::timeout(PATIENCE, make())
                    .await
                    .unwrap_or_else(|_| Err(Failure::plain(&DATABASE_UNAVAILABLE))),
                None => make().await,
            };
            match (made, old) {
                (Ok(made), _) => {
                    self.hear(made.moment.head, made.moment.last_redaction);
                    let made = Arc::new(made);
                    tell(Ok((made.clone(), Source::Made)));
                    Op::Put(made)
                }
                (Err(failure), Some(old)) if is_outage(&failure) => {
                    if !self.may_be_stale(&old, heard) {
                        tell(Err(failure));
                        return Op::Nop;
                    }
                    if let Some(cause) = &failure.cause {
                        log::warn!("{key} is served as it was: {cause}");
                    }
                    let old = Arc::new(Kept { rests_until: Some(Instant::now() + REST), ..old.as_ref().clone() });
                    tell(Ok((old.clone(), Source::Stale)));
                    Op::Put(old)
                }
                (Err(failure), old) => {
                    tell(Err(failure));
                    if old.is_some() { Op::Remove } else { Op::Nop }
                }
            }
        };
        let entry = self.kept.entry_by_ref(key);
        entry.and_compute_with(|entry| work(entry.map(|entry| entry.into_value()))).await;
        outcome.into_inner()
    }

    fn is_fresh(&self, kept: &Kept, heard: i64) -> bool {
        let limit = if kept.pinned { self.pinned } else { self.live };
        heard <= kept.moment.head && self.is_after_redactions(kept) && kept.made.elapsed() < limit
    }

    /// Whether no redaction is known after it, and whether all that is heard of is known.
    fn may_be_stale(&self, kept: &Kept, heard: i64) -> bool {
        let known = self.head.load(Ordering::SeqCst).max(kept.moment.head);
        heard <= known && self.is_after_redactions(kept)
    }

    fn is_after_redactions(&self, kept: &Kept) -> bool {
        kept.moment.last_redaction >= self.redaction.load(Ordering::SeqCst)
    }
}

fn is_outage(failure: &Failure) -> bool {
    [&DATABASE_UNAVAILABLE, &QUERY_TOO_SLOW].iter().any(|known| known.slug == failure.problem_type.slug)
}
