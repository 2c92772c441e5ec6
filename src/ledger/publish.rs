//! A publication becomes a revision, all of it or none of it.

use std::time::Instant;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};

use super::authority::Authority;
use super::idempotency::{Idempotency, Kept};
use super::origin::Mirror;
use super::outcome::{self, Notice, Outcome};
use super::plan::{self, Plan, Planner};
use super::state::Head;
use super::warnings::{self, Warning};
use super::{derive, keys, origin, redact, write};
use crate::db::Error;
use crate::db::statement::Statement;
use crate::model::problem::{Problem, Problems};
use crate::model::publication::Publication;
use crate::model::text::Sha256Hex;

/// The clock. Tests bring their own.
pub type Clock = fn() -> DateTime<Utc>;

/// On what terms to publish.
pub struct Terms<'a> {
    /// Do everything, and take it back.
    pub dry_run: bool,
    pub clock: Clock,
    /// Whose rights to check; none on the command line, where whoever reaches the database may publish.
    pub authority: Option<&'a Authority>,
    /// Revisions one of which head must be.
    pub if_head: Option<&'a [i64]>,
    pub idempotency: Option<&'a Idempotency>,
}

impl Terms<'_> {
    /// Those of the command line.
    pub fn local(dry_run: bool, clock: Clock) -> Terms<'static> {
        Terms { dry_run, clock, authority: None, if_head: None, idempotency: None }
    }
}

/// What was answered.
pub enum Published {
    Now(Outcome),
    /// The same request came before, and this was its answer.
    Before(Kept),
}

/// Why nothing was published.
#[derive(Debug)]
pub enum Refusal {
    Problems(Vec<Problem>),
    /// Head is not the one asked for.
    HeadMoved(i64),
    /// This ledger is a copy of the one at this address.
    Copy(String),
    /// This ledger was restored from a backup, and what came after that is not back yet.
    Restored,
    /// Another publication came before under the same idempotency key.
    KeyReused,
    Database(Error),
    /// Ends the transaction of a dry run, and of one that changes nothing.
    Unwritten,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        Refusal::Database(error)
    }
}

impl From<diesel::result::Error> for Refusal {
    fn from(error: diesel::result::Error) -> Refusal {
        Refusal::Database(error.into())
    }
}

/// Publishes what was read, or in a dry run says what publishing would do.
pub async fn publish(
    connection: &mut AsyncPgConnection,
    parsed: (Option<Publication>, Problems),
    terms: &Terms<'_>,
) -> Result<Published, Refusal> {
    let (publication, mut problems) = parsed;
    let Some(publication) = publication else { return Err(Refusal::Problems(problems.into_vec())) };
    let entries = publication.records.len() + publication.patches.len() + publication.withdrawals.len();
    let small = entries <= SMALL && publication.redactions.is_empty();
    let (mut published, mut locked) = (None, None);
    let result = connection
        .transaction(async |connection| {
            let begun = begin(connection, small, &publication, terms).await?;
            locked = Some(begun.locked);
            let (done, keep) = attempt(connection, begun, publication, &mut problems, terms).await?;
            published = Some(done);
            if keep { Ok(()) } else { Err(Refusal::Unwritten) }
        })
        .await;
    if let Some(since) = locked {
        log::debug!("the head was locked for {} ms", since.elapsed().as_millis());
    }
    match (result, published) {
        (Ok(()) | Err(Refusal::Unwritten), Some(published)) => Ok(published),
        (Err(refusal), _) => Err(refusal),
        (Ok(()), None) => Err(Refusal::Problems(problems.into_vec())),
    }
}

/// Entries of a small revision.
pub const SMALL: usize = 200;

/// Sets how statements run until the end of the transaction, for a revision that is small or not.
pub async fn prepare(mut connection: &AsyncPgConnection, small: bool) -> Result<(), Error> {
    // A publication takes what it takes; what waits for another one gives up in time.
    let patience = "SET LOCAL statement_timeout = '10min'; SET LOCAL lock_timeout = '60s'";
    // Small ones go by indexes, whatever the statistics, by plans made once; planning would take longer than the rest.
    let planning = if small {
        "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off"
    } else {
        "SET LOCAL plan_cache_mode = force_custom_plan"
    };
    Ok(connection.batch_execute(&format!("{patience}; {planning}")).await?)
}

/// What is known once the head is locked, which it stays until the end of the transaction.
struct Begun {
    head: Head,
    locked: Instant,
    mirror: Option<Mirror>,
    /// The answer to the same request before.
    before: Option<Kept>,
    planner: Planner,
}

/// Locks the head, and reads what a publication is decided by. All is sent in this order at once: what follows the lock
/// sees what there is once it is taken.
async fn begin(
    connection: &AsyncPgConnection,
    small: bool,
    publication: &Publication,
    terms: &Terms<'_>,
) -> Result<Begun, Error> {
    let lock = async {
        let head = Head::lock(connection).await?;
        Ok::<_, Error>((head, Instant::now()))
    };
    let before = async {
        match terms.idempotency {
            Some(idempotency) => idempotency.find(connection, (terms.clock)()).await,
            None => Ok(None),
        }
    };
    let (mirror, loaded) = (origin::mirror(connection), Planner::load(connection, publication));
    let (prepared, locked, mirror, before, planner) =
        tokio::join!(biased; prepare(connection, small), lock, mirror, before, loaded);
    // The first error is the cause of those after it.
    prepared?;
    let (head, locked) = locked?;
    Ok(Begun { head, locked, mirror: mirror?, before: before?, planner: planner? })
}

/// What is answered, and whether the transaction is to be kept.
async fn attempt(
    connection: &mut AsyncPgConnection,
    begun: Begun,
    publication: Publication,
    problems: &mut Problems,
    terms: &Terms<'_>,
) -> Result<(Published, bool), Refusal> {
    let Begun { head, planner, .. } = begun;
    if let Some(mirror) = begun.mirror {
        return Err(if mirror.restored { Refusal::Restored } else { Refusal::Copy(mirror.upstream) });
    }
    match begun.before {
        Some(kept) if kept.same => return Ok((Published::Before(kept), false)),
        Some(_) => return Err(Refusal::KeyReused),
        None => {}
    }
    if terms.if_head.is_some_and(|wanted| !wanted.contains(&head.revision)) {
        return Err(Refusal::HeadMoved(head.revision));
    }
    let (kind, message, publisher) = (publication.kind, publication.message.clone(), publication.publisher.clone());
    let mut plan = plan::plan(connection, planner, publication, problems).await?;
    if let Some(authority) = terms.authority {
        authority.check(connection, &publisher, &plan, problems).await?;
    }
    if !problems.is_empty() {
        return Err(Refusal::Problems(std::mem::take(problems).into_vec()));
    }
    let changes = outcome::changes(&plan);
    let notices = std::mem::take(&mut plan.notices).into_iter().map(Notice::of).collect();
    let mut outcome = Outcome {
        dry_run: terms.dry_run,
        revision: None,
        head: head.revision,
        digest: Sha256Hex(hex::encode(&head.digest)),
        changes,
        notices,
        warnings: Vec::new(),
        quoted_by: redact::quoting(connection, &plan).await?,
    };
    let now = (terms.clock)();
    if !plan.is_empty() {
        let draft = write::Draft {
            kind,
            publisher: &publisher,
            message: &message,
            published_at: time_after(now, head.published_at),
        };
        let key = terms.authority.filter(|_| !terms.dry_run).map(|authority| authority.key.as_str());
        let (head, opened) = write(connection, &head, &draft, &plan, key).await?;
        outcome.warnings = opened;
        if !terms.dry_run {
            outcome.revision = Some(head.revision);
            outcome.head = head.revision;
            outcome.digest = Sha256Hex(hex::encode(&head.digest));
        }
    }
    if terms.dry_run {
        return Ok((Published::Now(outcome), false));
    }
    if let Some(idempotency) = terms.idempotency {
        idempotency.keep(connection, &outcome, now).await?;
    }
    let keep = outcome.revision.is_some() || terms.idempotency.is_some();
    Ok((Published::Now(outcome), keep))
}

/// Writes a plan, and which key it came with. Returns the new head, and the warnings that the revision opens.
async fn write(
    connection: &mut AsyncPgConnection,
    at: &Head,
    draft: &write::Draft<'_>,
    plan: &Plan,
    key: Option<&str>,
) -> Result<(Head, Vec<Warning>), Error> {
    if !plan.redactions.is_empty() {
        let head = redact::write(connection, draft, plan).await?;
        let with_key = write::together(connection, key.map(|key| keys::published(key, head.revision)));
        let (written, opened) = tokio::join!(biased; with_key, warnings::opened(connection, head.revision));
        written?;
        return Ok((head, opened?));
    }
    let appended = write::revision(at, draft, plan)?;
    let head = appended.head.clone();
    let with_key = key.map(|key| keys::published(key, head.revision));
    let opened = follow(connection, appended, plan, with_key).await?;
    Ok((head, opened))
}

/// Writes a revision with the records that its plan changes, then what follows from them and `more`, and says that it is
/// there. Returns the warnings that it opens.
pub async fn follow(
    connection: &mut AsyncPgConnection,
    appended: write::Appended,
    plan: &Plan,
    more: Option<Statement>,
) -> Result<Vec<Warning>, Error> {
    let write::Appended { head, mut statements, changes } = appended;
    let number = head.revision;
    statements.extend(write::records(number, plan));
    let mut written = Vec::new();
    // Else nothing need be read in between.
    if derive::may_follow(plan) {
        written = write::together(connection, std::mem::take(&mut statements)).await?;
        derive::derive(connection, number, plan).await?;
    }
    statements.extend([warnings::derive(number), write::notify(number)]);
    statements.extend(more);
    let (rest, opened) =
        tokio::join!(biased; write::together(connection, statements), warnings::opened(connection, number));
    written.extend(rest?);
    // The count is checked against what came to be: a revision never lacks a change.
    if written.get(write::CHANGES) != Some(&changes) {
        return Err(Error::Query(diesel::result::Error::RollbackTransaction));
    }
    opened
}

/// Later than the revision before, whatever the clock says.
fn time_after(now: DateTime<Utc>, before: Option<DateTime<Utc>>) -> DateTime<Utc> {
    let now = now.trunc_subsecs(6);
    match before {
        Some(before) if before >= now => before + TimeDelta::microseconds(1),
        _ => now,
    }
}

/// A revision as people name it: number and the first digits of its digest.
pub fn citation(revision: i64, digest: &str) -> String {
    format!("{revision}-{}", digest.get(..8).unwrap_or_default())
}
