//! Finished answers, kept while they hold. An answer says what it rests on (`basis`), the process knows what each new
//! revision changed (`history`), and the service in front of the application (`front`) sends what holds without asking
//! anybody: the same bytes, made once for all who ask at the same time. When the database fails, answers are given as
//! they were, but never over a redaction.

pub mod basis;
pub mod front;
mod history;
mod kept;

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::web;
use quick_cache::sync::{Cache, DefaultLifecycle, EntryAction, EntryResult, PlaceholderGuard};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};

use super::State;
use crate::db::read::touched;
use history::{History, Standing};
use kept::{Entry, Kept, Source};

/// How long nobody waits for somebody else's answer where one was not kept.
const PASS: Duration = Duration::from_secs(1);
/// How long to wait before asking anew what a revision changed.
const AGAIN: Duration = Duration::from_secs(1);
/// How long the primary may lack a revision that was heard of: a replica may show it first, but soon after it is there.
const LOST: Duration = Duration::from_secs(3);
/// Bytes of the largest body that is kept.
const MAX_BODY: usize = 2 << 20;
/// Bytes of an answer, about: how many there may be at once.
const USUAL: u64 = 4096;

#[derive(Clone)]
struct Bytes;

impl Weighter<String, Entry> for Bytes {
    fn weight(&self, key: &String, entry: &Entry) -> u64 {
        let entry = match entry {
            Entry::Kept(kept) => kept.weight(),
            Entry::Pass(_) => 64,
        };
        u64::try_from(key.len() + entry).unwrap_or(u64::MAX)
    }
}

type Store = Cache<String, Entry, Bytes>;
type Guard<'a> = PlaceholderGuard<'a, String, Entry, Bytes, DefaultHashBuilder, DefaultLifecycle<String, Entry>>;

/// The answers kept, bounded by their bytes.
pub struct Responses {
    kept: Option<Store>,
    history: History,
}

/// What becomes of a request that no kept answer was there for.
enum Entered<'a> {
    Kept(Arc<Kept>, Source),
    /// It is answered as if nothing was kept.
    Pass,
    Turn(Turn<'a>),
}

/// The turn at making an answer; others wait for it. What was there before is put back where it comes to nothing.
struct Turn<'a> {
    guard: Option<Guard<'a>>,
    old: Option<Arc<Kept>>,
}

impl Turn<'_> {
    fn leave(&mut self, entry: Entry) {
        if let Some(guard) = self.guard.take() {
            // It may have been taken out meanwhile.
            let _ = guard.insert(entry);
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(old) = self.old.take() {
            self.leave(Entry::Kept(old));
        }
    }
}

impl Responses {
    /// At most `bytes` are kept, those used least going first; with 0, nothing.
    pub fn new(bytes: u64) -> Responses {
        let items = usize::try_from(bytes / USUAL).unwrap_or(usize::MAX).max(16);
        // Few parts, so that each has room for the largest answers.
        let options = OptionsBuilder::new().estimated_items_capacity(items).weight_capacity(bytes).shards(4).build();
        let kept = options.ok().filter(|_| bytes > 0);
        let kept = kept.map(|options| {
            Cache::with_options(options, Bytes, DefaultHashBuilder::default(), DefaultLifecycle::default())
        });
        Responses { kept, history: History::default() }
    }

    /// Bytes that are taken, about.
    pub fn bytes(&self) -> u64 {
        self.kept.as_ref().map_or(0, Cache::weight)
    }

    /// An answer that may be given without asking the database.
    fn ready(&self, key: &str, state: &State) -> Option<(Arc<Kept>, Source)> {
        match self.kept.as_ref()?.get(key)? {
            Entry::Kept(kept) => {
                let source = self.source(&kept, state)?;
                Some((kept, source))
            }
            Entry::Pass(_) => None,
        }
    }

    /// As what a kept answer may be given without asking the database.
    fn source(&self, kept: &Kept, state: &State) -> Option<Source> {
        match self.standing(kept, state) {
            Standing::Fresh => Some(Source::Fresh),
            Standing::Stale if self.history.rests() => Some(Source::Stale),
            _ => None,
        }
    }

    fn standing(&self, kept: &Kept, state: &State) -> Standing {
        let standing = self.history.standing(&kept.basis, &kept.holds_at, state.database.known());
        let is_over = || kept.basis.until.is_some_and(|until| (state.clock)() >= until);
        if standing == Standing::Fresh && is_over() { Standing::Stale } else { standing }
    }

    /// Whether it may be given where none can be made.
    fn may_stand_in(&self, kept: &Kept, state: &State) -> bool {
        self.standing(kept, state) != Standing::Gone
    }

    /// Waits for who makes the answer, or takes the turn.
    async fn enter(&self, key: &String, state: &State) -> Entered<'_> {
        let Some(cache) = &self.kept else { return Entered::Pass };
        let found = cache.entry_async(key, |_, entry| match entry {
            Entry::Kept(kept) => match self.source(kept, state) {
                Some(source) => EntryAction::Retain(Some((kept.clone(), source))),
                None => EntryAction::ReplaceWithGuard,
            },
            Entry::Pass(until) if Instant::now() < *until => EntryAction::Retain(None),
            Entry::Pass(_) => EntryAction::ReplaceWithGuard,
        });
        match found.await {
            EntryResult::Retained(Some((kept, source))) => Entered::Kept(kept, source),
            EntryResult::Vacant(guard) => Entered::Turn(Turn { guard: Some(guard), old: None }),
            EntryResult::Replaced(guard, Entry::Kept(old)) => {
                let old = Some(old).filter(|old| self.may_stand_in(old, state));
                Entered::Turn(Turn { guard: Some(guard), old })
            }
            EntryResult::Replaced(guard, Entry::Pass(_)) => Entered::Turn(Turn { guard: Some(guard), old: None }),
            EntryResult::Retained(None) | EntryResult::Removed(..) | EntryResult::Timeout => Entered::Pass,
        }
    }
}

/// Keeps what is known of the ledger up to date, as long as the service runs.
pub async fn follow(state: web::Data<State>) {
    let mut heads = state.followers.heads();
    // A revision that was heard of, which the primary did not have then.
    let mut doubted: Option<(i64, Instant)> = None;
    loop {
        let heard = *heads.borrow_and_update();
        let (responses, known) = (&state.responses, state.database.known());
        known.hear(heard, 0);
        let missed = match touched::read(&state.database, known.told()).await {
            Ok(rows) => {
                let mut is_other = known.tell(&rows);
                let head = rows.first().map_or(0, |row| row.head);
                doubted = doubted.filter(|(revision, _)| *revision > head);
                if let Some(row) = rows.first().filter(|_| doubted.is_some_and(|(_, since)| since.elapsed() > LOST)) {
                    known.forget(row);
                    (is_other, doubted) = (true, None);
                }
                let heard = known.heard();
                doubted = doubted.or_else(|| (heard > head).then(|| (heard, Instant::now())));
                if let Some(row) = rows.first() {
                    state.exports.forget_before(row.last_redaction);
                    state.pictures.forget_before(row.last_redaction);
                }
                responses.history.tell(rows, is_other);
                if let Some(kept) = responses.kept.as_ref().filter(|_| is_other) {
                    log::warn!("the ledger has another history than before: no answer from then is given any more");
                    kept.clear();
                }
                doubted.is_some()
            }
            // Answers from before are made anew meanwhile.
            Err(error) => {
                log::debug!("what a revision changed: {error}");
                true
            }
        };
        let goes_on = loop {
            match tokio::time::timeout(AGAIN, heads.changed()).await {
                Ok(changed) => break changed.is_ok(),
                // An answer may be of a revision that only a replica told of.
                Err(_) if missed || known.heard() > known.told() => break true,
                Err(_) => {}
            }
        };
        if !goes_on {
            return;
        }
    }
}
