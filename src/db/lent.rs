//! A connection that a pool lends, and what becomes of it where nobody waits any more for what is done on it.

use std::time::Duration;

use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::PoolableConnection;
use diesel_async::pooled_connection::deadpool::Object;
use tokio::runtime::Handle;
use tokio_postgres::NoTls;

/// How long a server may take to hear that nobody waits.
const HEARING: Duration = Duration::from_secs(1);

/// Holds a connection while something is done on it. Dropped in the midst of that, as when the client of a request goes
/// away, the connection is closed: neither a statement that still runs nor a transaction that is open, with its locks,
/// gets back to the pool.
#[derive(Default)]
pub struct Lent(Option<Object<AsyncPgConnection>>);

impl Lent {
    pub fn hold(&mut self, connection: Object<AsyncPgConnection>) -> &mut AsyncPgConnection {
        self.0.insert(connection)
    }

    /// Gives it back: all is finished. One that is broken, or in a transaction that nobody ended, is closed.
    pub fn give_back(&mut self) {
        if self.0.as_mut().is_some_and(|connection| connection.is_broken()) {
            self.close();
        }
        self.0 = None;
    }

    /// Closes it at once.
    pub fn close(&mut self) {
        drop(self.0.take().map(Object::take));
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(connection) = self.0.take() else { return };
        let Ok(runtime) = Handle::try_current() else { return drop(Object::take(connection)) };
        // A server notices a closed connection only between statements. The place in the pool stays taken until it was
        // told, so that what nobody waits for does not pile up there.
        runtime.spawn(async move {
            let _ = tokio::time::timeout(HEARING, connection.cancel_token().cancel_query(NoTls)).await;
            drop(Object::take(connection));
        });
    }
}
