//! Keeping a copy in step.

use std::time::Duration;

use chrono::Utc;
use diesel_async::AsyncPgConnection;

use super::compare::{self, Comparison};
use super::upstream::{Fed, Upstream};
use super::wire::Gathering;
use super::{Divergence, Fault, local};
use crate::db::session;
use crate::ledger::{copy, origin};
use crate::model::message::Language;
use crate::say;

/// How long the other ledger may let a caught-up copy wait.
const WAIT: Duration = Duration::from_secs(30);
/// Pauses after what may work another time: doubling up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How often in a row that may happen to a copy that does not follow.
const TRIES: u32 = 8;

/// A copy and what it is of.
pub struct Following<'a> {
    pub database_url: &'a str,
    pub upstream: &'a Upstream,
    /// Whether to go on for ever.
    pub for_ever: bool,
    /// Whether it only fills up what was restored, which stays a copy of what it was, or none.
    pub restoring: bool,
    /// Hears of each revision: its number, and the other ledger's head.
    pub progress: &'a (dyn Fn(i64, i64) + Send + Sync),
}

/// Tries what may work another time again: for ever, or a few times in a row. The attempt says whether it gained
/// anything.
pub async fn patiently<T>(
    for_ever: bool,
    mut attempt: impl AsyncFnMut(&mut bool) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let mut failures = 0;
    loop {
        let mut gained = false;
        let fault = match attempt(&mut gained).await {
            Ok(done) => return Ok(done),
            Err(fault) => fault,
        };
        failures = if gained { 1 } else { failures + 1 };
        let Fault::Passing(message) = &fault else { return Err(fault) };
        if !for_ever && failures >= TRIES {
            return Err(fault);
        }
        let pause = LONGEST_PAUSE.min(FIRST_PAUSE * 2u32.saturating_pow(failures.min(16) - 1));
        let seconds = pause.as_secs_f32();
        let message = message.in_language(Language::of_terminal());
        log::warn!("{message} ({seconds} s)");
        tokio::time::sleep(pause).await;
    }
}

impl Following<'_> {
    /// Copies what there is, and goes on if it is to. Whatever ended it before, it takes up after the last whole
    /// revision. Returns head.
    pub async fn run(&self) -> Result<i64, Fault> {
        // Once: what is made a ledger of its own meanwhile stays that.
        let mut known = self.restoring;
        patiently(self.for_ever, async |gained| self.round(gained, &mut known).await).await
    }

    /// Follows until something fails, or everything is there.
    async fn round(&self, gained: &mut bool, known: &mut bool) -> Result<i64, Fault> {
        let away = |error: diesel::result::ConnectionError| Fault::Passing(say!("{error}", "{error}"));
        let mut connection = session::connect(self.database_url, Duration::ZERO).await.map_err(away)?;
        let index = self.upstream.index().await?;
        local::same_ledger(&mut connection, &self.upstream.url, index.ledger).await?;
        let mut their_head = index.revision;
        let mut wait = Duration::ZERO;
        loop {
            let head = local::head(&mut connection).await?;
            let mut fed = self.upstream.after(head.revision, &hex::encode(&head.digest), wait).await?;
            let mut gathering = Gathering::default();
            // Pages up to the newest one.
            loop {
                let Fed::Page(page) = fed else { return Err(self.parted(&mut connection).await?) };
                if !*known {
                    self.become_copy(&mut connection, head.revision).await?;
                    *known = true;
                }
                let (caught_up, next) = (page.caught_up, page.next.clone());
                their_head = if caught_up { page.through } else { their_head.max(page.through) };
                for revision in gathering.take(page)? {
                    copy::append(&mut connection, &revision).await?;
                    *gained = true;
                    (self.progress)(revision.revision, their_head);
                }
                if !local::reached(&mut connection, their_head, Utc::now()).await? {
                    return Err(Fault::own());
                }
                if caught_up {
                    break;
                }
                fed = self.upstream.next(&next).await?;
            }
            if !self.for_ever {
                return Ok(local::head(&mut connection).await?.revision);
            }
            wait = WAIT;
        }
    }

    /// Becomes a copy of what was found to have the same history. What goes on for ever is started again by itself, and
    /// makes none of a ledger of its own: that is the word of whoever copies once.
    async fn become_copy(&self, connection: &mut AsyncPgConnection, head: i64) -> Result<(), Fault> {
        if self.for_ever && head > 0 && origin::mirror(connection).await?.is_none() {
            return Err(Fault::own());
        }
        Ok(local::become_copy(connection, &self.upstream.url).await?)
    }

    /// Finds where the histories part, and keeps the evidence.
    async fn parted(&self, connection: &mut AsyncPgConnection) -> Result<Fault, Fault> {
        let divergence = match compare::compare(connection, self.upstream).await? {
            Comparison::Differ(divergence) => divergence,
            // The other ledger lost what it had: it was restored from an older backup, say.
            Comparison::Alike { ours, theirs } if theirs < ours => Divergence {
                agreed: theirs,
                our_head: ours,
                their_head: theirs,
                our_digest: local::digest(connection, theirs + 1).await?,
                their_digest: None,
            },
            Comparison::Alike { .. } => {
                let url = &self.upstream.url;
                return Ok(Fault::Passing(say!(
                    "{url} refused our history, and has it.",
                    "{url} 拒绝了本地历史，却拥有它。"
                )));
            }
        };
        local::diverged(connection, &divergence).await?;
        Ok(Fault::Diverged(divergence))
    }
}
