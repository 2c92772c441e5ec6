//! Connections.

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::result::{ConnectionError, ConnectionResult};
use diesel_async::pooled_connection::deadpool::{BuildError, Object, Pool};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, PoolableConnection, RecyclingMethod,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::FutureExt;
use tokio_postgres::config::Host;
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{Client, Connection, NoTls, Socket};

use super::heads::Heads;
use super::known::Known;
use super::slow::Slow;
use super::statement::Statement;
use super::{Error, lane, outage};

/// How long a request waits for a connection.
const WAIT: Duration = Duration::from_secs(5);
/// How many requests wait at most, for each connection.
const QUEUE: usize = 64;
/// How long an answer may be under way beyond the statement timeout, which the server keeps.
const GRACE: Duration = Duration::from_secs(1);
/// How often somebody who works for long looks whether the database is still there.
const SIGN: Duration = Duration::from_secs(2);
/// How soon the end of a connection follows the server's last words.
const LAST_WORDS: Duration = Duration::from_millis(50);
/// How soon a server is known to be gone that went without a word.
const SILENCE: Duration = Duration::from_secs(30);
/// How long a program that starts waits for a server that is coming up.
const COMING_UP: Duration = Duration::from_secs(30);
/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);

/// The database.
#[derive(Clone)]
pub struct Database {
    pool: Pool<AsyncPgConnection>,
    url: Arc<str>,
    statement_timeout: Duration,
    slow: Arc<Slow>,
    known: Arc<Known>,
}

impl Database {
    /// A pool of at most `size` connections, made when first needed.
    pub fn new(url: &str, size: usize, statement_timeout: Duration) -> Result<Database, BuildError> {
        let mut config = ManagerConfig::default();
        // A ping at every checkout costs a third of the throughput; a dead connection is told apart by its state.
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(move |url| {
            let url = url.to_owned();
            async move { connect(&url, statement_timeout).await }.boxed()
        });
        let manager = AsyncDieselConnectionManager::new_with_config(url, config);
        let pool = Pool::builder(manager)
            .max_size(size)
            .wait_timeout(Some(WAIT))
            .create_timeout(Some(CONNECT))
            .runtime(deadpool::Runtime::Tokio1)
            .build()?;
        let known = Arc::new(Known::new(Arc::default()));
        let slow = Arc::new(Slow::of(size));
        Ok(Database { pool, url: url.into(), statement_timeout, slow, known })
    }

    /// The same, which knows the newest revision from who listens.
    pub fn knowing(self, heads: &Heads) -> Database {
        Database { known: Arc::new(Known::new(heads.confirmed())), ..self }
    }

    /// A connection of one's own until it is dropped.
    pub async fn connection(&self) -> Result<Object<AsyncPgConnection>, Error> {
        let status = self.pool.status();
        if status.waiting >= QUEUE * status.max_size {
            return Err(Error::Unavailable(format!("{} wait for a connection already", status.waiting)));
        }
        self.pool.get().await.map_err(|error| Error::Unavailable(error.to_string()))
    }

    /// What is known of the newest revision.
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// Rows of a statement that an index answers at once, on a connection that many share; none where it has to be asked
    /// for in another way.
    pub async fn quick_rows(&self, statement: &Statement) -> Option<Vec<tokio_postgres::Row>> {
        lane::rows(&self.url, statement).await
    }

    /// Rows of one statement.
    pub async fn rows<Row>(&self, statement: Statement) -> Result<Vec<Row>, Error>
    where
        Row: QueryableByName<Pg> + Send + 'static,
    {
        let _turn = if statement.is_slow() { Some(self.slow.turn().await?) } else { None };
        let mut connection = self.connection().await?;
        let started = Instant::now();
        let limit = self.statement_timeout.saturating_add(GRACE);
        let Ok(answer) = tokio::time::timeout(limit, statement.get_results(&mut connection)).await else {
            // Frozen, or out of reach without a word. Nobody knows what the connection is at.
            drop(Object::take(connection));
            return Err(Error::Unavailable(format!("no answer within {} s", limit.as_secs())));
        };
        let Err(error) = answer else { return answer.map_err(Error::from) };
        Err(match Error::from(error) {
            // Servers that do not let us choose say so in their own language.
            Error::Query(_) if started.elapsed() >= self.statement_timeout => Error::Timeout,
            Error::Query(error) if is_ended(&mut connection).await => Error::Unavailable(error.to_string()),
            error @ Error::Unavailable(_) => {
                // A plan that no longer fits its table would go on failing on this connection.
                drop(Object::take(connection));
                error
            }
            error => error,
        })
    }

    /// What is short work on a connection: dropped where no answer comes.
    pub async fn briefly<T>(
        &self,
        work: impl AsyncFnOnce(&mut AsyncPgConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut connection = self.connection().await?;
        let limit = self.statement_timeout.saturating_add(GRACE);
        let done = tokio::time::timeout(limit, work(&mut connection)).await;
        done.unwrap_or_else(|_| {
            drop(Object::take(connection));
            Err(Error::Unavailable(format!("no answer within {} s", limit.as_secs())))
        })
    }

    /// What may take long, on a connection of its own that is dropped once the database gives no sign of life any more.
    pub async fn patiently<T>(
        &self,
        mut connection: Object<AsyncPgConnection>,
        work: impl AsyncFnOnce(&mut AsyncPgConnection) -> T,
    ) -> Result<T, Error> {
        let done = tokio::select! {
            done = work(&mut connection) => Some(done),
            () = self.falls_silent() => None,
        };
        done.ok_or_else(|| {
            drop(Object::take(connection));
            Error::Unavailable("the database fell silent".into())
        })
    }

    /// Returns when neither who listens nor who asks has had an answer for a while.
    async fn falls_silent(&self) {
        let mut missed = 0;
        while missed < 2 {
            tokio::time::sleep(SIGN).await;
            let sign = self.briefly(async |connection| Ok(connection.batch_execute("SELECT 1").await?));
            let is_silent = !self.known.is_confirmed() && sign.await.is_err();
            missed = if is_silent { missed + 1 } else { 0 };
        }
    }

    /// Connections there are, and how many of them are idle.
    pub fn connections(&self) -> (usize, usize) {
        let status = self.pool.status();
        (status.size, status.available)
    }
}

/// Whether the server ended the connection with an error, whatever the language of its last words.
async fn is_ended(connection: &mut AsyncPgConnection) -> bool {
    tokio::time::sleep(LAST_WORDS).await;
    connection.is_broken()
}

/// A connection whose statements end after `statement_timeout`.
pub async fn connect(url: &str, statement_timeout: Duration) -> ConnectionResult<AsyncPgConnection> {
    let bad = |error: tokio_postgres::Error| ConnectionError::BadConnection(explain(&error));
    prepared(session(url, statement_timeout).await.map_err(bad)?).await
}

/// The same without a limit, from a server that may just be coming up, or recovering. One that is not there at all is an
/// error at once.
pub async fn connect_when_up(url: &str) -> ConnectionResult<AsyncPgConnection> {
    let since = Instant::now();
    loop {
        match session(url, Duration::ZERO).await {
            Ok(session) => return prepared(session).await,
            Err(error) if since.elapsed() < COMING_UP && outage::is_coming_up(&error, is_local(url)) => {
                tokio::time::sleep(COMING_UP / 1000).await;
            }
            Err(error) => return Err(ConnectionError::BadConnection(explain(&error))),
        }
    }
}

/// Whether the server is reached over a socket of this machine.
fn is_local(url: &str) -> bool {
    let config = url.parse::<tokio_postgres::Config>();
    config.is_ok_and(|config| config.get_hosts().iter().all(|host| !matches!(host, Host::Tcp(_))))
}

async fn prepared((client, connection): Session) -> ConnectionResult<AsyncPgConnection> {
    let mut connection = AsyncPgConnection::try_from_client_and_connection(client, connection).await?;
    // Errors are told apart by their words. A server may not allow it; then some are taken for defects.
    let _ = connection.batch_execute("SET lc_messages TO 'C'").await;
    Ok(connection)
}

type Session = (Client, Connection<Socket, NoTlsStream>);

async fn session(url: &str, statement_timeout: Duration) -> Result<Session, tokio_postgres::Error> {
    settings(url, statement_timeout, "")?.connect(NoTls).await
}

/// What all connections have in common, with more options as `-c name=value`.
pub fn settings(
    url: &str,
    statement_timeout: Duration,
    more: &str,
) -> Result<tokio_postgres::Config, tokio_postgres::Error> {
    let mut config: tokio_postgres::Config = url.parse()?;
    let options = config.get_options().unwrap_or_default();
    let timeout = statement_timeout.as_millis();
    let options = format!("{options} -c statement_timeout={timeout} -c timezone=UTC -c jit=off {more}");
    config.options(options).application_name("open-commitments").connect_timeout(CONNECT);
    config.keepalives_idle(SILENCE).keepalives_interval(SILENCE / 6).keepalives_retries(3).tcp_user_timeout(SILENCE);
    Ok(config)
}

/// The error with its causes: tokio-postgres names them apart.
fn explain(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
