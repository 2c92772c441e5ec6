//! Hearing of new revisions: one connection of the process listens, and everybody who waits is woken.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::{AsyncMessage, Client};

use super::{Error, session};
use crate::ledger::write::CHANNEL;

/// How often head is looked up all the same: a notification may get lost in a pooler, and a standby gets none.
const LOOK: Duration = Duration::from_secs(2);
/// How long a look may take until what is known counts as unsure.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a look may take until the connection counts as lost: a server that lost its power says nothing more.
const GONE: Duration = Duration::from_secs(5);
/// How long to wait before connecting anew.
const AGAIN: Duration = Duration::from_millis(500);

/// The newest revision that the process has heard of; -1 before the first.
pub struct Heads {
    heads: watch::Receiver<i64>,
    confirmed: Arc<Confirmed>,
    task: JoinHandle<()>,
}

/// Until when what was heard is surely all there is: a look that comes to nothing for a while ends it.
pub struct Confirmed {
    began: Instant,
    /// In milliseconds since then.
    until: AtomicU64,
}

impl Default for Confirmed {
    fn default() -> Confirmed {
        Confirmed { began: Instant::now(), until: AtomicU64::new(0) }
    }
}

impl Confirmed {
    fn now(&self) {
        let until = self.began.elapsed() + LOOK + PATIENCE;
        self.until.store(u64::try_from(until.as_millis()).unwrap_or(u64::MAX), Ordering::Release);
    }

    /// Whether the number heard of is surely the newest there is, but for the moment that a notification takes.
    pub fn holds(&self) -> bool {
        self.began.elapsed().as_millis() < u128::from(self.until.load(Ordering::Acquire))
    }

    fn no_more(&self) {
        self.until.store(0, Ordering::Release);
    }
}

impl Heads {
    /// Listens until dropped; takes up again whenever the database comes back.
    pub fn listen(url: &str) -> Heads {
        let (sender, heads) = watch::channel(-1);
        let confirmed = Arc::new(Confirmed::default());
        let (url, known) = (url.to_owned(), confirmed.clone());
        let task = tokio::spawn(async move {
            loop {
                let heard = hear(&url, &sender, &known).await;
                known.no_more();
                if let Err(error) = heard {
                    log::debug!("listening for revisions: {error}");
                }
                tokio::time::sleep(AGAIN).await;
            }
        });
        Heads { heads, confirmed, task }
    }

    /// Ends it, for everybody who waits.
    pub fn stop(&self) {
        self.task.abort();
    }

    /// Whether the number is the newest there is.
    pub fn confirmed(&self) -> Arc<Confirmed> {
        self.confirmed.clone()
    }

    /// The number as it changes.
    pub fn subscribe(&self) -> watch::Receiver<i64> {
        self.heads.clone()
    }
}

impl Drop for Heads {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn hear(url: &str, heads: &watch::Sender<i64>, confirmed: &Confirmed) -> Result<(), Error> {
    let silent = |_| Error::Unavailable("no answer in time".to_owned());
    let mut config = session::settings(url, GONE, "")?;
    config.application_name("open-commitments (listening)");
    let (client, mut connection) = session::open(&config).await?;
    let mut messages = stream::poll_fn(move |context| connection.poll_message(context));
    let mut ear = Ear { heads, notified: 0 };
    // A standby refuses LISTEN; there, looking is all there is.
    let start = async {
        let _ = client.batch_execute(&format!("LISTEN {CHANNEL}")).await;
        newest(&client).await
    };
    let mut start = Box::pin(timeout(GONE, start));
    // The connection is driven by whoever waits for its messages.
    loop {
        tokio::select! {
            head = &mut start => { ear.look(0, head.map_err(silent)??, true); confirmed.now(); break; }
            message = messages.next() => if ear.over(message)? { return Ok(()) },
        }
    }
    drop(start);
    loop {
        tokio::select! {
            message = messages.next() => if ear.over(message)? { return Ok(()) },
            () = tokio::time::sleep(LOOK) => {
                let before = ear.notified;
                let mut looked = Box::pin(timeout(GONE, newest(&client)));
                loop {
                    tokio::select! {
                        head = &mut looked => { ear.look(before, head.map_err(silent)??, false); confirmed.now(); break; }
                        message = messages.next() => if ear.over(message)? { return Ok(()) },
                    }
                }
            }
        }
    }
}

async fn newest(client: &Client) -> Result<i64, tokio_postgres::Error> {
    client.query_one("SELECT revision FROM head", &[]).await?.try_get(0)
}

/// Wakes who waits, once for each revision.
struct Ear<'a> {
    heads: &'a watch::Sender<i64>,
    /// Notifications that came.
    notified: u64,
}

impl Ear<'_> {
    /// Takes in a message; whether the connection has ended.
    fn over(&mut self, message: Option<Result<AsyncMessage, tokio_postgres::Error>>) -> Result<bool, Error> {
        match message {
            None => Ok(true),
            Some(Ok(AsyncMessage::Notification(notification))) => {
                if let Ok(head) = notification.payload().parse() {
                    self.notified += 1;
                    self.tell(head, false);
                }
                Ok(false)
            }
            Some(Ok(_)) => Ok(false),
            Some(Err(error)) => Err(error.into()),
        }
    }

    /// Takes in what a look found that began after so many notifications. One that came meanwhile may be of a newer
    /// revision, whichever of both is heard of first.
    fn look(&self, notified: u64, head: i64, first: bool) {
        let head = if self.notified == notified { head } else { *self.heads.borrow() };
        self.tell(head, first);
    }

    /// Says it the first time also where it is the same number: the history may be another one.
    fn tell(&self, head: i64, first: bool) {
        self.heads.send_if_modified(|known| {
            let new = first || *known != head;
            *known = head;
            new
        });
    }
}
