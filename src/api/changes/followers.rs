//! Those who wait for new revisions. They cost a little memory and no connection; a new revision is
//! read once for all who wait at the same place.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::http::header::RETRY_AFTER;
use chrono::{DateTime, Utc};
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::page::{Ask, Page};
use crate::api::problem::{Failure, TOO_MANY_FOLLOWERS};
use crate::db::heads::Heads;
use crate::db::pool::Database;
use crate::db::read::At;

/// Pages kept for those who wait at the same revision.
const MAX_PAGES: usize = 64;
/// Bytes of the longest page that is kept.
const MAX_KEPT: usize = 1024 * 1024;
/// Time that an answer needs to get through a gateway before it gives up.
const MARGIN: Duration = Duration::from_secs(5);

pub struct Followers {
    heads: Heads,
    most: usize,
    places: Arc<Semaphore>,
    gateway_timeout: Duration,
    pages: Mutex<Pages>,
}

/// Pages of one head, by what they were asked for.
#[derive(Default)]
struct Pages {
    head: i64,
    pages: HashMap<String, Arc<OnceCell<Arc<Page>>>>,
}

impl Followers {
    /// At most `most` may wait, each for less than the timeout of the gateways in front.
    pub fn new(heads: Heads, most: usize, gateway_timeout: Duration) -> Followers {
        let places = Arc::new(Semaphore::new(most));
        Followers { heads, most, places, gateway_timeout, pages: Mutex::default() }
    }

    /// A place to wait in.
    pub fn place(&self) -> Result<OwnedSemaphorePermit, Failure> {
        let place = self.places.clone().try_acquire_owned();
        place.map_err(|_| Failure::plain(&TOO_MANY_FOLLOWERS).with_header(RETRY_AFTER, "10"))
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.most.saturating_sub(self.places.available_permits())
    }

    pub fn longest_wait(&self) -> Duration {
        self.gateway_timeout.saturating_sub(MARGIN).max(self.gateway_timeout / 2)
    }

    /// How often a stream says that it is alive.
    pub fn heartbeat(&self) -> Duration {
        (self.gateway_timeout / 4).clamp(Duration::from_millis(100), Duration::from_secs(15))
    }

    /// Waits for a revision after this one; false when the time is over, or the service ends.
    pub async fn hears_after(&self, revision: i64, until: Instant) -> bool {
        let mut heads = self.heads.subscribe();
        let heard = timeout_at(until, heads.wait_for(|head| *head > revision)).await;
        heard.is_ok_and(|heard| heard.is_ok())
    }

    /// Whether the service is about to end.
    pub fn is_over(&self) -> bool {
        self.heads.subscribe().has_changed().is_err()
    }

    /// Answers everybody who waits, so that the service can end.
    pub fn dismiss(&self) {
        self.heads.stop();
    }

    /// The newest revision heard of, as it changes.
    pub fn heads(&self) -> tokio::sync::watch::Receiver<i64> {
        self.heads.subscribe()
    }

    /// A page for somebody who waited: read once for all of them.
    pub async fn page(&self, database: &Database, ask: &Ask, now: DateTime<Utc>) -> Result<Arc<Page>, Failure> {
        let head = *self.heads.subscribe().borrow();
        // Who was woken by a revision gets it from a server that has it.
        let at = match ask.at {
            At::Head => At::HeadWith(head),
            At::HeadWith(least) => At::HeadWith(least.max(head)),
            at => at,
        };
        let ask = &Ask { at, ..ask.clone() };
        let key = format!("{} {}", ask.place.encode(&ask.fingerprint), ask.limit);
        let cell = self.cell(head, key);
        let read = || async { Page::read(database, ask, now).await.map(Arc::new) };
        let page = cell.get_or_try_init(read).await?.clone();
        if page.size() > MAX_KEPT {
            self.pages().pages.retain(|_, kept| !Arc::ptr_eq(kept, &cell));
        }
        Ok(page)
    }

    fn cell(&self, head: i64, key: String) -> Arc<OnceCell<Arc<Page>>> {
        let mut pages = self.pages();
        if pages.head != head || pages.pages.len() >= MAX_PAGES {
            *pages = Pages { head, ..Pages::default() };
        }
        pages.pages.entry(key).or_default().clone()
    }

    fn pages(&self) -> std::sync::MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
