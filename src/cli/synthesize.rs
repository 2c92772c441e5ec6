//! `synthesize`: a made-up ledger of a given size.

use std::time::Instant;

use super::{Failed, open, tell};
use crate::config::Synthesize;
use crate::say;
use crate::synthesize::{self, Error, Plan};

pub async fn run(settings: Synthesize) -> Result<(), Failed> {
    let opened = open(&settings.database).await?;
    let Synthesize { commitments, observations, revisions, seed, .. } = settings;
    let began = Instant::now();
    let step = (revisions / 10).max(1);
    let progress = |number: u64| {
        if number.is_multiple_of(step) {
            eprintln!("{number} / {revisions}");
        }
    };
    let plan = Plan { commitments, observations, revisions, seed };
    let made = synthesize::fill(&opened.url, plan, progress).await.map_err(|error| match error {
        Error::NotEmpty(head) => Failed(say!(
            "The ledger has {head} revisions. Made-up records go into an empty one alone: give another DATA_DIR or DATABASE_URL.",
            "账本已有 {head} 次修订。虚构记录只能写入空账本，请另设 DATA_DIR 或 DATABASE_URL。"
        )),
        other => Failed::of(other),
    })?;
    let (revisions, changes, seconds) = (made.revisions, made.changes, began.elapsed().as_secs_f64());
    tell(say!(
        "Made up {changes} changes in {revisions} revisions, in {seconds:.1} s.",
        "已虚构 {revisions} 次修订、{changes} 项变更，用时 {seconds:.1} 秒。"
    ));
    Ok(())
}
