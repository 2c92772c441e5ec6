//! Those who wait for new revisions. They cost a little memory and no connection; a new revision is
//! read once for all who wait at the same place, and for most of them before they are woken.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::RETRY_AFTER;
use chrono::{DateTime, Utc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, timeout, timeout_at};

use super::page::{Ask, Page};
use super::shared::Shared;
use crate::api::problem::{Failure, TOO_MANY_FOLLOWERS};
use crate::db::heads::Heads;
use crate::db::pool::Database;

/// Time that an answer needs to get through a gateway before it gives up.
const MARGIN: Duration = Duration::from_secs(5);
/// How long a revision is held back so that it can be read before anybody is told of it.
const AHEAD: Duration = Duration::from_millis(250);

pub struct Followers {
    heads: Heads,
    /// The newest revision that those who wait were told of.
    told: watch::Receiver<i64>,
    shared: Arc<Shared>,
    most: usize,
    places: Arc<Semaphore>,
    gateway_timeout: Duration,
}

impl Followers {
    /// At most `most` may wait, each for less than the timeout of the gateways in front.
    pub fn new(database: Database, heads: Heads, most: usize, gateway_timeout: Duration) -> Followers {
        let (sender, told) = watch::channel(-1);
        let shared = Arc::new(Shared::new(database.clone(), heads.subscribe()));
        actix_web::rt::spawn(tell(database, shared.clone(), heads.subscribe(), sender));
        Followers { heads, told, shared, most, places: Arc::new(Semaphore::new(most)), gateway_timeout }
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

    /// Waits for a revision after this one, to ask for this then; false when the time is over, or the service ends.
    pub async fn hears_after(&self, revision: i64, ask: &Ask, until: Instant) -> bool {
        self.shared.expect(ask);
        let mut told = self.told.clone();
        let heard = timeout_at(until, told.wait_for(|head| *head > revision)).await;
        heard.is_ok_and(|heard| heard.is_ok())
    }

    /// Whether the service is about to end.
    pub fn is_over(&self) -> bool {
        self.told.has_changed().is_err()
    }

    /// Answers everybody who waits, so that the service can end.
    pub fn dismiss(&self) {
        self.heads.stop();
    }

    /// The newest revision heard of, as it changes.
    pub fn heads(&self) -> watch::Receiver<i64> {
        self.heads.subscribe()
    }

    /// A page at head for somebody who waits, or is about to: read once for all who ask for the same.
    pub async fn page(&self, ask: &Ask, now: DateTime<Utc>) -> Result<Arc<Page>, Failure> {
        self.shared.page(ask, now).await
    }
}

/// Tells those who wait of each revision, once most of them will find it read.
async fn tell(database: Database, shared: Arc<Shared>, mut heads: watch::Receiver<i64>, told: watch::Sender<i64>) {
    loop {
        let head = *heads.borrow_and_update();
        database.known().hear(head, 0);
        // A database that is slow just now is left to those who ask.
        let _ = timeout(AHEAD, shared.renew()).await;
        told.send_replace(head);
        if heads.changed().await.is_err() {
            return;
        }
    }
}
