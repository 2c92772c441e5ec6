//! What is to be said of something shown as it was at a revision, when it was corrected, withdrawn or removed since.

use chrono::{DateTime, NaiveDate, Utc};
use maud::{Markup, html};
use serde_json::Value;

use super::parts::isolated;
use super::words;
use crate::api::problem::Failure;
use crate::db::pool::Database;
use crate::db::read::Moment;
use crate::db::read::since::{self, Row};
use crate::model::kind::Kind;
use crate::model::message::Language;
use crate::model::spoken;

/// Characters of a reason, and of a name, that are shown.
const MAX_REASON: usize = 240;
pub const MAX_NAME: usize = 80;

/// A record that is shown, and what of it.
pub struct Shown<'a> {
    pub kind: &'static Kind,
    pub id: String,
    /// The record as it is shown.
    pub record: &'a Value,
    /// Members that are shown: a change that leaves them as they are is passed over in silence.
    pub members: &'a [&'static str],
    /// What the record says now, in a few words.
    pub now: Box<dyn Fn(&Value) -> String + 'a>,
}

/// What happened to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Corrected,
    Withdrawn,
    Removed,
}

/// The newest thing that happened to what is shown.
#[derive(Debug)]
pub struct Since {
    change: Change,
    day: NaiveDate,
    /// Human text.
    reason: Value,
    /// What is said now, of a correction.
    now: Option<String>,
    revision: i64,
}

/// The newest change after the moment that what is shown is of, if there is any. One read, and none at head.
pub async fn read(
    database: &Database,
    shown: &[Shown<'_>],
    moment: &Moment,
    now: DateTime<Utc>,
) -> Result<Option<Since>, Failure> {
    if moment.n >= moment.head {
        return Ok(None);
    }
    let records: Vec<(&'static Kind, String)> = shown.iter().map(|one| (one.kind, one.id.clone())).collect();
    let rows = since::read(database, &records, moment.n, now).await?;
    let found = shown.iter().filter_map(|one| {
        let of: Vec<&Row> = rows.iter().filter(|row| row.kind == one.kind.name && row.id == one.id).collect();
        changed(one, &of)
    });
    // Of those of one revision, what is shown first.
    Ok(found.reduce(|first, other| if other.revision > first.revision { other } else { first }))
}

/// What took a record away: its withdrawal or its redaction.
pub async fn end(
    database: &Database,
    kind: &'static Kind,
    id: &str,
    now: DateTime<Utc>,
) -> Result<Option<Since>, Failure> {
    let rows = since::read(database, &[(kind, id.to_owned())], 0, now).await?;
    Ok(rows.first().and_then(ended))
}

fn ended(row: &Row) -> Option<Since> {
    let message = || serde_json::from_str(&row.message).unwrap_or_default();
    let (change, reason) = match row.op.as_str() {
        "withdraw" => {
            let said: Value = row.body.as_deref().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
            (Change::Withdrawn, if said["reason"].is_object() { said["reason"].clone() } else { message() })
        }
        "redact" => (Change::Removed, message()),
        _ => return None,
    };
    Some(Since { change, day: row.published_on, reason, now: None, revision: row.revision })
}

/// `rows` are newest first.
fn changed(shown: &Shown<'_>, rows: &[&Row]) -> Option<Since> {
    if let Some(end) = rows.first().and_then(|row| ended(row)) {
        return Some(end);
    }
    let versions: Vec<(&Row, Value)> = rows
        .iter()
        .filter(|row| row.op == "upsert")
        .filter_map(|row| Some((*row, serde_json::from_str(row.body.as_deref()?).ok()?)))
        .collect();
    let same = |one: &Value, other: &Value| shown.members.iter().all(|member| one[*member] == other[*member]);
    let (_, newest) = versions.first()?;
    if same(newest, shown.record) {
        return None;
    }
    // The change that made it what it is now; later ones left what is shown alone.
    let (row, _) = versions.iter().take_while(|(_, version)| same(version, newest)).last()?;
    Some(Since {
        change: Change::Corrected,
        day: row.published_on,
        reason: serde_json::from_str(&row.message).unwrap_or_default(),
        now: Some((shown.now)(newest)),
        revision: row.revision,
    })
}

impl Since {
    /// One line, with a link to what is said now.
    pub fn line(&self, newest: &str, blank: bool, language: Language) -> Markup {
        let chinese = language == Language::Chinese;
        let day = spoken::day(self.day, language);
        let said = match (self.change, chinese) {
            (Change::Corrected, false) => format!("Corrected on {day}"),
            (Change::Corrected, true) => format!("{day}更正"),
            (Change::Withdrawn, false) => format!("Withdrawn on {day}"),
            (Change::Withdrawn, true) => format!("{day}撤回"),
            (Change::Removed, false) => format!("Removed on {day}"),
            (Change::Removed, true) => format!("{day}删除"),
        };
        let (colon, stop) = if chinese { ("：", "。") } else { (": ", ". ") };
        let reason = words::text(&self.reason, language);
        html! {
            p.since role="note" {
                (said)
                @if let Some((tag, reason)) = reason { (colon) span lang=(tag) { (isolated(&clipped(reason.trim_end_matches(['.', '。']), MAX_REASON))) } }
                (stop)
                @if let Some(now) = &self.now {
                    a href=(newest) target=[blank.then_some("_blank")] rel=[blank.then_some("noopener")] {
                        (if chinese { "现为" } else { "Now " }) (isolated(now))
                    }
                    (stop.trim_end())
                }
            }
        }
    }
}

/// A value, and what it is of in brackets.
pub fn beside(value: &str, of: &str, language: Language) -> String {
    match language {
        Language::English => format!("{value} ({of})"),
        Language::Chinese => format!("{value}（{of}）"),
    }
}

/// A text cut to so many characters.
pub fn clipped(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}
