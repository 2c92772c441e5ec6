//! The database: its primary, and the replicas that read for it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::QueryableByName;
use diesel::pg::Pg;
use diesel::sql_types::BigInt;
use diesel_async::pooled_connection::deadpool::{BuildError, Object};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};

use super::Error;
use super::heads::Heads;
use super::known::Known;
use super::lent::Lent;
use super::replicas::{Replica, Replicas, Seen};
use super::server::Server;
use super::statement::{Needs, Statement};

/// How long a request waits for one of the primary's connections.
const WAIT: Duration = Duration::from_secs(5);
/// How often somebody who works for long looks whether the database is still there.
const SIGN: Duration = Duration::from_secs(2);
/// How long a read waits for a revision that is said to be there.
const AWAITED: Duration = Duration::from_secs(1);

/// The database.
#[derive(Clone)]
pub struct Database {
    primary: Arc<Server>,
    replicas: Arc<Replicas>,
    known: Arc<Known>,
}

impl Database {
    /// At most `size` connections, made when first needed.
    pub fn new(url: &str, size: usize, statement_timeout: Duration) -> Result<Database, BuildError> {
        let primary = Server::new(url, size, statement_timeout, WAIT)?;
        let known = Arc::new(Known::new(Arc::default()));
        Ok(Database { primary: Arc::new(primary), replicas: Arc::default(), known })
    }

    /// The same, which knows the newest revision from who listens.
    pub fn knowing(self, heads: &Heads) -> Database {
        Database { known: Arc::new(Known::new(heads.confirmed())), ..self }
    }

    /// The same, which reads from these streaming replicas as well, with as many connections to each.
    pub fn reading_from(self, urls: &[String], heads: &Heads) -> Result<Database, BuildError> {
        let replicas = Replicas::watch(urls, &self.primary, &self.known, heads)?;
        Ok(Database { replicas: Arc::new(replicas), ..self })
    }

    /// A connection to the primary, of one's own until it is dropped.
    pub async fn connection(&self) -> Result<Object<AsyncPgConnection>, Error> {
        self.primary.connection().await
    }

    /// What is known of the newest revision.
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// Rows of a statement that an index answers at once, on a connection that many share; none where it has to be asked
    /// for in another way.
    pub async fn quick_rows(&self, statement: &Statement) -> Option<Vec<tokio_postgres::Row>> {
        let Some(replica) = statement.needs().and_then(|needs| self.replica(needs)) else {
            return self.primary.quick_rows(statement).await.ok();
        };
        let rows = replica.server.quick_rows(statement).await;
        if let Err(Error::Unavailable(why)) = &rows {
            replica.fail(why);
        }
        rows.ok()
    }

    /// Rows of one statement: a read's from a replica where one has what it needs, else the primary's.
    pub async fn rows<Row>(&self, statement: Statement) -> Result<Vec<Row>, Error>
    where
        Row: QueryableByName<Pg> + Send + 'static,
    {
        let Some(needs) = statement.needs() else { return self.primary.rows(statement).await };
        if needs.awaited > 0 {
            self.wait_for(needs.awaited).await?;
        }
        if self.replicas.is_empty() {
            return self.primary.rows(statement).await;
        }
        let replica = self.replica(needs);
        if let Some(replica) = &replica {
            match replica.rows(statement.clone()).await {
                Err(Error::Unavailable(why) | Error::Busy(why)) => log::debug!("{}: {why}", replica.name),
                answer => return answer,
            }
        }
        match self.primary.rows(statement.clone()).await {
            Err(error @ (Error::Unavailable(_) | Error::Busy(_))) => {
                match self.last_resort(needs, replica.as_deref()) {
                    Some(replica) => replica.rows(statement).await,
                    None => Err(error),
                }
            }
            answer => answer,
        }
    }

    /// What is short work on a connection to the primary: dropped where no answer comes.
    pub async fn briefly<T>(
        &self,
        work: impl AsyncFnOnce(&mut AsyncPgConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.primary.briefly(work).await
    }

    /// What may take long, on a connection of its own that is closed once the database gives no sign of life any more, or
    /// nobody waits any more.
    pub async fn patiently<T>(
        &self,
        connection: Object<AsyncPgConnection>,
        work: impl AsyncFnOnce(&mut AsyncPgConnection) -> T,
    ) -> Result<T, Error> {
        let mut lent = Lent::default();
        let connection = lent.hold(connection);
        let done = tokio::select! {
            done = work(connection) => done,
            () = self.falls_silent() => {
                lent.close();
                return Err(Error::Unavailable("the database fell silent".into()));
            }
        };
        lent.give_back();
        Ok(done)
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

    /// A replica that has what is needed, and is not far behind.
    fn replica(&self, needs: Needs) -> Option<Arc<Replica>> {
        self.replicas.choose(needs, &self.known, |replica| !self.known.is_confirmed() || !replica.is_far_behind())
    }

    /// A replica that has what is needed, however far behind, where the primary does not answer.
    fn last_resort(&self, needs: Needs, failed: Option<&Replica>) -> Option<Arc<Replica>> {
        self.replicas.choose(needs, &self.known, |replica| failed.is_none_or(|failed| !std::ptr::eq(failed, replica)))
    }

    /// Waits for a revision that somebody was told of.
    async fn wait_for(&self, revision: i64) -> Result<(), Error> {
        #[derive(QueryableByName)]
        struct Head {
            #[diesel(sql_type = BigInt)]
            revision: i64,
        }
        let until = Instant::now() + AWAITED;
        let is_heard = || self.known.heard() >= revision || self.replicas.have(revision);
        let is_there = || async {
            let head: Result<Vec<Head>, Error> =
                self.primary.rows(Statement::of("SELECT revision FROM head", [])).await;
            head.is_ok_and(|rows| rows.iter().any(|head| head.revision >= revision))
        };
        if is_heard() || is_there().await {
            return Ok(());
        }
        while Instant::now() < until {
            tokio::time::sleep(AWAITED / 50).await;
            if is_heard() {
                return Ok(());
            }
        }
        if is_there().await { Ok(()) } else { Err(Error::NotYet(revision)) }
    }

    /// Each server as it was last seen: its name, its newest revision where it answers, and how many revisions it lacks.
    pub fn servers(&self) -> Vec<Seen> {
        let heard = self.known.heard();
        let primary = self.known.is_confirmed().then_some(heard);
        let primary = Seen { name: "primary".to_owned(), head: primary, lag: 0 };
        std::iter::once(primary).chain(self.replicas.iter().map(|replica| replica.seen(heard))).collect()
    }

    /// Connections to the primary that there are, and how many of them are idle.
    pub fn connections(&self) -> (usize, usize) {
        self.primary.connections()
    }
}
