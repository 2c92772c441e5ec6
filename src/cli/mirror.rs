//! `mirror`: a copy of another ledger.

use std::io::{IsTerminal, Write};
use std::path::Path;

use super::{Failed, connect, open, open_copy, tell};
use crate::config::{DatabaseSettings, Mirror};
use crate::ledger::origin;
use crate::ledger::publish::citation;
use crate::mirror::bundle::Bundle;
use crate::mirror::follow::{self, Following};
use crate::mirror::upstream::Upstream;
use crate::mirror::{Fault, local};
use crate::say;

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Failed {
        Failed(fault.message())
    }
}

pub async fn run(settings: Mirror) -> Result<(), Failed> {
    let Some(from) = &settings.from else { return promote(&settings.database).await };
    if !from.starts_with("http://") && !from.starts_with("https://") {
        return take_in(&settings, Path::new(from)).await;
    }
    let upstream = Upstream::new(from);
    let opened = if settings.follow {
        // Waits for the other ledger from the beginning, and a while for its own database.
        let index = follow::patiently(true, async |_| upstream.index().await).await?;
        let open = async |_: &mut bool| {
            let opened = open_copy(&settings.database, index.ledger, &index.time_zone).await;
            opened.map_err(|Failed(message)| Fault::Passing(message))
        };
        follow::patiently(false, open).await?
    } else {
        let index = upstream.index().await?;
        open_copy(&settings.database, index.ledger, &index.time_zone).await?
    };
    let following = Following {
        database_url: &opened.url,
        upstream: &upstream,
        for_ever: settings.follow,
        restoring: false,
        progress: &progress,
    };
    let head = following.run().await?;
    tell(say!("The copy is at revision {head} of {from}.", "副本已到 {from} 的修订 {head}。"));
    Ok(())
}

async fn take_in(settings: &Mirror, path: &Path) -> Result<(), Failed> {
    if settings.follow {
        return Err(Failed(say!(
            "A bundle does not go on: --follow takes the address of an instance.",
            "包不会继续更新：--follow 需要实例的地址。"
        )));
    }
    let bundle = Bundle::open(path)?;
    let (ledger, time_zone) = bundle.ledger();
    let opened = open_copy(&settings.database, ledger, time_zone).await?;
    let mut connection = connect(&opened).await?;
    let bundled = bundle.take_in(&mut connection, false, &|revision| progress(revision, revision)).await?;
    let (path, new) = (path.display(), bundled.new);
    let head = citation(bundled.through, &bundled.digest);
    tell(say!(
        "{path}: {new} revisions were new; the bundle ends at {head}.",
        "{path}：新增 {new} 个修订，包止于 {head}。"
    ));
    Ok(())
}

/// Says how far it is, on a terminal or now and then.
pub fn progress(revision: i64, head: i64) {
    if std::io::stderr().is_terminal() {
        let end = if revision >= head { "\n" } else { "" };
        // Progress is a courtesy; a terminal that is gone is no reason to fail.
        let _ = write!(std::io::stderr(), "\r{revision} / {head}{end}");
    } else if revision % 1000 == 0 || revision >= head {
        log::info!("mirror: revision {revision} of {head}");
    }
}

async fn promote(settings: &DatabaseSettings) -> Result<(), Failed> {
    let opened = open(settings).await?;
    let mut connection = connect(&opened).await?;
    if origin::mirror(&connection).await.map_err(Failed::of)?.is_some_and(|mirror| mirror.restored) {
        return Err(Failed(say!(
            "This ledger is no copy: it was restored from a backup. Run open-commitments restore --mirror URL, or restore --without-mirror.",
            "本账本不是副本，而是由备份恢复。请运行 open-commitments restore --mirror URL 或 restore --without-mirror。"
        )));
    }
    if local::promote(&mut connection).await.map_err(Failed::of)? {
        tell(say!("This is a ledger of its own now, and can be published to.", "本账本现已独立，可以发布。"));
        return Ok(());
    }
    Err(Failed(say!("This ledger is no copy; there is nothing to promote.", "本账本不是副本，无需转为独立账本。")))
}
