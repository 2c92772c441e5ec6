//! `bundle`: revisions in a file.

use std::time::Duration;

use super::{Failed, connect, open, tell};
use crate::config::Bundle;
use crate::db::pool::Database;
use crate::ledger::publish::citation;
use crate::mirror::bundle;
use crate::say;

pub async fn run(settings: Bundle) -> Result<(), Failed> {
    let opened = open(&settings.database).await?;
    let mut connection = connect(&opened).await?;
    let database = Database::new(&opened.url, 1, Duration::from_secs(600)).map_err(Failed::of)?;
    let bundled = bundle::write(&mut connection, &database, settings.after, &settings.output).await?;
    let (path, new, after) = (settings.output.display(), bundled.new, bundled.after);
    let through = citation(bundled.through, &bundled.digest);
    tell(say!(
        "{path}: {new} revisions after {after}, up to {through}.",
        "{path}：修订 {after} 之后的 {new} 个修订，至 {through}。"
    ));
    Ok(())
}
