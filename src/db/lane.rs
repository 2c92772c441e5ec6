//! The quick lane: one connection for each thread, on which the statements of all requests are pipelined. For reads
//! that an index answers at once; what takes longer holds up those behind it, and goes to the pool instead.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{LocalBoxFuture, Shared};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Row};

use super::statement::{Bind, Statement};
use super::{Error, session};

/// How long a statement may take here.
const QUICK: Duration = Duration::from_millis(500);
/// How long an answer may take that others stand before, with the rest of connecting.
const WAIT: Duration = Duration::from_secs(2);
/// A statement that took too long; one of a replica that stood in the way of what is replayed.
const ALONE: [SqlState; 2] = [SqlState::QUERY_CANCELED, SqlState::T_R_SERIALIZATION_FAILURE];
/// Statements under way on one connection.
const MOST: usize = 512;

/// Goes on whoever waits for it, or does not any more.
type Opening = Shared<LocalBoxFuture<'static, Result<Rc<Connection>, String>>>;

struct Lane {
    opening: Opening,
    under_way: Cell<usize>,
}

impl Lane {
    fn begin(url: &str) -> Rc<Lane> {
        let url = url.to_owned();
        let opening = tokio::spawn(async move { Connection::open(&url).await.map_err(|error| error.to_string()) });
        let opening = opening.map(|ended| ended.map_err(|error| error.to_string()).flatten().map(Rc::new));
        Rc::new(Lane { opening: opening.boxed_local().shared(), under_way: Cell::new(0) })
    }
}

struct Connection {
    client: Client,
    /// Prepared ones by their SQL: as many as there are shapes of reads.
    prepared: Mutex<HashMap<String, tokio_postgres::Statement>>,
}

impl Connection {
    async fn open(url: &str) -> Result<Connection, Error> {
        // One plan for all values: an index serves each of them.
        let config = session::settings(url, QUICK, "-c plan_cache_mode=force_generic_plan")?;
        let (client, connection) = session::open(&config).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                log::debug!("the quick lane ended: {error}");
            }
        });
        Ok(Connection { client, prepared: Mutex::default() })
    }

    async fn rows(&self, statement: &Statement) -> Result<Vec<Row>, tokio_postgres::Error> {
        let (sql, binds) = statement.rendered();
        let mut prepared = self.prepared.lock().await;
        let statement = match prepared.get(&sql) {
            Some(statement) => statement.clone(),
            None => {
                let types: Vec<_> = binds.iter().map(|bind| bind.sql_type()).collect();
                let statement = self.client.prepare_typed(&sql, &types).await?;
                prepared.insert(sql, statement.clone());
                statement
            }
        };
        drop(prepared);
        let binds: Vec<_> = binds.into_iter().map(Bind::as_parameter).collect();
        self.client.query(&statement, &binds).await
    }
}

thread_local! {
    /// By the address of the database.
    static LANES: RefCell<HashMap<String, Rc<Lane>>> = RefCell::default();
}

/// One more statement under way, as long as this lives.
struct UnderWay<'a>(&'a Cell<usize>);

impl<'a> UnderWay<'a> {
    fn begin(count: &'a Cell<usize>) -> UnderWay<'a> {
        count.set(count.get() + 1);
        UnderWay(count)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

/// Rows of a statement. Where it took too long, or too many are under way, it is a timeout: others are not held up.
pub async fn rows(url: &str, statement: &Statement) -> Result<Vec<Row>, Error> {
    let lane = LANES.with_borrow_mut(|lanes| match lanes.get(url) {
        Some(lane) => lane.clone(),
        None => lanes.entry(url.to_owned()).or_insert_with(|| Lane::begin(url)).clone(),
    });
    if lane.under_way.get() >= MOST {
        return Err(Error::Timeout);
    }
    let _one = UnderWay::begin(&lane.under_way);
    let until = Instant::now() + WAIT;
    // Of several hosts the first may not answer: connecting takes longer than a read waits, and who comes later has it.
    let Ok(opened) = timeout_at(until, lane.opening.clone()).await else { return Err(Error::Timeout) };
    let failed = match opened {
        Ok(connection) => match timeout_at(until, connection.rows(statement)).await {
            Ok(Ok(rows)) => return Ok(rows),
            // The server gave up this one alone; the others on the connection go on.
            Ok(Err(error)) if error.code().is_some_and(|code| ALONE.contains(code)) => return Err(Error::Timeout),
            Ok(Err(error)) => Error::from(error),
            Err(_) => Error::Unavailable("no answer in time".to_owned()),
        },
        Err(why) => Error::Unavailable(why),
    };
    log::debug!("the quick lane is begun anew: {failed}");
    // Others that it fails for find a new one already.
    LANES.with_borrow_mut(|lanes| {
        if lanes.get(url).is_some_and(|now| Rc::ptr_eq(now, &lane)) {
            lanes.remove(url);
        }
    });
    Err(failed)
}
