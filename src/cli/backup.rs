//! `backup`: all of the database in one file.

use diesel::sql_types::{Integer, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

use super::{Failed, connect, open, tell};
use crate::config::Backup;
use crate::db::dump::Programs;
use crate::db::statement::Statement;
use crate::ledger::publish::citation;
use crate::mirror::local;
use crate::say;

#[derive(diesel::QueryableByName)]
pub struct Server {
    #[diesel(sql_type = Integer)]
    pub major: i32,
}

#[derive(diesel::QueryableByName)]
struct Snapshot {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Major version of the server.
pub async fn major(connection: &mut AsyncPgConnection) -> Result<u32, Failed> {
    let sql = "SELECT current_setting('server_version_num')::integer / 10000 AS major";
    let server: Server = Statement::of(sql, []).get_result(connection).await.map_err(Failed::of)?;
    u32::try_from(server.major).map_err(Failed::of)
}

pub async fn run(settings: Backup) -> Result<(), Failed> {
    let opened = open(&settings.database).await?;
    let mut connection = connect(&opened).await?;
    let server = major(&mut connection).await?;
    let programs = Programs::find(&opened.url, server, settings.database.pg_bin_dir.as_deref()).map_err(Failed)?;
    // What is said of the file is what is in it, whatever is published meanwhile.
    connection.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await.map_err(Failed::of)?;
    let snapshot = Statement::of("SELECT pg_export_snapshot() AS name", []);
    let snapshot: Snapshot = snapshot.get_result(&mut connection).await.map_err(Failed::of)?;
    let (ledger, _) = local::identity(&mut connection).await.map_err(Failed::of)?;
    let head = local::head(&mut connection).await.map_err(Failed::of)?;
    let path = settings.output;
    let partial = path.with_file_name(format!("{}.partial", path.file_name().unwrap_or_default().to_string_lossy()));
    let (from, to) = (partial.clone(), path.clone());
    let dumped = tokio::task::spawn_blocking(move || {
        programs.dump(&snapshot.name, &from)?;
        let (name, moved) = (to.display(), std::fs::rename(&from, &to));
        moved.map_err(|error| say!("{name} cannot be written: {error}.", "无法写入 {name}：{error}。"))
    });
    if let Err(message) = dumped.await.map_err(Failed::of)? {
        // What is left of it is of no use to anybody.
        let _ = std::fs::remove_file(&partial);
        return Err(Failed(message));
    }
    let (path, head) = (path.display(), citation(head.revision, &hex::encode(&head.digest)));
    tell(say!(
        "{path}: ledger {ledger} up to {head}, with its keys. restore brings it back and checks it.",
        "{path}：账本 {ledger} 至 {head}，含密钥。可用 restore 恢复并核验。"
    ));
    Ok(())
}
