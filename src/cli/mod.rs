//! The commands. Each says what it did; exit codes are 0 done, 1 failed, 2 usage.

pub mod backup;
pub mod bundle;
pub mod change;
pub mod import;
pub mod keys;
pub mod mirror;
pub mod openapi;
pub mod publish;
pub mod restore;
pub mod serve;
pub mod synthesize;
pub mod verify;

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use diesel_async::AsyncPgConnection;

use crate::config::{Cli, Command, DatabaseSettings, Migrate};
use crate::db::migrate::{self, Direction};
use crate::db::private_postgres::{self, PrivatePostgres};
use crate::db::session;
use crate::model::message::{Language, Message};
use crate::say;

/// Why a command failed, in words.
pub struct Failed(pub Message);

impl Failed {
    /// A failure whose words are its own, in whatever language it speaks.
    pub fn of(error: impl Display) -> Failed {
        Failed(say!("{error}", "{error}"))
    }
}

impl From<migrate::Failure> for Failed {
    fn from(migrate::Failure(message): migrate::Failure) -> Failed {
        Failed(message)
    }
}

/// Runs the command that was given.
pub fn run(cli: Cli) -> ExitCode {
    let result = match cli.command {
        None => serve::run(cli.serve),
        Some(Command::Serve(settings)) => serve::run(settings),
        Some(Command::Publish(settings)) => wait(publish::run(settings)),
        Some(Command::Import(settings)) => import::run(settings),
        Some(Command::Correct(settings)) => wait(change::correct(settings)),
        Some(Command::Withdraw(settings)) => wait(change::withdraw(settings)),
        Some(Command::Redact(settings)) => wait(change::redact(settings)),
        Some(Command::Keys { command }) => wait(keys::run(command)),
        Some(Command::Mirror(settings)) => wait(mirror::run(settings)),
        Some(Command::Bundle(settings)) => wait(bundle::run(settings)),
        Some(Command::Backup(settings)) => wait(backup::run(settings)),
        Some(Command::Restore(settings)) => wait(restore::run(settings)),
        Some(Command::Verify(settings)) => wait(verify::run(settings)),
        Some(Command::Migrate(settings)) => wait(migrate(settings)),
        Some(Command::Synthesize(settings)) => wait(synthesize::run(settings)),
        Some(Command::Openapi(settings)) => openapi::run(settings),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed(message)) => {
            // The exit code says so where nobody reads.
            let _ = writeln!(io::stderr(), "{}", message.in_language(Language::of_terminal()));
            ExitCode::FAILURE
        }
    }
}

fn wait(command: impl Future<Output = Result<(), Failed>>) -> Result<(), Failed> {
    value(command)
}

/// What a command that waits comes to.
fn value<T>(command: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
    tokio::runtime::Runtime::new().map_err(Failed::of)?.block_on(command)
}

/// A database to work on. The private server goes with the last program that uses it.
pub struct Opened {
    pub url: String,
    _server: Option<PrivatePostgres>,
}

/// The database of the settings, its schema brought up to date.
pub async fn open(settings: &DatabaseSettings) -> Result<Opened, Failed> {
    let opened = reach(settings)?;
    migrate::run(&opened.url, &settings.time_zone, Direction::Up).await?;
    Ok(opened)
}

fn reach(settings: &DatabaseSettings) -> Result<Opened, Failed> {
    if let Some(url) = settings.database_url.clone().filter(|url| !url.is_empty()) {
        return Ok(Opened { url, _server: None });
    }
    let data_dir = settings.data_dir.clone().unwrap_or_else(private_postgres::default_data_dir);
    let private = private_postgres::Settings { data_dir, bin_dir: settings.pg_bin_dir.clone(), options: Vec::new() };
    let mut server =
        PrivatePostgres::start(&private).map_err(|error| Failed(Message { en: error.en(), zh: error.zh() }))?;
    // It may die before it is needed.
    server.keep_running();
    Ok(Opened { url: server.url(), _server: Some(server) })
}

/// The database of a copy: where there is no ledger yet, one with this identity is founded.
pub async fn open_copy(settings: &DatabaseSettings, ledger: uuid::Uuid, time_zone: &str) -> Result<Opened, Failed> {
    let opened = reach(settings)?;
    migrate::run_as_copy(&opened.url, ledger, time_zone).await?;
    Ok(opened)
}

/// A connection without a statement timeout, for work that takes what it takes.
pub async fn connect(opened: &Opened) -> Result<AsyncPgConnection, Failed> {
    session::connect(&opened.url, Duration::ZERO).await.map_err(Failed::of)
}

async fn migrate(settings: Migrate) -> Result<(), Failed> {
    let opened = reach(&settings.database)?;
    let direction = if settings.down { Direction::Down } else { Direction::Up };
    let versions = migrate::run(&opened.url, &settings.database.time_zone, direction).await?;
    let count = versions.len();
    tell(say!(
        "The schema is up to date; {count} migrations were run.",
        "数据库结构已是最新，本次执行 {count} 个迁移。"
    ));
    Ok(())
}

/// Prints a line in the reader's language.
pub fn tell(message: Message) {
    print(message.in_language(Language::of_terminal()));
}

/// Prints a line. Whoever reads may have gone (`| head`); what is done is done all the same.
pub fn print(line: impl Display) {
    let _ = writeln!(io::stdout(), "{line}");
}
