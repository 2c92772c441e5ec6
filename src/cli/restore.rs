//! `restore`: a backup brought back, and then what was published after it.

use std::path::Path;

use diesel::sql_types::Bool;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

use super::{Failed, Opened, backup, connect, mirror, reach, tell, verify};
use crate::config::Restore;
use crate::db::dump::Programs;
use crate::db::migrate::{self, Direction};
use crate::db::statement::Statement;
use crate::ledger::publish::citation;
use crate::ledger::{origin, restored};
use crate::mirror::bundle::Bundle;
use crate::mirror::compare::{self, Comparison};
use crate::mirror::follow::Following;
use crate::mirror::local;
use crate::mirror::upstream::Upstream;
use crate::say;

#[derive(diesel::QueryableByName)]
struct Empty {
    #[diesel(sql_type = Bool)]
    empty: bool,
}

pub async fn run(settings: Restore) -> Result<(), Failed> {
    let opened = reach(&settings.database)?;
    if let Some(path) = &settings.file {
        bring_back(&settings, &opened, path).await?;
    }
    migrate::run(&opened.url, &settings.database.time_zone, Direction::Up).await?;
    let mut connection = connect(&opened).await?;
    if settings.file.is_some() {
        // Statements are planned by figures that no dump has.
        connection.batch_execute("ANALYZE").await.map_err(Failed::of)?;
    } else if let [from, ..] = settings.mirror.as_slice() {
        // It was brought back by other means: nobody may publish to it while it is looked at.
        restored::mark(&mut connection, from).await.map_err(Failed::of)?;
    }
    // An earlier run may have ended before this, or because of it.
    verify::whole(&mut connection).await?;
    for from in &settings.mirror {
        fill_up(&opened, &mut connection, from).await?;
    }
    let head = local::head(&mut connection).await.map_err(Failed::of)?;
    let head = citation(head.revision, &hex::encode(&head.digest));
    if settings.mirror.is_empty() && !settings.without_mirror {
        tell(say!(
            "The ledger is at {head}. Nothing is published to it until what came later is back: run open-commitments restore --mirror URL with any mirror's address, or with --without-mirror if there is none.",
            "账本位于 {head}。在其后的内容找回之前不能发布：请运行 open-commitments restore --mirror URL（任一镜像的地址）；没有镜像时用 --without-mirror。"
        ));
        return Ok(());
    }
    restored::confirm(&mut connection).await.map_err(Failed::of)?;
    if let Some(mirror) = origin::mirror(&connection).await.map_err(Failed::of)? {
        let upstream = mirror.upstream;
        tell(say!(
            "The ledger is at {head}, and a copy of {upstream} as before.",
            "账本位于 {head}，仍是 {upstream} 的副本。"
        ));
        return Ok(());
    }
    tell(say!("The ledger is at {head}, and can be published to.", "账本位于 {head}，可以发布。"));
    Ok(())
}

async fn bring_back(settings: &Restore, opened: &Opened, path: &Path) -> Result<(), Failed> {
    let mut connection = connect(opened).await?;
    let sql = "SELECT NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace) AS empty";
    let there: Empty = Statement::of(sql, []).get_result(&mut connection).await.map_err(Failed::of)?;
    if !there.empty {
        return Err(Failed(say!(
            "The database is not empty; nothing was changed. Restore into an empty one (DATABASE_URL), or into a new folder (DATA_DIR); go on with a restoration that was broken off without naming the file again.",
            "数据库不为空，没有任何更改。请恢复到空数据库（DATABASE_URL）或新目录（DATA_DIR）；若要继续中断的恢复，请不要再指定文件。"
        )));
    }
    let server = backup::major(&mut connection).await?;
    drop(connection);
    let programs = Programs::find(&opened.url, server, settings.database.pg_bin_dir.as_deref()).map_err(Failed)?;
    let path = path.to_owned();
    // Never there without the mark: nobody may publish to it, whatever becomes of what follows.
    let mark = restored::mark_of(&path.display().to_string());
    let restored = tokio::task::spawn_blocking(move || programs.restore(&path, &mark)).await;
    restored.map_err(Failed::of)?.map_err(Failed)
}

/// Takes in what a mirror or a bundle has beyond this ledger.
async fn fill_up(opened: &Opened, connection: &mut AsyncPgConnection, from: &str) -> Result<(), Failed> {
    let before = local::head(connection).await.map_err(Failed::of)?.revision;
    if !from.starts_with("http://") && !from.starts_with("https://") {
        let bundle = Bundle::open(Path::new(from))?;
        bundle.take_in(connection, true, &|revision| mirror::progress(revision, revision)).await?;
    } else {
        let upstream = Upstream::new(from);
        let (ours, theirs) = match compare::compare(connection, &upstream).await? {
            Comparison::Alike { ours, theirs } => (ours, theirs),
            Comparison::Differ(divergence) => return Err(Failed(divergence.message())),
        };
        if theirs > ours {
            let (database_url, upstream, progress) = (&opened.url, &upstream, &mirror::progress);
            Following { database_url, upstream, for_ever: false, restoring: true, progress }.run().await?;
        }
    }
    let new = local::head(connection).await.map_err(Failed::of)?.revision - before;
    tell(say!("{from}: {new} revisions came back.", "{from}：找回 {new} 个修订。"));
    Ok(())
}
