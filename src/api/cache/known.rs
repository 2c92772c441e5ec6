//! What the process knows of the ledger's newest revisions: whether an answer made before still holds.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::basis::{Basis, KindSet, Rests, Touched};
use crate::db::read::touched::{MOST_REVISIONS, Row};

/// How long the database is left alone after it failed, where there is an older answer to give.
const REST: Duration = Duration::from_secs(1);

/// How an answer stands to what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is what would be made now.
    Fresh,
    /// It may be given while the database is away, since no redaction is known after it.
    Stale,
    /// It must not be given any more.
    Gone,
}

pub struct Known {
    /// The newest revision that was heard of.
    heard: AtomicI64,
    /// The newest one of which it is known what it changed.
    told: AtomicI64,
    redaction: AtomicI64,
    /// Newest revisions, in order and without a gap.
    touched: RwLock<History>,
    began: Instant,
    /// Until when the database is left alone, in milliseconds since the process began.
    rests_until: AtomicU64,
}

#[derive(Default)]
struct History {
    digest: String,
    revisions: VecDeque<Touched>,
}

impl Default for Known {
    fn default() -> Known {
        Known {
            heard: AtomicI64::new(-1),
            told: AtomicI64::new(-1),
            redaction: AtomicI64::new(0),
            touched: RwLock::default(),
            began: Instant::now(),
            rests_until: AtomicU64::new(0),
        }
    }
}

impl Known {
    /// Takes in that a revision is there, and a redaction.
    pub fn hear(&self, head: i64, last_redaction: i64) {
        self.redaction.fetch_max(last_redaction, Ordering::SeqCst);
        self.heard.fetch_max(head, Ordering::SeqCst);
    }

    /// The newest revision of which it is known what it changed.
    pub fn told(&self) -> i64 {
        self.told.load(Ordering::SeqCst)
    }

    /// Takes in what the newest revisions changed; whether it is another history than the one known before.
    pub fn tell(&self, rows: Vec<Row>) -> bool {
        let Some(first) = rows.first() else { return false };
        let (head, last_redaction, digest) = (first.head, first.last_redaction, first.digest.clone());
        let mut history = self.touched.write().unwrap_or_else(PoisonError::into_inner);
        let known = self.told();
        let is_other = known > 0 && first.known_digest.as_deref() != Some(history.digest.as_str());
        if is_other {
            history.revisions.clear();
        }
        for row in rows {
            let Some(revision) = row.revision else { continue };
            // What lies before a gap says nothing any more.
            if history.revisions.back().is_some_and(|last| last.revision + 1 != revision) {
                history.revisions.clear();
            }
            let kinds = KindSet::named(row.kinds.iter().flatten().map(String::as_str));
            history.revisions.push_back(Touched {
                revision,
                kinds,
                records: row.records.map(|all| all.into_iter().collect()),
            });
        }
        while history.revisions.len() > usize::try_from(MOST_REVISIONS).unwrap_or_default() {
            history.revisions.pop_front();
        }
        history.digest = digest;
        self.redaction.fetch_max(last_redaction, Ordering::SeqCst);
        if is_other {
            self.redaction.store(last_redaction, Ordering::SeqCst);
            self.heard.store(head, Ordering::SeqCst);
        } else {
            self.heard.fetch_max(head, Ordering::SeqCst);
        }
        self.told.store(head, Ordering::SeqCst);
        is_other
    }

    /// How an answer stands that is known to hold at `holds_at`, which is moved on as far as it holds. `confirmed` says
    /// whether what was heard is surely all there is.
    pub fn standing(&self, basis: &Basis, holds_at: &AtomicI64, confirmed: bool) -> Standing {
        if matches!(basis.rests, Rests::Release) {
            return Standing::Fresh;
        }
        let heard = self.heard.load(Ordering::SeqCst);
        let told = self.told.load(Ordering::SeqCst);
        if basis.last_redaction < self.redaction.load(Ordering::SeqCst) || heard > told.max(basis.head) {
            return Standing::Gone;
        }
        let holds = basis.pinned || self.holds(&basis.rests, holds_at, heard);
        if holds && confirmed { Standing::Fresh } else { Standing::Stale }
    }

    /// Whether nothing that it rests on was changed up to `head`.
    fn holds(&self, rests: &Rests, holds_at: &AtomicI64, head: i64) -> bool {
        let at = holds_at.load(Ordering::SeqCst);
        if at >= head {
            return true;
        }
        let history = self.touched.read().unwrap_or_else(PoisonError::into_inner);
        let (Some(first), Some(last)) = (history.revisions.front(), history.revisions.back()) else { return false };
        if first.revision > at + 1 || last.revision < head {
            return false;
        }
        let since = history.revisions.iter().filter(|touched| touched.revision > at && touched.revision <= head);
        let holds = since.into_iter().all(|touched| !rests.is_touched_by(touched));
        if holds {
            holds_at.fetch_max(head, Ordering::SeqCst);
        }
        holds
    }

    /// The revision that an answer which holds is of.
    pub fn head_of(&self, holds_at: &AtomicI64) -> i64 {
        self.heard.load(Ordering::SeqCst).max(holds_at.load(Ordering::SeqCst))
    }

    /// Leaves the database alone for a while.
    pub fn rest(&self) {
        let until = self.began.elapsed() + REST;
        self.rests_until.store(u64::try_from(until.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    /// Whether the database is left alone.
    pub fn rests(&self) -> bool {
        self.began.elapsed().as_millis() < u128::from(self.rests_until.load(Ordering::SeqCst))
    }
}
