//! A publication becomes a revision, all of it or none of it.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use diesel::sql_types::Text;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};

use super::plan::{self, Notice, Plan};
use super::state::Head;
use super::{derive, digest, write};
use crate::db::Error;
use crate::db::statement::{Bind, Statement};
use crate::model::json;
use crate::model::problem::Problem;
use crate::model::publication::{self, Publication};

/// The clock. Tests bring their own.
pub type Clock = fn() -> DateTime<Utc>;

/// What became of a publication.
pub struct Outcome {
    /// Head afterwards; as it was where nothing was new, or in a dry run.
    pub head: Head,
    /// The revision made. In a dry run, and where all was there already, none.
    pub revision: Option<i64>,
    pub changes: Vec<Change>,
    pub notices: Vec<Notice>,
}

/// One change, as a person reviews it.
pub struct Change {
    pub kind: &'static str,
    pub id: String,
    pub op: Op,
}

pub enum Op {
    Create,
    Change(Vec<Member>),
    Withdraw,
}

/// A member that differs; absent values are empty.
pub struct Member {
    /// JSON pointer.
    pub pointer: String,
    pub before: String,
    pub after: String,
}

/// Why nothing was published.
#[derive(Debug)]
pub enum Refusal {
    Problems(Vec<Problem>),
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

/// Publishes, or in a dry run says what publishing would do.
pub async fn publish(
    connection: &mut AsyncPgConnection,
    bytes: &[u8],
    dry_run: bool,
    clock: Clock,
) -> Result<Outcome, Refusal> {
    let (publication, mut problems) = publication::parse(bytes);
    let Some(publication) = publication else { return Err(Refusal::Problems(problems)) };
    let mut outcome = None;
    let result = connection
        .transaction(async |connection| {
            let done = attempt(connection, publication, &mut problems, dry_run, clock).await?;
            let written = done.revision.is_some();
            outcome = Some(done);
            if written { Ok(()) } else { Err(Refusal::Unwritten) }
        })
        .await;
    match (result, outcome) {
        (Ok(()) | Err(Refusal::Unwritten), Some(outcome)) => Ok(outcome),
        (Err(refusal), _) => Err(refusal),
        (Ok(()), None) => Err(Refusal::Problems(problems)),
    }
}

async fn attempt(
    connection: &mut AsyncPgConnection,
    publication: Publication,
    problems: &mut Vec<Problem>,
    dry_run: bool,
    clock: Clock,
) -> Result<Outcome, Refusal> {
    let head = Head::lock(connection).await?;
    let (kind, message, publisher) = (publication.kind, publication.message.clone(), publication.publisher.clone());
    let mut plan = plan::plan(connection, publication, problems).await?;
    if !problems.is_empty() {
        return Err(Refusal::Problems(std::mem::take(problems)));
    }
    let changes = describe(&plan);
    let notices = std::mem::take(&mut plan.notices);
    if dry_run || plan.is_empty() {
        return Ok(Outcome { head, revision: None, changes, notices });
    }
    let published_at = time_after(clock(), head.published_at);
    let draft = write::Draft { kind, publisher: &publisher, message: &message, published_at };
    let head = write::revision(connection, &head, &draft, &plan).await?;
    write::records(connection, head.revision, &plan).await?;
    derive::derive(connection, head.revision, &plan).await?;
    notify(connection, head.revision).await?;
    Ok(Outcome { revision: Some(head.revision), head, changes, notices })
}

/// Later than the revision before, whatever the clock says.
fn time_after(now: DateTime<Utc>, before: Option<DateTime<Utc>>) -> DateTime<Utc> {
    let now = now.trunc_subsecs(6);
    match before {
        Some(before) if before >= now => before + TimeDelta::microseconds(1),
        _ => now,
    }
}

async fn notify(connection: &mut AsyncPgConnection, revision: i64) -> Result<(), Error> {
    #[derive(diesel::QueryableByName)]
    struct Nothing {
        #[diesel(sql_type = Text)]
        #[allow(dead_code)]
        done: String,
    }
    let binds = [Bind::Text(write::CHANNEL.into()), Bind::Text(revision.to_string())];
    let _: Vec<Nothing> = Statement::of("SELECT pg_notify(?, ?)::text AS done", binds).get_results(connection).await?;
    Ok(())
}

/// What a plan does, in the order in which the revision counts.
fn describe(plan: &Plan) -> Vec<Change> {
    let upserts = plan.upserts.iter().map(|upsert| {
        let draft = &upsert.draft;
        let op = match &upsert.before {
            None => Op::Create,
            Some(before) => {
                let at = |value: &serde_json::Value, pointer: &str| {
                    value.pointer(pointer).map(ToString::to_string).unwrap_or_default()
                };
                let members = json::changed_pointers(before, &draft.value).into_iter();
                Op::Change(
                    members
                        .map(|pointer| Member {
                            before: at(before, &pointer),
                            after: at(&draft.value, &pointer),
                            pointer,
                        })
                        .collect(),
                )
            }
        };
        Change { kind: draft.kind.name, id: draft.id.clone(), op }
    });
    let withdrawals = plan.withdrawals.iter().map(|withdrawal| Change {
        kind: withdrawal.kind.name,
        id: withdrawal.id.clone(),
        op: Op::Withdraw,
    });
    upserts.chain(withdrawals).collect()
}

/// A revision as people name it: number and the first digits of its digest.
pub fn citation(head: &Head) -> String {
    format!("{}-{}", head.revision, hex::encode(head.digest.get(..4).unwrap_or_default()))
}

/// When head was published, as digests write it.
pub fn published_at(head: &Head) -> Option<String> {
    head.published_at.map(digest::instant)
}
