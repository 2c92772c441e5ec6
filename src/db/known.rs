//! What the process knows of the newest revision, so that a read need not look it up: head and what last changed each
//! kind, as its listener heard of it. Nothing is known while the listener is away, or between hearing of a revision and
//! reading about it; then a read looks up the head itself, in its one statement.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, NaiveDate, Utc};
use quick_cache::sync::Cache;

use super::heads::Confirmed;
use super::read::touched::Row;
use super::read::{At, Moment};
use crate::model::kinds::KINDS;

/// Digests of revisions that are kept, 32 bytes each.
const MOST_DIGESTS: usize = 16_384;

/// The newest revision.
pub struct Head {
    pub revision: i64,
    pub published_at: Option<DateTime<Utc>>,
    /// Its day in the ledger's zone.
    pub published_on: Option<NaiveDate>,
    /// In hexadecimal.
    pub digest: String,
    pub last_redaction: i64,
    /// The newest revision that changed rows of each kind, in the order of [`KINDS`].
    changed_in: Vec<i64>,
}

impl Head {
    /// The newest revision that changed rows of one of these kinds; none where a kind is unknown.
    pub fn changed_in<'a>(&self, kinds: impl IntoIterator<Item = &'a str>) -> Option<i64> {
        let place = |name: &str| KINDS.iter().position(|kind| kind.name == name);
        kinds.into_iter().try_fold(0, |newest: i64, name| Some(newest.max(*self.changed_in.get(place(name)?)?)))
    }
}

pub struct Known {
    confirmed: Arc<Confirmed>,
    /// The newest revision that was heard of.
    heard: AtomicI64,
    redaction: AtomicI64,
    head: RwLock<Option<Arc<Head>>>,
    digests: Cache<i64, [u8; 32]>,
}

impl Known {
    pub fn new(confirmed: Arc<Confirmed>) -> Known {
        Known {
            confirmed,
            heard: AtomicI64::new(-1),
            redaction: AtomicI64::new(0),
            head: RwLock::default(),
            digests: Cache::new(MOST_DIGESTS),
        }
    }

    /// Whether what was heard of is surely all there is.
    pub fn is_confirmed(&self) -> bool {
        self.confirmed.holds()
    }

    /// The newest revision that was heard of; -1 before the first.
    pub fn heard(&self) -> i64 {
        self.heard.load(Ordering::SeqCst)
    }

    /// The newest redaction that was heard of.
    pub fn redaction(&self) -> i64 {
        self.redaction.load(Ordering::SeqCst)
    }

    /// The newest revision that was read about; -1 before the first.
    pub fn told(&self) -> i64 {
        self.last().map_or(-1, |head| head.revision)
    }

    /// The oldest head of a server that may answer: before it, something may have been redacted that still stands there.
    /// None before anything was read about.
    pub fn least(&self) -> Option<i64> {
        let (told, heard) = (self.told(), self.heard());
        // Of what was only heard of, nobody knows what it is.
        (told >= 0).then(|| if heard > told { heard } else { self.redaction() })
    }

    /// Whether a revision is known to have another digest, in hexadecimal.
    pub fn contradicts(&self, revision: i64, digest: &str) -> bool {
        self.digest(revision).is_some_and(|known| known != digest)
    }

    /// Takes in that a revision is there, and a redaction.
    pub fn hear(&self, head: i64, last_redaction: i64) {
        self.redaction.fetch_max(last_redaction, Ordering::SeqCst);
        self.heard.fetch_max(head, Ordering::SeqCst);
    }

    /// Takes in what was read about the newest revisions; whether it is another history than the one known before.
    pub fn tell(&self, rows: &[Row]) -> bool {
        let Some(row) = rows.first() else { return false };
        let before = self.last();
        let is_other = before
            .filter(|before| before.revision > 0)
            .is_some_and(|before| row.known_digest.as_ref() != Some(&before.digest));
        if is_other {
            self.forget(row);
        }
        let head = Head {
            revision: row.head,
            published_at: row.head_time,
            published_on: row.head_on,
            digest: row.digest.clone(),
            last_redaction: row.last_redaction,
            changed_in: row.changed_in.clone(),
        };
        self.learn(head.revision, &head.digest);
        *self.head.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(head));
        self.hear(row.head, row.last_redaction);
        is_other
    }

    /// Takes back what was known of revisions that the primary does not have: they were lost with the one before it.
    pub fn forget(&self, row: &Row) {
        self.digests.clear();
        self.redaction.store(row.last_redaction, Ordering::SeqCst);
        self.heard.store(row.head, Ordering::SeqCst);
    }

    fn last(&self) -> Option<Arc<Head>> {
        self.head.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The head, where it is surely known.
    pub fn head(&self) -> Option<Arc<Head>> {
        let heard = self.heard();
        self.last().filter(|head| self.is_confirmed() && head.revision == heard && heard > 0)
    }

    /// The moment of a read, where it need not be looked up; what the answer rests on is still to be said.
    pub fn moment(&self, at: At) -> Option<Moment> {
        let head = self.head()?;
        let n = match at {
            At::Head => head.revision,
            At::HeadWith(n) if n <= head.revision => head.revision,
            At::Revision(n) if n > 0 && n <= head.revision => n,
            _ => return None,
        };
        let n_digest = Some(if n == head.revision { head.digest.clone() } else { self.digest(n)? });
        Some(Moment {
            head: head.revision,
            head_time: head.published_at,
            head_on: head.published_on,
            n,
            n_digest,
            as_of: None,
            last_redaction: head.last_redaction,
            changed_in: 0,
            digest: String::new(),
        })
    }

    /// The newest revision that changed rows of one of these kinds, where `n` is the head that is known.
    pub fn changed_in(&self, kinds: impl IntoIterator<Item = &'static str>, n: i64) -> Option<i64> {
        self.head().filter(|head| head.revision == n)?.changed_in(kinds)
    }

    /// Says what an answer rests on, where the digest of that revision is known.
    pub fn rests(&self, moment: Moment, changed_in: i64) -> Option<Moment> {
        let digest = self.digest(changed_in)?;
        Some(Moment { changed_in, digest, ..moment })
    }

    /// Learns from a moment that was looked up.
    pub fn learn_from(&self, moment: &Moment) {
        self.learn(moment.changed_in, &moment.digest);
        if let Some(digest) = &moment.n_digest {
            self.learn(moment.n, digest);
        }
    }

    fn learn(&self, revision: i64, digest: &str) {
        let mut bytes = [0; 32];
        if revision > 0 && hex::decode_to_slice(digest, &mut bytes).is_ok() {
            self.digests.insert(revision, bytes);
        }
    }

    fn digest(&self, revision: i64) -> Option<String> {
        self.digests.get(&revision).map(hex::encode)
    }
}
