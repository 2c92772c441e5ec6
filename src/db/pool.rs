//! Connections.

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::result::{ConnectionError, ConnectionResult};
use diesel_async::pooled_connection::deadpool::{BuildError, Object, Pool};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::FutureExt;
use tokio_postgres::NoTls;

use super::heads::Heads;
use super::known::Known;
use super::statement::Statement;
use super::{Error, lane};

/// How long a request waits for a connection.
const WAIT: Duration = Duration::from_secs(5);
/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);

/// The database.
#[derive(Clone)]
pub struct Database {
    pool: Pool<AsyncPgConnection>,
    url: Arc<str>,
    statement_timeout: Duration,
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
        Ok(Database { pool, url: url.into(), statement_timeout, known })
    }

    /// The same, which knows the newest revision from who listens.
    pub fn knowing(self, heads: &Heads) -> Database {
        Database { known: Arc::new(Known::new(heads.confirmed())), ..self }
    }

    /// A connection of one's own until it is dropped.
    pub async fn connection(&self) -> Result<Object<AsyncPgConnection>, Error> {
        self.pool.get().await.map_err(|error| Error::Unavailable(error.to_string()))
    }

    /// What is known of the newest revision.
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// Rows of a statement that an index answers at once, on a connection that many share.
    pub async fn quick_rows<Row>(&self, statement: Statement) -> Result<Vec<Row>, Error>
    where
        Row: QueryableByName<Pg> + Send + 'static,
    {
        match lane::rows(&self.url, &statement).await {
            Some(rows) => Ok(rows),
            None => self.rows(statement).await,
        }
    }

    /// Rows of one statement.
    pub async fn rows<Row>(&self, statement: Statement) -> Result<Vec<Row>, Error>
    where
        Row: QueryableByName<Pg> + Send + 'static,
    {
        let mut connection = self.connection().await?;
        let started = Instant::now();
        statement.get_results(&mut connection).await.map_err(|error| match Error::from(error) {
            // Servers say so in their own language.
            Error::Query(_) if started.elapsed() >= self.statement_timeout => Error::Timeout,
            error => error,
        })
    }

    /// Connections there are, and how many of them are idle.
    pub fn connections(&self) -> (usize, usize) {
        let status = self.pool.status();
        (status.size, status.available)
    }
}

/// A connection whose statements end after `statement_timeout`.
pub async fn connect(url: &str, statement_timeout: Duration) -> ConnectionResult<AsyncPgConnection> {
    connect_with(url, statement_timeout, "").await
}

/// The same with more options, as `-c name=value`.
pub async fn connect_with(url: &str, statement_timeout: Duration, more: &str) -> ConnectionResult<AsyncPgConnection> {
    let bad = |error: tokio_postgres::Error| ConnectionError::BadConnection(explain(&error));
    let mut config: tokio_postgres::Config = url.parse().map_err(bad)?;
    let options = config.get_options().unwrap_or_default();
    let options =
        format!("{options} -c statement_timeout={} -c timezone=UTC -c jit=off {more}", statement_timeout.as_millis());
    config.options(options).application_name("open-commitments").connect_timeout(CONNECT);
    let (client, connection) = config.connect(NoTls).await.map_err(bad)?;
    AsyncPgConnection::try_from_client_and_connection(client, connection).await
}

/// The error with its causes: tokio-postgres names them apart.
fn explain(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
