//! A programme: its commitments by status, as a card, as cells, as a list, or how many are done.

use maud::{Markup, html};
use serde_json::Value;

use super::ask::{Ask, Style};
use super::frame::Embed;
use super::strip;
use crate::api::problem::{Failure, NO_SUCH_FIGURE};
use crate::model::codes::Status;
use crate::model::kinds::{commitment, organization, programme};
use crate::model::message::Language;
use crate::say;
use crate::site::chart::Cell;
use crate::site::parts::{self, member, plain, status};
use crate::site::programme::{Statuses, since};
use crate::site::since::{MAX_NAME, clipped};
use crate::site::visit::{Visit, Wanted};

/// Commitments of a table, and cells of a chart.
const LISTED: i64 = 60;
const DRAWN: i64 = 240;

pub async fn make(ask: &Ask, visit: &mut Visit) -> Result<Embed, Failure> {
    let record = visit.record(&programme::KIND, &ask.id, &[]).await?;
    let organization = visit.maybe(&organization::KIND, record["organization"].as_str()).await?;
    let statuses = Statuses::read(&ask.id, visit).await?;
    let language = ask.language;
    let title = plain(&record["title"], language);
    let body = match ask.style {
        Style::Card => counts(&statuses, visit),
        Style::Progress => progress(&statuses, visit),
        _ if statuses.all() == 0 => return Err(without(ask, visit)),
        Style::Table => table(&commitments(ask, LISTED, visit).await?, &statuses, visit),
        Style::Chart => chart(&commitments(ask, DRAWN, visit).await?, &statuses, &title, ask, visit)?,
    };
    let since = since(&ask.id, &record, visit).await?;
    let source = organization.map(|organization| plain(&organization["name"], language)).unwrap_or_default();
    let is_title_drawn = ask.style == Style::Chart;
    let period = record["year"].to_string();
    Ok(Embed { title, is_title_drawn, is_period_said: false, is_answerable: true, body, since, source, period })
}

async fn commitments(ask: &Ask, rows: i64, visit: &mut Visit) -> Result<Vec<Value>, Failure> {
    let of = [("programme", vec![ask.id.clone()])];
    visit.list(&Wanted { kind: &commitment::KIND, filters: &of, sort: "number,id", includes: &[], rows }).await
}

fn without(ask: &Ask, visit: &Visit) -> Failure {
    let (id, n) = (&ask.id, visit.moment().map_or(0, |moment| moment.n));
    Failure::new(&NO_SUCH_FIGURE, say!("{id} has no commitment at revision {n}.", "在修订 {n} 中，{id} 没有承诺事项。"))
}

/// How many there are of each status.
fn counts(statuses: &Statuses, visit: &Visit) -> Markup {
    html! {
        p.quiet { (visit.say("Commitments: ", "承诺事项：")) (statuses.all()) @if visit.language == Language::Chinese { " 项" } }
        (parts::strip(&statuses.0, visit))
    }
}

/// How many are done, of how many.
fn progress(statuses: &Statuses, visit: &Visit) -> Markup {
    let done = statuses.of(&["completed", "substantially_completed"]);
    html! {
        p.large { (done) " / " (statuses.all()) }
        p { (visit.say("commitments completed, wholly or substantially", "项承诺已完成或基本完成")) }
        (parts::strip(&statuses.0, visit))
    }
}

/// How many there are beyond those that are shown.
fn beyond(shown: usize, statuses: &Statuses) -> i64 {
    statuses.all() - i64::try_from(shown).unwrap_or_default()
}

fn table(commitments: &[Value], statuses: &Statuses, visit: &Visit) -> Markup {
    let language = visit.language;
    let more = beyond(commitments.len(), statuses);
    html! {
        table {
            thead { tr { th scope="col" { (visit.say("Commitment", "承诺")) } th scope="col" { (visit.say("Status", "状态")) } } }
            tbody { @for commitment in commitments {
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
fn chart(commitments: &[Value], statuses: &Statuses, title: &str, ask: &Ask, visit: &Visit) -> Result<Markup, Failure> {
    let cell = |commitment: &Value| {
        let label = match commitment["number"].as_i64() {
            Some(number) => number.to_string(),
            None => clipped(&plain(&commitment["title"], ask.language), MAX_NAME),
        };
        Cell { label, status: Status::parse(member(commitment, "status")), wording: None }
    };
    let cells: Vec<Cell> = commitments.iter().map(cell).collect();
    let drawn = strip(ask, title, cells, true)?;
    let more = beyond(commitments.len(), statuses);
    Ok(html! {
        (drawn)
        (parts::legend(&statuses.0, &|_| None, visit))
        @if more > 0 { p.quiet { (visit.say("Not drawn, on the page: ", "未绘出，见页面：")) (more) } }
    })
}
