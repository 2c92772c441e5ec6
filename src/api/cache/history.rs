//! What the newest revisions changed: whether an answer made before still holds.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::basis::{Basis, KindSet, Rests, Touched};
use crate::db::known::Known;
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

pub struct History {
    /// Newest revisions, in order and without a gap.
    revisions: RwLock<VecDeque<Touched>>,
    began: Instant,
    /// Until when the database is left alone, in milliseconds since the process began.
    rests_until: AtomicU64,
}

impl Default for History {
    fn default() -> History {
        History { revisions: RwLock::default(), began: Instant::now(), rests_until: AtomicU64::new(0) }
    }
}

impl History {
    /// Takes in what the newest revisions changed.
    pub fn tell(&self, rows: Vec<Row>, is_other: bool) {
        let mut revisions = self.revisions.write().unwrap_or_else(PoisonError::into_inner);
        if is_other {
            revisions.clear();
        }
        for row in rows {
            let Some(revision) = row.revision else { continue };
            // What lies before a gap says nothing any more.
            if revisions.back().is_some_and(|last| last.revision + 1 != revision) {
                revisions.clear();
            }
            let kinds = KindSet::named(row.kinds.iter().flatten().map(String::as_str));
            revisions.push_back(Touched { revision, kinds, records: row.records.map(|all| all.into_iter().collect()) });
        }
        let most = usize::try_from(MOST_REVISIONS).unwrap_or_default();
        while revisions.len() > most {
            revisions.pop_front();
        }
    }

    /// How an answer stands that is known to hold at `holds_at`, which is moved on as far as it holds.
    pub fn standing(&self, basis: &Basis, holds_at: &AtomicI64, known: &Known) -> Standing {
        if matches!(basis.rests, Rests::Release) {
            return Standing::Fresh;
        }
        let heard = known.heard();
        if basis.last_redaction < known.redaction() || (heard > basis.head && heard > known.told()) {
            return Standing::Gone;
        }
        let holds = basis.pinned || self.holds(&basis.rests, holds_at, heard);
        if holds && known.is_confirmed() { Standing::Fresh } else { Standing::Stale }
    }

    /// Whether nothing that it rests on was changed up to `head`.
    fn holds(&self, rests: &Rests, holds_at: &AtomicI64, head: i64) -> bool {
        let at = holds_at.load(Ordering::SeqCst);
        if at >= head {
            return true;
        }
        let revisions = self.revisions.read().unwrap_or_else(PoisonError::into_inner);
        let (Some(first), Some(last)) = (revisions.front(), revisions.back()) else { return false };
        if first.revision > at + 1 || last.revision < head {
            return false;
        }
        let since = revisions.iter().filter(|touched| touched.revision > at && touched.revision <= head);
        let holds = { since }.all(|touched| !rests.is_touched_by(touched));
        if holds {
            holds_at.fetch_max(head, Ordering::SeqCst);
        }
        holds
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
