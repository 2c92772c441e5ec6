//! Streaming replicas that read for the primary. Each is watched in the background: what revision it has, whether it
//! answers. A read goes to one that has what the read needs; one that fails is left alone for a while.

use std::ops::Deref;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel_async::pooled_connection::deadpool::BuildError;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio_postgres::Client;
use tokio_postgres::config::Host;

use super::heads::Heads;
use super::known::Known;
use super::server::Server;
use super::statement::{Needs, Statement};
use super::{Error, session};

/// How long a request waits for one of a replica's connections; then it asks the primary.
const WAIT: Duration = Duration::from_secs(1);
/// How often a replica is looked at that has all there is; that lacks some of it; that just began to.
const LOOK: [Duration; 3] = [Duration::from_millis(500), Duration::from_millis(200), Duration::from_millis(15)];
/// How long a look may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long one that failed is left alone: at first, and at most, doubled each time.
const REST: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(5)];
/// How long one may lack what there is and still answer reads of head.
const FAR_BEHIND: Duration = Duration::from_secs(10);
/// How long one may have a revision that the primary says it does not have: it may show it first, but soon after it is
/// there. Longer, it was lost with the primary before.
const AHEAD: Duration = Duration::from_secs(3);
/// What there is of one that does not answer.
const AWAY: i64 = -1;

#[derive(Default)]
pub struct Replicas {
    all: Vec<Arc<Replica>>,
    turn: AtomicUsize,
    watching: Vec<JoinHandle<()>>,
}

/// One of them, as it was last seen.
pub struct Replica {
    /// Its address without what is secret.
    pub name: String,
    pub server: Server,
    url: String,
    /// Its newest revision; -1 where it does not answer.
    head: AtomicI64,
    /// When that was published, in microseconds.
    head_time: AtomicI64,
    behind_since: Mutex<Option<Instant>>,
    failed: Notify,
}

/// What is known of a server.
pub struct Seen {
    pub name: String,
    /// Its newest revision; none where it does not answer.
    pub head: Option<i64>,
    /// Revisions that it lacks; 0 where it does not answer.
    pub lag: i64,
}

impl Replicas {
    /// Watches these as long as this lives.
    pub fn watch(urls: &[String], primary: &Server, known: &Arc<Known>, heads: &Heads) -> Result<Replicas, BuildError> {
        let replica = |url: &String| Ok(Arc::new(Replica::new(url, primary.beside(url, WAIT)?)));
        let all = urls.iter().map(replica).collect::<Result<Vec<_>, BuildError>>()?;
        let watching =
            all.iter().map(|replica| tokio::spawn(watch(replica.clone(), known.clone(), heads.subscribe()))).collect();
        Ok(Replicas { all, turn: AtomicUsize::new(0), watching })
    }

    /// Whether one that answers has this revision.
    pub fn have(&self, revision: i64) -> bool {
        self.iter().any(|replica| replica.head() >= revision)
    }

    /// One that has what is needed and fits, of those the newest; they take turns.
    pub fn choose(&self, needs: Needs, known: &Known, fits: impl Fn(&Replica) -> bool) -> Option<Arc<Replica>> {
        if self.all.is_empty() {
            return None;
        }
        let least = needs.revision.max(known.least()?);
        let has = |replica: &Replica| {
            let head = replica.head();
            let then = needs.time.is_none_or(|time| replica.head_time.load(Ordering::SeqCst) > time.timestamp_micros());
            head != AWAY && head >= least && then
        };
        let heard = known.heard();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % self.all.len();
        let (before, from) = self.all.split_at_checked(turn)?;
        let in_turn = from.iter().chain(before).filter(|replica| has(replica) && fits(replica));
        // Of equals the last is taken.
        in_turn.max_by_key(|replica| replica.head().min(heard)).cloned()
    }
}

impl Deref for Replicas {
    type Target = [Arc<Replica>];

    fn deref(&self) -> &[Arc<Replica>] {
        &self.all
    }
}

impl Drop for Replicas {
    fn drop(&mut self) {
        self.watching.iter().for_each(JoinHandle::abort);
    }
}

impl Replica {
    fn new(url: &str, server: Server) -> Replica {
        Replica {
            name: name(url),
            server,
            url: url.to_owned(),
            head: AtomicI64::new(AWAY),
            head_time: AtomicI64::new(i64::MIN),
            behind_since: Mutex::default(),
            failed: Notify::new(),
        }
    }

    /// Its newest revision when it was last seen; -1 where it does not answer.
    pub fn head(&self) -> i64 {
        self.head.load(Ordering::SeqCst)
    }

    /// What is known of it, where `heard` is the newest revision there is.
    pub fn seen(&self, heard: i64) -> Seen {
        let head = Some(self.head()).filter(|head| *head != AWAY);
        Seen { name: self.name.clone(), head, lag: head.map_or(0, |head| (heard - head).max(0)) }
    }

    /// Whether it has lacked what there is for too long.
    pub fn is_far_behind(&self) -> bool {
        self.behind().is_some_and(|since| since.elapsed() > FAR_BEHIND)
    }

    /// Rows of one statement; where it cannot answer, it is left alone for a while.
    pub async fn rows<Row>(&self, statement: Statement) -> Result<Vec<Row>, Error>
    where
        Row: QueryableByName<Pg> + Send + 'static,
    {
        let answer = self.server.rows(statement).await;
        if let Err(Error::Unavailable(why)) = &answer {
            self.fail(why);
        }
        answer
    }

    /// Leaves it alone for a while, unless what it replays stood in the way of one statement.
    pub fn fail(&self, why: &str) {
        if !why.contains("conflict with recovery") {
            self.head.store(AWAY, Ordering::SeqCst);
            self.failed.notify_one();
        }
    }

    fn behind(&self) -> Option<Instant> {
        *self.behind_since.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what it has, while `heard` is the newest there is. How soon to look again.
    fn see(&self, head: i64, time: Option<DateTime<Utc>>, heard: i64) -> Duration {
        self.head_time.store(time.map_or(i64::MIN, |time| time.timestamp_micros()), Ordering::SeqCst);
        self.head.store(head, Ordering::SeqCst);
        let mut behind = self.behind_since.lock().unwrap_or_else(PoisonError::into_inner);
        *behind = if head < heard { behind.or_else(|| Some(Instant::now())) } else { None };
        let [level, behind_long, behind_now] = LOOK;
        match *behind {
            None => level,
            Some(since) if since.elapsed() > PATIENCE => behind_long,
            Some(_) => behind_now,
        }
    }
}

/// Watches a replica for ever.
async fn watch(replica: Arc<Replica>, known: Arc<Known>, mut heads: watch::Receiver<i64>) {
    let [first, longest] = REST;
    let mut rest = first;
    let mut ahead = None;
    loop {
        let since = Instant::now();
        let why = match look(&replica, &known, &mut heads, &mut ahead).await {
            Ok(never) => match never {},
            Err(error) => error,
        };
        replica.head.store(AWAY, Ordering::SeqCst);
        if since.elapsed() > longest {
            rest = first;
        }
        let (name, seconds) = (&replica.name, rest.as_secs_f32());
        log::warn!("the replica {name} is left alone for {seconds} s: {why}");
        tokio::time::sleep(rest).await;
        rest = (rest * 2).min(longest);
    }
}

/// Looks at a replica again and again, until it fails. `ahead` is a revision that it has and the primary lacks, and since
/// when.
async fn look(
    replica: &Replica,
    known: &Known,
    heads: &mut watch::Receiver<i64>,
    ahead: &mut Option<(i64, Instant)>,
) -> Result<std::convert::Infallible, Error> {
    let silent = |_| Error::Unavailable("no answer in time".to_owned());
    let mut config = session::settings(&replica.url, PATIENCE, "")?;
    config.application_name("open-commitments (watching)");
    let (client, connection) = session::open(&config).await?;
    tokio::spawn(async move {
        // Its end is told to who looks.
        let _ = connection.await;
    });
    loop {
        let (head, time, digest) = tokio::time::timeout(PATIENCE, newest(&client)).await.map_err(silent)??;
        if known.contradicts(head, &digest) {
            return Err(Error::Unavailable(format!("its revision {head} is another one than the primary's")));
        }
        if known.is_confirmed() {
            // What the primary said, not what replicas answered.
            let said = *heads.borrow();
            *ahead = ahead.filter(|(revision, _)| (said + 1..=head).contains(revision));
            *ahead = ahead.or_else(|| (head > said).then(|| (head, Instant::now())));
            if ahead.is_some_and(|(_, since)| since.elapsed() > AHEAD) {
                return Err(Error::Unavailable(format!("the primary does not have its revision {head}")));
            }
        }
        let pause = replica.see(head, time, known.heard());
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            // Nobody says anything any more where the service ends.
            Ok(()) = heads.changed() => {}
            () = replica.failed.notified() => return Err(Error::Unavailable("a statement failed".to_owned())),
        }
    }
}

async fn newest(client: &Client) -> Result<(i64, Option<DateTime<Utc>>, String), tokio_postgres::Error> {
    let sql = "SELECT revision, published_at, encode(digest, 'hex') FROM head";
    let row = client.query_one(sql, &[]).await?;
    Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))
}

/// Hosts and ports of an address.
fn name(url: &str) -> String {
    let Ok(config) = url.parse::<tokio_postgres::Config>() else { return "?".to_owned() };
    let ports = config.get_ports();
    let hosts = config.get_hosts().iter().enumerate().map(|(place, host)| {
        let port = ports.get(place).or(ports.first()).copied().unwrap_or(5432);
        match host {
            Host::Tcp(host) => format!("{host}:{port}"),
            #[cfg(unix)]
            Host::Unix(folder) => format!("{}:{port}", folder.display()),
        }
    });
    hosts.collect::<Vec<_>>().join(",")
}
