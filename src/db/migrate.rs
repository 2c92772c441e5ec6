//! Bringing the schema up to date, and founding the ledger in a new database.

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::sql_types::{Text, Uuid as SqlUuid};
use diesel::{Connection, RunQueryDsl};
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use uuid::Uuid;

use super::pool::Database;
use super::statement::Statement;
use super::{Error, reindex, session};
use crate::ledger::digest;
use crate::model::message::Message;
use crate::say;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// Two programs that start at once take turns.
const LOCK: &str = "SELECT pg_advisory_lock(hashtext('open-commitments migrate'))";

/// Which way to go.
#[derive(Clone, Copy, PartialEq)]
pub enum Direction {
    Up,
    /// Takes everything back, the ledger with it.
    Down,
}

/// Why the schema could not be changed.
#[derive(Debug)]
pub struct Failure(pub Message);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.en)
    }
}

impl std::error::Error for Failure {}

/// Runs what is pending, then founds the ledger if there is none. Returns the versions run.
pub async fn run(url: &str, time_zone: &str, direction: Direction) -> Result<Vec<String>, Failure> {
    as_ledger(url, Uuid::new_v4(), time_zone, direction).await
}

/// The same, where a ledger that is founded is to be a copy of this one.
pub async fn run_as_copy(url: &str, ledger: Uuid, time_zone: &str) -> Result<Vec<String>, Failure> {
    as_ledger(url, ledger, time_zone, Direction::Up).await
}

async fn as_ledger(url: &str, ledger: Uuid, time_zone: &str, direction: Direction) -> Result<Vec<String>, Failure> {
    let (url, time_zone) = (url.to_owned(), time_zone.to_owned());
    // The harness blocks, which an async worker must not.
    let done = tokio::task::spawn_blocking(move || migrate(&url, ledger, &time_zone, direction)).await;
    done.map_err(|error| Failure(say!("{error}", "{error}")))?
}

fn migrate(url: &str, ledger: Uuid, time_zone: &str, direction: Direction) -> Result<Vec<String>, Failure> {
    let fail = |error: &dyn std::fmt::Display| Failure(say!("{error}", "{error}"));
    let mut connection: AsyncConnectionWrapper<AsyncPgConnection> = tokio::runtime::Handle::current()
        .block_on(session::connect_when_up(url))
        .map(AsyncConnectionWrapper::from)
        .map_err(|error| fail(&error))?;
    connection.batch_execute(LOCK).map_err(|error| fail(&error))?;
    let there = connection.applied_migrations().map_err(|error| fail(&error))?;
    if let Some(newer) = there.iter().map(ToString::to_string).find(|version| !known().contains(version)) {
        return Err(Failure(say!(
            "The database's schema is of a newer release: this one does not know migration {newer}. Nothing was changed. Run that release.",
            "数据库的结构属于更新的版本：本版本不认识迁移 {newer}。没有任何更改。请运行较新的版本。"
        )));
    }
    let run = match direction {
        Direction::Up => connection.run_pending_migrations(MIGRATIONS),
        Direction::Down => connection.revert_all_migrations(MIGRATIONS),
    };
    let versions = run.map_err(|error| fail(&error))?.iter().map(ToString::to_string).collect();
    if direction == Direction::Up {
        connection.transaction(|connection| found(connection, ledger, time_zone)).map_err(|error| fail(&error))?;
        let indexed = reindex::run(&mut connection).map_err(|error| fail(&error))?;
        if indexed > 0 {
            log::info!("{indexed} rows were indexed for search anew");
        }
    }
    Ok(versions)
}

/// Gives a new ledger its identity and its head.
fn found(
    connection: &mut AsyncConnectionWrapper<AsyncPgConnection>,
    uuid: Uuid,
    time_zone: &str,
) -> diesel::QueryResult<()> {
    // AT TIME ZONE fails where PostgreSQL does not know the zone.
    let founding = "INSERT INTO ledger (uuid, time_zone) SELECT $1, $2 \
                    WHERE NOT EXISTS (SELECT FROM ledger) AND now() AT TIME ZONE $2 IS NOT NULL ON CONFLICT DO NOTHING";
    let founded =
        diesel::sql_query(founding).bind::<SqlUuid, _>(uuid).bind::<Text, _>(time_zone).execute(connection)?;
    if founded == 1 {
        diesel::sql_query("INSERT INTO head (revision, digest) VALUES (0, $1)")
            .bind::<diesel::sql_types::Bytea, _>(digest::origin(uuid).to_vec())
            .execute(connection)?;
    }
    Ok(())
}

#[derive(diesel::QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}

/// The versions that this program knows, in order.
fn known() -> Vec<String> {
    let known: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().unwrap_or_default();
    let mut known: Vec<String> = known.iter().map(|migration| migration.name().version().to_string()).collect();
    known.sort();
    known
}

/// Whether exactly the migrations of this program have run.
pub async fn is_current(database: &Database) -> Result<bool, Error> {
    let query = "SELECT version::text FROM __diesel_schema_migrations WHERE EXISTS (SELECT FROM head) ORDER BY version";
    let there: Vec<Version> = database.rows(Statement::of(query, [])).await?;
    Ok(there.into_iter().map(|row| row.version).eq(known()))
}
