//! Hearing of new revisions: one connection of the process listens, and everybody who waits is woken.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, Client, NoTls};

use crate::ledger::write::CHANNEL;

/// How often head is looked up all the same: a notification may get lost in a pooler, and a standby gets none.
const LOOK: Duration = Duration::from_secs(2);
/// How long to wait before connecting anew.
const AGAIN: Duration = Duration::from_millis(500);

/// The newest revision that the process has heard of; -1 before the first.
pub struct Heads {
    heads: watch::Receiver<i64>,
    task: JoinHandle<()>,
}

impl Heads {
    /// Listens until dropped; takes up again whenever the database comes back.
    pub fn listen(url: &str) -> Heads {
        let (sender, heads) = watch::channel(-1);
        let url = url.to_owned();
        let task = tokio::spawn(async move {
            loop {
                if let Err(error) = hear(&url, &sender).await {
                    log::debug!("listening for revisions: {error}");
                }
                tokio::time::sleep(AGAIN).await;
            }
        });
        Heads { heads, task }
    }

    /// Ends it, for everybody who waits.
    pub fn stop(&self) {
        self.task.abort();
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

async fn hear(url: &str, heads: &watch::Sender<i64>) -> Result<(), tokio_postgres::Error> {
    let mut config: tokio_postgres::Config = url.parse()?;
    config.application_name("open-commitments (listening)").connect_timeout(Duration::from_secs(5));
    let (client, mut connection) = config.connect(NoTls).await?;
    let mut messages = stream::poll_fn(move |context| connection.poll_message(context));
    // The connection is driven by whoever waits for its messages.
    let mut start = Box::pin(async {
        // A standby refuses LISTEN; there, looking is all there is.
        let _ = client.batch_execute(&format!("LISTEN {CHANNEL}")).await;
        look(&client, heads).await
    });
    loop {
        tokio::select! {
            started = &mut start => { started?; break; }
            message = messages.next() => if over(message, heads)? { return Ok(()) },
        }
    }
    drop(start);
    loop {
        tokio::select! {
            message = messages.next() => if over(message, heads)? { return Ok(()) },
            () = tokio::time::sleep(LOOK) => {
                let mut looked = Box::pin(look(&client, heads));
                loop {
                    tokio::select! {
                        done = &mut looked => { done?; break; }
                        message = messages.next() => if over(message, heads)? { return Ok(()) },
                    }
                }
            }
        }
    }
}

async fn look(client: &Client, heads: &watch::Sender<i64>) -> Result<(), tokio_postgres::Error> {
    let head: i64 = client.query_one("SELECT revision FROM head", &[]).await?.get(0);
    tell(heads, head);
    Ok(())
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
