//! What changed on a page's record, and on those that belong to it, and when.

use chrono::NaiveDate;
use maud::{Markup, html};
use serde_json::Value;

use super::members;
use super::parts::{human, member};
use super::visit::Visit;
use super::words;
use crate::api::problem::Failure;
use crate::db::read::told::{self, Row};
use crate::ledger::outcome::{MemberChange, member_changes};
use crate::model::kind::Kind;
use crate::model::message::Language;
use crate::model::spoken;

/// Changes that are shown.
const ROWS: i64 = 40;

/// One revision, as far as the page goes.
struct Revision {
    number: i64,
    day: Option<NaiveDate>,
    /// Human text.
    message: Value,
    kind: String,
    entries: Vec<Entry>,
}

/// What it did to one record, or to several that are new.
struct Entry {
    kind: String,
    op: String,
    is_own: bool,
    /// The record, before it went where it did.
    record: Value,
    reason: Value,
    changed: Option<Vec<MemberChange>>,
    /// Whether it was there before, and whether it never was.
    was_there: bool,
    is_new: bool,
    together: i64,
}

/// The section “what changed and when”. `named` says which record of those that belong to the page's is meant.
pub async fn section(
    visit: &mut Visit,
    kind: &'static Kind,
    id: &str,
    named: &dyn Fn(&str, &Value) -> String,
) -> Result<Markup, Failure> {
    let rows = told::read(&visit.state.database, kind, id, ROWS + 1, visit.at(), visit.now).await?;
    let more = i64::try_from(rows.len()).is_ok_and(|read| read > ROWS);
    let most = usize::try_from(ROWS).unwrap_or(usize::MAX);
    let mut revisions: Vec<Revision> = Vec::new();
    for row in rows.into_iter().take(most) {
        let Some(number) = row.revision else { continue };
        if revisions.last().is_none_or(|last| last.number != number) {
            revisions.push(Revision {
                number,
                day: row.published_on,
                message: parsed(row.message.as_deref()),
                kind: row.change_kind.clone().unwrap_or_default(),
                entries: Vec::new(),
            });
        }
        if let Some(last) = revisions.last_mut() {
            last.entries.push(entry(row, kind, id));
        }
    }
    let visit = &*visit;
    Ok(html! {
        section {
            h2 { (visit.say("What changed, and when", "变更记录")) }
            ol.history { @for revision in &revisions { li { (told(revision, named, visit)) } } }
            @if more { p { a href=(visit.program(&format!("v1/{}/{id}/history", kind.collection))) { (visit.say("All of it as data", "全部变更数据")) } } }
        }
    })
}

fn parsed(text: Option<&str>) -> Value {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

fn entry(row: Row, kind: &Kind, id: &str) -> Entry {
    let (body, before) = (parsed(row.body.as_deref()), parsed(row.before.as_deref()));
    let was_there = row.before_op.as_deref() == Some("upsert");
    let op = row.op.unwrap_or_default();
    let changed = (op == "upsert" && was_there && before.is_object()).then(|| member_changes(&before, &body));
    Entry {
        is_own: row.kind.as_deref() == Some(kind.name) && row.id.as_deref() == Some(id),
        kind: row.kind.unwrap_or_default(),
        reason: body["reason"].clone(),
        record: if op == "upsert" { body } else { before },
        is_new: row.before_op.is_none(),
        together: row.together.unwrap_or(1),
        op,
        changed,
        was_there,
    }
}

fn told(revision: &Revision, named: &dyn Fn(&str, &Value) -> String, visit: &Visit) -> Markup {
    let (language, number) = (visit.language, revision.number);
    html! {
        p.when {
            @if let Some(day) = revision.day { time datetime=(day) { (spoken::day(day, language)) } " · " }
            a href=(visit.link_with(&format!("revisions/{number}"), &[("revision", ""), ("as_of", "")])) { (visit.say("Revision", "修订")) " " (number) }
            " " span.sub { (words::revision_kind(&revision.kind, language)) }
        }
        p { (human(&revision.message, language)) " " a.sub href=(visit.here(&[("revision", &number.to_string()), ("as_of", "")])) { (visit.say("As it was then", "当时内容")) } }
        @let entries = revision.entries.iter().filter(|entry| !(entry.is_own && entry.op == "upsert" && entry.changed.is_none()));
        @for entry in entries { (effect(entry, named, visit)) }
    }
}

fn effect(entry: &Entry, named: &dyn Fn(&str, &Value) -> String, visit: &Visit) -> Markup {
    let language = visit.language;
    let kind = words::kind(&entry.kind, language);
    let name = if entry.is_own { String::new() } else { named(&entry.kind, &entry.record) };
    let name = if name.is_empty() { member(&entry.record, "id").to_owned() } else { name };
    let what = if entry.is_own { visit.say("This record", "本记录").to_owned() } else { format!("{kind}: {name}") };
    let said = match (entry.op.as_str(), &entry.changed) {
        ("withdraw", _) => visit.say("withdrawn", "撤回"),
        ("redact", _) => visit.say("removed", "涂删"),
        (_, Some(_)) => "",
        _ if entry.was_there => visit.say("changed; what it was before is removed", "更改；此前内容已涂删"),
        _ => visit.say("back", "恢复"),
    };
    html! {
        @if entry.is_new && !entry.is_own {
            p.effect { (match language {
                Language::English => format!("Added: {} {kind}{}", entry.together, if entry.together > 1 { "s" } else { "" }),
                Language::Chinese => format!("新增{kind} {} 条", entry.together),
            }) }
        } @else {
            p.effect {
                (what) @if !said.is_empty() { ", " (said) }
                @if entry.reason.is_object() { ": " (human(&entry.reason, language)) }
            }
            @if let Some(changed) = &entry.changed { (members::changed(changed, visit)) }
        }
    }
}
