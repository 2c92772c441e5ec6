//! Which errors of the server pass by themselves: they are outages, not defects.

use tokio_postgres::error::SqlState;

use super::Error;
use super::session::explain;

/// Classes of SQLSTATE (PostgreSQL's documentation, appendix A): connection exceptions, insufficient resources, operator
/// intervention, errors of the system around it.
const CLASSES: [&str; 4] = ["08", "53", "57", "58"];

/// Single ones: a server that only reads, a lock that others hold, a transaction that others stood in the way of, a
/// session that was ended for idling; a schema that was changed while statements were prepared, or is gone.
const SINGLE: [SqlState; 11] = [
    SqlState::READ_ONLY_SQL_TRANSACTION,
    SqlState::LOCK_NOT_AVAILABLE,
    SqlState::T_R_SERIALIZATION_FAILURE,
    SqlState::T_R_DEADLOCK_DETECTED,
    SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
    SqlState::FEATURE_NOT_SUPPORTED,
    SqlState::UNDEFINED_TABLE,
    SqlState::UNDEFINED_COLUMN,
    SqlState::UNDEFINED_FUNCTION,
    SqlState::INVALID_CATALOG_NAME,
    SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
];

/// The same in the words that the server has for them in English; diesel keeps the words alone.
const WORDS: [&str; 20] = [
    "terminating connection",
    "the database system",
    "canceling statement due to user request",
    "canceling statement due to conflict with recovery",
    "deadlock detected",
    "No space left on device",
    "Disk quota exceeded",
    "out of memory",
    "out of shared memory",
    "out of stack",
    "temporary file size exceeds",
    "could not open file",
    "could not read",
    "could not write",
    "could not extend",
    "could not create",
    "could not access file",
    "could not resize",
    "could not fork",
    "cached plan must not change result type",
];

/// Whether an error passes by itself.
pub fn passes(code: &SqlState) -> bool {
    CLASSES.iter().any(|class| code.code().starts_with(class)) || SINGLE.contains(code)
}

/// The same by its words, in English.
pub fn passes_by_words(message: &str) -> bool {
    // A schema that another release's migrations left, or have not made yet.
    let schema = ["relation", "column", "function", "procedure"].iter().any(|thing| message.starts_with(thing))
        && message.ends_with("does not exist");
    schema || WORDS.iter().any(|words| message.contains(words))
}

/// Whether it was a time limit, in English.
pub fn is_limit(message: &str) -> bool {
    ["statement timeout", "lock timeout"].iter().any(|why| message.contains(why))
}

/// Whether a server refused a connection because it is just coming up, or going down.
pub fn is_coming_up(error: &tokio_postgres::Error, is_local: bool) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionRefused, ConnectionReset, UnexpectedEof};
    match error.code() {
        Some(code) => [SqlState::CANNOT_CONNECT_NOW, SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN].contains(code),
        None => {
            let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<std::io::Error>());
            let kind = cause.map(std::io::Error::kind);
            error.is_closed() || [BrokenPipe, ConnectionReset, UnexpectedEof].map(Some).contains(&kind)
                // A socket whose server is gone; over a network it may be the wrong address.
                || is_local && kind == Some(ConnectionRefused)
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Error {
        let why = explain(&error);
        match error.code() {
            None => Error::Unavailable(why),
            // Words tell a limit from an operator's hand where they are English; either passes.
            Some(code) if *code == SqlState::QUERY_CANCELED && is_limit(&why) => Error::Timeout,
            Some(code) if passes(code) => Error::Unavailable(why),
            Some(_) => Error::Query(diesel::result::Error::QueryBuilderError(why.into())),
        }
    }
}
