//! One server: its connections, and statements on them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool::managed::TimeoutType;
use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel_async::pooled_connection::deadpool::{BuildError, Object, Pool, PoolError};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, PoolableConnection, RecyclingMethod,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::FutureExt;

use super::lent::Lent;
use super::session::{CONNECT, connect};
use super::slow::Slow;
use super::statement::{Pace, Statement};
use super::{Error, lane};

/// How many requests wait at most, for each connection.
const QUEUE: usize = 64;
/// How long an answer may be under way beyond the statement timeout, which the server keeps.
const GRACE: Duration = Duration::from_secs(1);
/// How soon the end of a connection follows the server's last words.
const LAST_WORDS: Duration = Duration::from_millis(50);

/// A server, or several addresses of which one is the server.
pub struct Server {
    pool: Pool<AsyncPgConnection>,
    url: Arc<str>,
    statement_timeout: Duration,
    slow: Slow,
}

impl Server {
    /// At most `size` connections, made when first needed; a request waits for one as long as `wait`.
    pub fn new(url: &str, size: usize, statement_timeout: Duration, wait: Duration) -> Result<Server, BuildError> {
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
            .wait_timeout(Some(wait))
            .create_timeout(Some(CONNECT.min(wait)))
            .runtime(deadpool::Runtime::Tokio1)
            .build()?;
        Ok(Server { pool, url: url.into(), statement_timeout, slow: Slow::of(size) })
    }

    /// Another one with as many connections.
    pub fn beside(&self, url: &str, wait: Duration) -> Result<Server, BuildError> {
        Server::new(url, self.pool.status().max_size, self.statement_timeout, wait)
    }

    /// A connection of one's own until it is dropped.
    pub async fn connection(&self) -> Result<Object<AsyncPgConnection>, Error> {
        self.lend(Pace::Quick).await
    }

    async fn lend(&self, pace: Pace) -> Result<Object<AsyncPgConnection>, Error> {
        let (status, mut timeouts) = (self.pool.status(), self.pool.timeouts());
        if pace == Pace::Patient {
            timeouts.wait = None;
        } else if status.waiting >= QUEUE * status.max_size {
            return Err(Error::Busy(format!("{} wait for a connection already", status.waiting)));
        }
        self.pool.timeout_get(&timeouts).await.map_err(|error| match error {
            PoolError::Timeout(TimeoutType::Wait) => Error::Busy(error.to_string()),
            error => Error::Unavailable(error.to_string()),
        })
    }

    /// Rows of a statement that an index answers at once, on a connection that many share.
    pub async fn quick_rows(&self, statement: &Statement) -> Result<Vec<tokio_postgres::Row>, Error> {
        lane::rows(&self.url, statement).await
    }

    /// Rows of one statement.
    pub async fn rows<Row>(&self, statement: Statement) -> Result<Vec<Row>, Error>
    where
        Row: QueryableByName<Pg> + Send + 'static,
    {
        let pace = statement.pace();
        let _turn = self.slow.turn(pace).await?;
        let mut lent = Lent::default();
        let connection = lent.hold(self.lend(pace).await?);
        let started = Instant::now();
        let limit = self.limit();
        let Ok(answer) = tokio::time::timeout(limit, statement.get_results(connection)).await else {
            // Frozen, or out of reach without a word. Nobody knows what the connection is at.
            lent.close();
            return Err(Error::Unavailable(format!("no answer within {} s", limit.as_secs())));
        };
        let answer = match answer.map_err(Error::from) {
            // Servers that do not let us choose say so in their own language.
            Err(Error::Query(_)) if started.elapsed() >= self.statement_timeout => Err(Error::Timeout),
            Err(Error::Query(error)) if is_ended(connection).await => Err(Error::Unavailable(error.to_string())),
            answer => answer,
        };
        match &answer {
            // A plan that no longer fits its table would go on failing on this connection.
            Err(Error::Unavailable(_)) => lent.close(),
            _ => lent.give_back(),
        }
        answer
    }

    fn limit(&self) -> Duration {
        self.statement_timeout.saturating_add(GRACE)
    }

    /// What is short work on a connection: dropped where no answer comes.
    pub async fn briefly<T>(
        &self,
        work: impl AsyncFnOnce(&mut AsyncPgConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut lent = Lent::default();
        let connection = lent.hold(self.connection().await?);
        let limit = self.limit();
        let Ok(done) = tokio::time::timeout(limit, work(connection)).await else {
            lent.close();
            return Err(Error::Unavailable(format!("no answer within {} s", limit.as_secs())));
        };
        lent.give_back();
        done
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
