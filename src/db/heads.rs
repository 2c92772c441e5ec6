//! Hearing of new revisions: one connection of the process listens, and everybody who waits is woken.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, Client, NoTls};

use super::pool;
use crate::ledger::write::CHANNEL;

/// How often head is looked up all the same: a notification may get lost in a pooler, and a standby gets none.
const LOOK: Duration = Duration::from_secs(2);
/// How long a look may take until what is known counts as unsure.
const PATIENCE: Duration = Duration::from_secs(2);
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

async fn hear(url: &str, heads: &watch::Sender<i64>, confirmed: &Confirmed) -> Result<(), tokio_postgres::Error> {
    let mut config: tokio_postgres::Config = url.parse()?;
    let patience = pool::patience(&config);
    config.application_name("open-commitments (listening)").connect_timeout(patience);
    let (client, mut connection) = config.connect(NoTls).await?;
    let mut messages = stream::poll_fn(move |context| connection.poll_message(context));
    // The connection is driven by whoever waits for its messages.
    let mut start = Box::pin(async {
        // A standby refuses LISTEN; there, looking is all there is.
        let _ = client.batch_execute(&format!("LISTEN {CHANNEL}")).await;
        let head = newest(&client).await?;
        // Said also where it is the same number: the history may be another one.
        heads.send_replace(head);
        Ok::<(), tokio_postgres::Error>(())
    });
    loop {
        tokio::select! {
            started = &mut start => { started?; confirmed.now(); break; }
            message = messages.next() => if over(message, heads)? { return Ok(()) },
        }
    }
    drop(start);
    loop {
        tokio::select! {
            message = messages.next() => if over(message, heads)? { return Ok(()) },
            () = tokio::time::sleep(LOOK) => {
                let mut looked = Box::pin(newest(&client));
                loop {
                    tokio::select! {
                        head = &mut looked => { tell(heads, head?); confirmed.now(); break; }
                        message = messages.next() => if over(message, heads)? { return Ok(()) },
                    }
                }
            }
        }
    }
}

async fn newest(client: &Client) -> Result<i64, tokio_postgres::Error> {
    client.query_one("SELECT revision FROM head", &[]).await?.try_get(0)
}

/// Takes in a message; whether the connection has ended.
fn over(
    message: Option<Result<AsyncMessage, tokio_postgres::Error>>,
    heads: &watch::Sender<i64>,
) -> Result<bool, tokio_postgres::Error> {
    match message {
        None => Ok(true),
        Some(Ok(AsyncMessage::Notification(notification))) => {
            if let Ok(head) = notification.payload().parse() {
                tell(heads, head);
            }
            Ok(false)
        }
        Some(Ok(_)) => Ok(false),
        Some(Err(error)) => Err(error),
    }
}

/// Wakes who waits, once for each revision.
fn tell(heads: &watch::Sender<i64>, head: i64) {
    heads.send_if_modified(|known| {
        let new = *known != head;
        *known = head;
        new
    });
}
