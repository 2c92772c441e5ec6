//! Pages that many ask for at once: each is read once for all of them, and kept until there is a newer revision.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::{OnceCell, watch};

use super::page::{Ask, Page};
use super::place::Place;
use crate::api::problem::Failure;
use crate::db;
use crate::db::pool::Database;
use crate::db::read::At;
use crate::db::read::changes::{Filters, Position};

/// Pages kept, and places remembered that somebody waits at.
const MAX_PAGES: usize = 64;
/// Bytes of the longest page that is kept.
const MAX_KEPT: usize = 128 * 1024;

type Read = Result<Arc<Page>, Failure>;

/// What a page is asked for by: place, filters, limit, and a revision it has to have beyond what was heard of.
type Key = (Place, String, i64, i64);

pub struct Shared {
    database: Database,
    /// The newest revision heard of.
    heads: watch::Receiver<i64>,
    pages: Mutex<Pages>,
}

#[derive(Default)]
struct Pages {
    kept: HashMap<Key, Arc<OnceCell<Read>>>,
    /// What will be asked for by those who wait, and by how many, about.
    wanted: HashMap<Key, (usize, Ask)>,
}

impl Shared {
    pub fn new(database: Database, heads: watch::Receiver<i64>) -> Shared {
        Shared { database, heads, pages: Mutex::default() }
    }

    /// A page at head.
    pub async fn page(&self, ask: &Ask, now: DateTime<Utc>) -> Read {
        let (cell, at) = self.cell(ask);
        let page = read_once(&cell, || self.read(Ask { at, ..ask.clone() }, now)).await;
        self.kept(&cell, page)
    }

    /// Keeps what was read only where it is a page, and not a large one.
    fn kept(&self, cell: &Arc<OnceCell<Read>>, page: Read) -> Read {
        if !page.as_ref().is_ok_and(|page| page.size() <= MAX_KEPT) {
            self.pages().kept.retain(|_, kept| !Arc::ptr_eq(kept, cell));
        }
        page
    }

    async fn read(&self, ask: Ask, now: DateTime<Utc>) -> Read {
        if let Some(end) = self.end(&ask) {
            let (cell, at) = self.cell(&end);
            let page = read_once(&cell, || self.read_anew(Ask { at, ..end }, now)).await;
            let page = self.kept(&cell, page)?;
            if page.is_idle() {
                return Ok(Arc::new(page.with_fingerprint(&ask.fingerprint)));
            }
        }
        self.read_anew(ask, now).await
    }

    async fn read_anew(&self, ask: Ask, now: DateTime<Utc>) -> Read {
        let page = Page::read(&self.database, &ask, now).await?;
        match ask.at {
            // The history went back, and whoever listens does not know yet.
            At::HeadWith(least) if page.moment.n < least => Err(db::Error::NotYet(least).into()),
            _ => Ok(Arc::new(page)),
        }
    }

    /// The same for everybody who has all there is, whatever the filters: there is nothing more.
    fn end(&self, ask: &Ask) -> Option<Ask> {
        let head = self.database.known().head()?;
        let Place::After { position, digest } = &ask.place else { return None };
        let is_end = *position == Position::end_of(head.revision) && head.digest.starts_with(digest);
        let place = Place::end_of(head.revision, head.digest.clone());
        let (filters, fingerprint) = (Filters::default(), String::new());
        is_end.then(|| Ask { place, filters, fingerprint, limit: 1, ..ask.clone() })
    }

    /// What is kept or under way, and what it is read at: who was told of a revision gets it from a server that has it.
    fn cell(&self, ask: &Ask) -> (Arc<OnceCell<Read>>, At) {
        let is_confirmed = self.database.known().is_confirmed();
        let mut pages = self.pages();
        // Looked at only now: what is kept is forgotten after a newer one was heard of.
        let head = *self.heads.borrow();
        let least = match ask.at {
            At::HeadWith(least) if least > head => least,
            _ => 0,
        };
        if pages.kept.len() >= MAX_PAGES {
            pages.kept.clear();
        }
        let cell = pages.kept.entry(key(ask, least)).or_default();
        // While nobody listens, only what is under way is surely not too old.
        if cell.initialized() && !is_confirmed {
            *cell = Arc::default();
        }
        (cell.clone(), At::HeadWith(least.max(head)))
    }

    /// Remembers that somebody waits there.
    pub fn expect(&self, ask: &Ask) {
        let wanted = &mut self.pages().wanted;
        let key = key(ask, 0);
        if let Some((count, _)) = wanted.get_mut(&key) {
            *count += 1;
        } else if wanted.len() < MAX_PAGES {
            wanted.insert(key, (1, ask.clone()));
        }
    }

    /// Forgets what is kept, since there is a newer revision, and reads what most will ask for.
    pub async fn renew(&self) {
        let Pages { wanted, .. } = std::mem::take(&mut *self.pages());
        if let Some((_, ask)) = wanted.into_values().max_by_key(|(count, _)| *count) {
            // Where it fails, who asks for it is told.
            let _ = self.page(&ask, ask.now).await;
        }
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(ask: &Ask, least: i64) -> Key {
    (ask.place.clone(), ask.fingerprint.clone(), ask.limit, least)
}

/// Boxed, since most find it read and wait for long: a read under way takes much more memory than a follower does.
async fn read_once<R: Future<Output = Read>>(cell: &OnceCell<Read>, read: impl FnOnce() -> R) -> Read {
    cell.get_or_init(|| Box::pin(read())).await.clone()
}
