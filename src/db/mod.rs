//! Storage: the pool, the private PostgreSQL, the schema, and every query. No HTTP.

pub mod dump;
pub mod heads;
pub mod known;
mod lane;
mod lent;
pub mod migrate;
pub mod outage;
pub mod pool;
pub mod private_postgres;
pub mod read;
mod reindex;
pub mod replicas;
pub mod schema;
mod server;
pub mod session;
mod slow;
pub mod statement;

use std::fmt;

/// Revision in which a row that is open ends.
pub const OPEN: &str = "9223372036854775807";

/// Why the database did not answer.
#[derive(Debug)]
pub enum Error {
    /// It cannot be reached, or it cannot do what it could a moment ago.
    Unavailable(String),
    /// As much is under way here, or waits, as may; nothing is known of the server.
    Busy(String),
    /// The statement ran longer than it may.
    Timeout,
    /// No server that answers has this revision, which somebody was told of.
    NotYet(i64),
    /// Anything else: a defect, here or there.
    Query(diesel::result::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Unavailable(why) => write!(f, "the database cannot be reached: {why}"),
            Error::Busy(why) => write!(f, "there is too much to do: {why}"),
            Error::Timeout => f.write_str("the database took longer than the statement timeout"),
            Error::NotYet(revision) => write!(f, "no server that answers has revision {revision} yet"),
            Error::Query(error) => write!(f, "the database refused: {error}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Error {
        use diesel::result::{DatabaseErrorKind, Error as Diesel};
        if let Diesel::RollbackErrorOnCommit { commit_error, .. } = error {
            return Error::from(*commit_error);
        }
        match &error {
            Diesel::DatabaseError(
                DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection,
                info,
            ) => Error::Unavailable(info.message().to_owned()),
            Diesel::DatabaseError(
                DatabaseErrorKind::ReadOnlyTransaction | DatabaseErrorKind::SerializationFailure,
                info,
            ) => Error::Unavailable(info.message().to_owned()),
            // diesel keeps the words and no code; connections ask for them in English.
            Diesel::DatabaseError(DatabaseErrorKind::Unknown, info) if outage::is_limit(info.message()) => {
                Error::Timeout
            }
            Diesel::DatabaseError(DatabaseErrorKind::Unknown, info) if outage::passes_by_words(info.message()) => {
                Error::Unavailable(info.message().to_owned())
            }
            Diesel::BrokenTransactionManager => Error::Unavailable(error.to_string()),
            _ => Error::Query(error),
        }
    }
}
