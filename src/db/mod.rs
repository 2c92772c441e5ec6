//! Storage: the pool, the private PostgreSQL, the schema, and every query. No HTTP.

pub mod dump;
pub mod heads;
pub mod migrate;
pub mod pool;
pub mod private_postgres;
pub mod read;
mod reindex;
pub mod schema;
pub mod statement;

use std::fmt;

/// Revision in which a row that is open ends.
pub const OPEN: &str = "9223372036854775807";

/// Why the database did not answer.
#[derive(Debug)]
pub enum Error {
    /// It cannot be reached, or all connections are taken.
    Unavailable(String),
    /// The statement ran longer than it may.
    Timeout,
    /// Anything else: a defect, here or there.
    Query(diesel::result::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Unavailable(why) => write!(f, "the database cannot be reached: {why}"),
            Error::Timeout => f.write_str("the database took longer than the statement timeout"),
            Error::Query(error) => write!(f, "the database refused: {error}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Error {
        use diesel::result::{DatabaseErrorKind, Error as Diesel};
        match &error {
            Diesel::DatabaseError(
                DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection,
                info,
            ) => Error::Unavailable(info.message().to_owned()),
            Diesel::DatabaseError(DatabaseErrorKind::Unknown, info)
                if ["statement timeout", "lock timeout"].iter().any(|why| info.message().contains(why)) =>
            {
                Error::Timeout
            }
            // A server that is going down or coming up says so in words only.
            Diesel::DatabaseError(DatabaseErrorKind::Unknown, info)
                if info.message().contains("terminating connection")
                    || info.message().contains("the database system") =>
            {
                Error::Unavailable(info.message().to_owned())
            }
            Diesel::BrokenTransactionManager => Error::Unavailable(error.to_string()),
            _ => Error::Query(error),
        }
    }
}
