//! A publication becomes a revision, all of it or none of it.

use std::time::Instant;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};

use super::authority::Authority;
use super::idempotency::{Idempotency, Kept};
use super::outcome::{self, Notice, Outcome};
use super::plan::{self, Plan};
use super::state::Head;
use super::{derive, origin, redact, warnings, write};
use crate::db::Error;
use crate::model::problem::Problem;
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
    parsed: (Option<Publication>, Vec<Problem>),
    terms: &Terms<'_>,
) -> Result<Published, Refusal> {
    let (publication, mut problems) = parsed;
    let Some(publication) = publication else { return Err(Refusal::Problems(problems)) };
    let entries = publication.records.len() + publication.patches.len() + publication.withdrawals.len();
    let small = entries <= SMALL && publication.redactions.is_empty();
    let (mut published, mut locked) = (None, None);
    let result = connection
        .transaction(async |connection| {
            let head = lock(connection, small).await?;
            locked = Some(Instant::now());
            let (done, keep) = attempt(connection, head, publication, &mut problems, terms).await?;
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
        (Ok(()), None) => Err(Refusal::Problems(problems)),
    }
}

/// Entries of a small revision.
pub const SMALL: usize = 200;

/// Locks the head until the end of the transaction, for a revision that is small or not.
pub async fn lock(connection: &mut AsyncPgConnection, small: bool) -> Result<Head, Error> {
    // A publication takes what it takes; what waits for another one gives up in time.
    let patience = "SET LOCAL statement_timeout = '10min'; SET LOCAL lock_timeout = '60s'";
    // Small ones go by indexes, whatever the statistics, by plans made once; planning would take longer than the rest.
    let planning = if small {
        "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off"
    } else {
        "SET LOCAL plan_cache_mode = force_custom_plan"
    };
    connection.batch_execute(&format!("{patience}; {planning}")).await?;
    Head::lock(connection).await
}

/// What is answered, and whether the transaction is to be kept.
async fn attempt(
    connection: &mut AsyncPgConnection,
    head: Head,
    publication: Publication,
    problems: &mut Vec<Problem>,
    terms: &Terms<'_>,
) -> Result<(Published, bool), Refusal> {
    if let Some(mirror) = origin::mirror(connection).await? {
        return Err(if mirror.restored { Refusal::Restored } else { Refusal::Copy(mirror.upstream) });
    }
    if let Some(idempotency) = terms.idempotency {
        match idempotency.find(connection).await? {
            Some(kept) if kept.same => return Ok((Published::Before(kept), false)),
            Some(_) => return Err(Refusal::KeyReused),
            None => {}
        }
    }
    if terms.if_head.is_some_and(|wanted| !wanted.contains(&head.revision)) {
        return Err(Refusal::HeadMoved(head.revision));
    }
    let (kind, message, publisher) = (publication.kind, publication.message.clone(), publication.publisher.clone());
    let mut plan = plan::plan(connection, publication, problems).await?;
    if let Some(authority) = terms.authority {
        authority.check(connection, &publisher, &plan, problems).await?;
    }
    if !problems.is_empty() {
        return Err(Refusal::Problems(std::mem::take(problems)));
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
        let head = write(connection, &head, &draft, &plan).await?;
        outcome.warnings = warnings::opened(connection, head.revision).await?;
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
    if let (Some(authority), Some(revision)) = (terms.authority, outcome.revision) {
        super::keys::published(connection, &authority.key, revision).await?;
    }
    let keep = outcome.revision.is_some() || terms.idempotency.is_some();
    Ok((Published::Now(outcome), keep))
}

async fn write(
    connection: &mut AsyncPgConnection,
    at: &Head,
    draft: &write::Draft<'_>,
    plan: &Plan,
) -> Result<Head, Error> {
    if !plan.redactions.is_empty() {
        return redact::write(connection, draft, plan).await;
    }
    let head = write::revision(connection, at, draft, plan).await?;
    follow(connection, head.revision, plan).await?;
    Ok(head)
}

/// Writes the records of a revision, what follows from them, and says that it is there.
pub async fn follow(connection: &mut AsyncPgConnection, revision: i64, plan: &Plan) -> Result<(), Error> {
    write::records(connection, revision, plan).await?;
    derive::derive(connection, revision, plan).await?;
    write::together(connection, [warnings::derive(revision), write::notify(revision)]).await?;
    Ok(())
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
