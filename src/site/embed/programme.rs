//! A programme: its commitments by status, as a card, as cells, as a list, or how many are done.

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde_json::{Value, json};

use super::ask::{Ask, Style};
use super::frame::{Embed, MAX_NAME};
use super::strip;
use crate::api::problem::{Failure, NO_SUCH_FIGURE};
use crate::model::codes::Status;
use crate::model::kinds::{commitment, organization, programme};
use crate::say;
use crate::site::chart::Cell;
use crate::site::parts::{self, member, plain, status};
use crate::site::since::{self, Shown, clipped};
use crate::site::visit::{Visit, Wanted};

/// Commitments that are counted, and those of a table.
const ROWS: i64 = 1000;
const LISTED: usize = 60;

pub async fn make(ask: &Ask, visit: &mut Visit) -> Result<Embed, Failure> {
    let record = visit.record(&programme::KIND, &ask.id, &[]).await?;
    let organization = visit.maybe(&organization::KIND, record["organization"].as_str()).await?;
    let of = [("programme", vec![ask.id.clone()])];
    let wanted = Wanted { kind: &commitment::KIND, filters: &of, sort: "number,id", includes: &[], rows: ROWS };
    let commitments = visit.list(&wanted).await?;
    let language = ask.language;
    let title = plain(&record["title"], language);
    let body = match ask.style {
        Style::Card => counts(&commitments, visit),
        Style::Progress => progress(&commitments, visit),
        _ if commitments.is_empty() => return Err(without(ask, visit)),
        Style::Table => table(&commitments, visit),
        Style::Chart => chart(&commitments, &title, ask, visit)?,
    };
    let shown = Shown {
        kind: &programme::KIND,
        id: ask.id.clone(),
        record: &record,
        members: &["title", "year", "organization"],
        now: Box::new(move |now| clipped(&plain(&now["title"], language), MAX_NAME)),
    };
    let since = since::read(&visit.state.database, &[shown], visit.moment()?, visit.now).await?;
    let source = organization.map(|organization| plain(&organization["name"], language)).unwrap_or_default();
    let is_title_drawn = ask.style == Style::Chart;
    let period = record["year"].to_string();
    Ok(Embed { title, is_title_drawn, is_period_said: false, is_answerable: true, body, since, source, period })
}

fn without(ask: &Ask, visit: &Visit) -> Failure {
    let (id, n) = (&ask.id, visit.moment().map_or(0, |moment| moment.n));
    Failure::new(&NO_SUCH_FIGURE, say!("{id} has no commitment at revision {n}.", "在修订 {n} 中，{id} 没有承诺事项。"))
}

fn statuses(commitments: &[Value]) -> BTreeMap<&str, i64> {
    let mut statuses = BTreeMap::new();
    for commitment in commitments {
        *statuses.entry(commitment["status"].as_str().unwrap_or("none")).or_default() += 1;
    }
    statuses
}

/// How many there are of each status.
fn counts(commitments: &[Value], visit: &Visit) -> Markup {
    let count = commitments.len();
    html! {
        p.quiet { (visit.say("Commitments: ", "承诺事项：")) (count) @if visit.language == crate::model::message::Language::Chinese { " 项" } }
        (parts::strip(&json!(statuses(commitments)), visit))
    }
}

/// How many are done, of how many.
fn progress(commitments: &[Value], visit: &Visit) -> Markup {
    let statuses = statuses(commitments);
    let of = |codes: &[&str]| codes.iter().filter_map(|code| statuses.get(code)).sum::<i64>();
    let done = of(&["completed", "substantially_completed"]);
    html! {
        p.large { (done) " / " (commitments.len()) }
        p { (visit.say("commitments completed, wholly or substantially", "项承诺已完成或基本完成")) }
        (parts::strip(&json!(statuses), visit))
    }
}

fn table(commitments: &[Value], visit: &Visit) -> Markup {
    let language = visit.language;
    let more = commitments.len().saturating_sub(LISTED);
    html! {
        table {
            thead { tr { th scope="col" { (visit.say("Commitment", "承诺")) } th scope="col" { (visit.say("Status", "状态")) } } }
            tbody { @for commitment in commitments.iter().take(LISTED) {
                tr {
                    th scope="row" {
                        @if let Some(number) = commitment["number"].as_i64() { (number) ". " }
                        a href=(visit.link(&format!("commitments/{}", member(commitment, "id")))) target="_blank" rel="noopener" {
                            (clipped(&plain(&commitment["title"], language), MAX_NAME))
                        }
                    }
                    td { (status(member(commitment, "status"), language)) }
                }
            } }
        }
        @if more > 0 { p.quiet { (visit.say("More on the page: ", "页面上另有：")) (more) } }
    }
}

/// A cell for each commitment, by its number.
fn chart(commitments: &[Value], title: &str, ask: &Ask, visit: &Visit) -> Result<Markup, Failure> {
    let cells = commitments.iter().filter_map(|commitment| {
        let label = match commitment["number"].as_i64() {
            Some(number) => number.to_string(),
            None => clipped(&plain(&commitment["title"], ask.language), MAX_NAME),
        };
        Some(Cell { label, status: Status::parse(member(commitment, "status"))?, wording: None })
    });
    let cells: Vec<Cell> = cells.collect();
    let drawn = strip(ask, title, cells, crate::site::chart::strip::draw_beside)?;
    let statuses = statuses(commitments);
    Ok(html! {
        (drawn)
        ul.legend { @for (code, count) in &statuses { li { (status(code, visit.language)) " " b { (count) } } } }
    })
}
