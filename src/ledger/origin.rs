//! Whether a ledger is its own, or the copy of another one that is published to elsewhere.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz};
use diesel::{OptionalExtension, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::db::Error;
use crate::db::statement::Statement;

/// What this ledger is a copy of.
#[derive(QueryableByName, Clone, Debug)]
pub struct Mirror {
    #[diesel(sql_type = Text)]
    pub upstream: String,
    #[diesel(sql_type = BigInt)]
    pub upstream_head: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub reached_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    pub diverged: Option<String>,
    /// It is no copy, but what came after its backup is not back yet.
    #[diesel(sql_type = Bool)]
    pub restored: bool,
}

/// Reads a [`Mirror`]; no row where the ledger is its own.
pub fn statement() -> Statement {
    Statement::of("SELECT upstream, upstream_head, reached_at, diverged, restored FROM mirror", [])
}

pub async fn mirror(mut connection: &AsyncPgConnection) -> Result<Option<Mirror>, Error> {
    Ok(statement().get_result(&mut connection).await.optional()?)
}
