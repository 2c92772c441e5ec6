//! `/revisions` and `/revisions/{n}`: what was published when, and what it changed.

use actix_web::HttpResponse;
use maud::{Markup, html};
use serde_json::Value;

use super::frame::Page;
use super::members;
use super::names::Wanted as Named;
use super::parts::{called, human};
use super::visit::Visit;
use super::words;
use crate::api::diff::item;
use crate::api::documents::Difference;
use crate::api::problem::{Failure, NO_SUCH_REVISION};
use crate::db::read::At;
use crate::db::read::diff;
use crate::db::read::revisions::{self, Row, Selection};
use crate::ledger::digest;
use crate::model::codes::Effect;
use crate::model::kinds::{self, organization};
use crate::model::message::Language;
use crate::model::spoken;
use crate::say;

/// Revisions on a page.
const ROWS: i64 = 50;
/// Changes of a revision that are shown.
const CHANGES: i64 = 200;

/// Revisions below one, newest first.
pub async fn newest(visit: &mut Visit, before: Option<i64>, rows: i64) -> Result<Vec<Row>, Failure> {
    let selection = Selection { before, rows, ..Selection::default() };
    let mut found = revisions::read(&visit.state.database, &selection, visit.at(), visit.now).await?;
    if let Some(first) = found.first() {
        visit.settle(&first.moment.clone())?;
    }
    found.retain(|row| row.revision.is_some());
    Ok(found)
}

/// Revisions as a table.
pub fn table(rows: &[Row], visit: &Visit) -> Markup {
    let language = visit.language;
    html! {
        table.revisions {
            thead { tr {
                th scope="col" { (visit.say("No.", "编号")) }
                th scope="col" { (visit.say("Day", "日期")) }
                th scope="col" { (visit.say("What", "内容")) }
            } }
            tbody {
                @for row in rows {
                    @let number = row.revision.unwrap_or_default();
                    tr {
                        td { a href=(visit.link_with(&format!("revisions/{number}"), &[("revision", ""), ("as_of", "")])) { (number) } }
                        td { (day(row, language)) }
                        td {
                            (human(&message(row), language)) " "
                            span.sub { (words::revision_kind(row.header.revision_kind.as_deref().unwrap_or_default(), language)) }
                        }
                    }
                }
            }
        }
    }
}

/// The day that it was published on, in the ledger's zone.
fn day(row: &Row, language: Language) -> Markup {
    html! {
        @if let (Some(time), Some(day)) = (row.header.published_at, row.published_on) {
            time datetime=(digest::instant(time)) { (spoken::day(day, language)) }
        }
    }
}

fn message(row: &Row) -> Value {
    row.header.message.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

pub async fn list(mut visit: Visit) -> Result<HttpResponse, Failure> {
    let before = visit.query.number("before");
    let rows = newest(&mut visit, before, ROWS + 1).await?;
    let shown = rows.get(..usize::try_from(ROWS).unwrap_or(rows.len()).min(rows.len())).unwrap_or_default();
    let older = if rows.len() > shown.len() { shown.last().and_then(|row| row.revision) } else { None };
    let body = html! {
        h1 { (visit.say("Revisions", "修订")) }
        p.sub { (visit.say(
            "Everything published is a numbered revision. None is ever changed.",
            "每次发布都是一个带编号的修订，发布后不再更改。",
        )) }
        (table(shown, &visit))
        @if let Some(older) = older {
            p { a rel="next" href=(visit.link_with("revisions", &[("before", &older.to_string())])) { (visit.say("Older", "更早")) } }
        }
    };
    let mut page = Page::new(visit.say("Revisions", "修订"), "revisions", body);
    page.parameters = before.iter().map(|before| ("before", before.to_string())).collect();
    page.alternates = vec![("application/json", "v1/revisions".into())];
    page.respond(&visit)
}

pub async fn one(mut visit: Visit, number: &str) -> Result<HttpResponse, Failure> {
    let none = || Failure::new(&NO_SUCH_REVISION, say!("There is no such revision.", "没有此修订。"));
    let number: i64 = number.parse().ok().filter(|number| *number > 0).ok_or_else(none)?;
    let selection = Selection { only: Some(number), rows: 1, ..Selection::default() };
    let mut found = revisions::read(&visit.state.database, &selection, visit.at(), visit.now).await?;
    let row = found.pop().ok_or_else(none)?;
    visit.settle(&row.moment)?;
    if row.revision.is_none() {
        return Err(none());
    }
    let language = visit.language;
    let wanted = diff::Selection {
        from: Some(number - 1),
        kinds: Vec::new(),
        publishers: Vec::new(),
        after: None,
        rows: CHANGES + 1,
    };
    let changes = diff::read(&visit.state.database, &wanted, At::Revision(number), visit.now).await?;
    let changes: Vec<Difference> = changes.into_iter().filter_map(item).collect();
    let mut named = Named::default();
    named.add(&organization::KIND, row.header.publisher.as_deref());
    let names = named.read(&visit).await?;
    let title = match language {
        Language::English => format!("Revision {number}"),
        Language::Chinese => format!("第{number}次修订"),
    };
    let kind = words::revision_kind(row.header.revision_kind.as_deref().unwrap_or_default(), language);
    let body = html! {
        p.kicker { (kind) }
        h1 { (title) }
        p.lead { (human(&message(&row), language)) }
        dl.facts {
            dt { (visit.say("Published", "发布时间")) }
            dd { (day(&row, language)) }
            dt { (visit.say("Publisher", "发布者")) }
            dd { @if let Some(publisher) = &row.header.publisher { (names.link(&organization::KIND, publisher, &visit)) } }
            dt { (visit.say("Digest", "摘要")) }
            dd { code.digest { (row.header.revision_digest.as_deref().map(hex::encode).unwrap_or_default()) } }
        }
        section {
            h2 { (visit.say("What changed", "变更内容")) }
            ul.changes {
                @for change in changes.iter().take(usize::try_from(CHANGES).unwrap_or_default()) { li { (difference(change, &visit)) } }
            }
            @if changes.len() > usize::try_from(CHANGES).unwrap_or_default() {
                p { a href=(visit.file(&format!("v1/diff?from={}&to={number}", number - 1))) { (visit.say("All of it as data", "全部变更数据")) } }
            }
        }
    };
    let mut page = Page::new(title, format!("revisions/{number}"), body);
    page.alternates = vec![("application/json", format!("v1/revisions/{number}"))];
    page.respond(&visit)
}

/// A record that changed: what became of it, and its members before and after.
fn difference(change: &Difference, visit: &Visit) -> Markup {
    let language = visit.language;
    let id = &change.id.0;
    let effect = match change.effect {
        Effect::Create => visit.say("New", "新增"),
        Effect::Change => visit.say("Changed", "更改"),
        Effect::Reinstate => visit.say("Back", "恢复"),
        Effect::Withdraw => visit.say("Withdrawn", "撤回"),
        Effect::Redact => visit.say("Removed", "涂删"),
    };
    let name = change.record.as_ref().map(|record| called(record, "", language));
    // A figure is on the page of its metric.
    let of_metric = change.record.as_ref().and_then(|record| record["metric"].as_str());
    let in_its_table = || Some(format!("{}#figure-{id}", visit.link(&format!("metrics/{}", of_metric?))));
    let link = page_of(&change.kind, id).map(|path| visit.link(&path)).or_else(in_its_table);
    html! {
        span.effect { (effect) } " " (words::kind(&change.kind, language)) " "
        @match &link { Some(link) => { a href=(link) { (id) } } None => { (id) } }
        @if let Some(name) = name { " " (name) }
        @if let Some(reason) = &change.reason { " " q { (human(&serde_json::to_value(reason).unwrap_or_default(), language)) } }
        @if let Some(members) = &change.changed {
            (members::changed(members, visit))
        }
    }
}

/// The page of a record, where its kind has pages.
pub fn page_of(kind: &str, id: &str) -> Option<String> {
    let paged = ["organization", "programme", "commitment", "metric", "source"].contains(&kind);
    let collection = kinds::named(kind).filter(|_| paged)?.collection;
    Some(format!("{collection}/{id}"))
}
