//! A commitment: as a card, its status over time, its figures, or those against its targets.

use maud::{Markup, html};
use serde_json::Value;

use super::ask::{Ask, Style};
use super::frame::Embed;
use super::strip;
use crate::api::problem::{Failure, NO_SUCH_FIGURE};
use crate::db::read::figures_of;
use crate::model::amount::Amount;
use crate::model::codes::{Role, Status};
use crate::model::kinds::{commitment, metric, observation, organization, report};
use crate::model::message::Language;
use crate::say;
use crate::site::chart::Cell;
use crate::site::chart::words::capital;
use crate::site::names::{Names, Wanted as Named};
use crate::site::parts::{called_plainly, figure, human, isolated, member, plain, status, unit, whose_plainly};
use crate::site::since::{self, MAX_NAME, Shown, beside, clipped};
use crate::site::visit::{Visit, Wanted};
use crate::site::words;

/// Figures of a card, targets, rows of a table and reports of a chart.
const FIGURES: i64 = 3;
const TARGETS: usize = 3;
const ROWS: i64 = 60;

/// What is read of it.
struct Read {
    record: Value,
    /// Those that are shown.
    figures: Vec<Value>,
    /// Whether there are more of them.
    more: bool,
    /// Newest first.
    reports: Vec<Value>,
    targets: Vec<Promised>,
    /// Organizations whose figures they are.
    names: Names,
}

/// A target with its metric, and the figure that is held against it.
struct Promised {
    target: Value,
    metric: Value,
    reached: Option<Value>,
}

pub async fn make(ask: &Ask, visit: &mut Visit) -> Result<Embed, Failure> {
    let record = visit.record(&commitment::KIND, &ask.id, &["organization", "targets"]).await?;
    let of = [("commitment", vec![ask.id.clone()]), ("role", vec![Role::Actual.code().to_owned()])];
    let list = |kind, filters, sort, includes| Wanted { kind, filters, sort, includes, rows: ROWS };
    let reports = visit.list(&list(&report::KIND, &of[..1], "-period_end,-reported_on,-id", &[])).await?;
    let targets = if ask.style == Style::Progress { promised(ask, &record, visit).await? } else { Vec::new() };
    let (figures, more) = match ask.style {
        Style::Card => {
            let found = visit.figures(&of_each(std::slice::from_ref(&ask.id), FIGURES)).await?;
            (found.into_iter().map(|(figure, _)| figure).collect(), false)
        }
        Style::Table => visit.first(&list(&observation::KIND, &of, "-period_end,id", &["metric"])).await?,
        Style::Progress => (targets.iter().filter_map(|one| one.reached.clone()).collect(), false),
        Style::Chart => (Vec::new(), false),
    };
    let mut named = Named::default();
    for record in figures.iter().chain(targets.iter().map(|one| &one.target)) {
        named.add(&organization::KIND, record["subject"].as_str().or(record["publisher"].as_str()));
    }
    let names = named.read(visit).await?;
    let read = Read { record, figures, more, reports, targets, names };
    let language = ask.language;
    let organization = plain(&read.record["included"]["organization"]["name"], language);
    let body = match ask.style {
        Style::Card => card(&read, visit),
        Style::Progress => progress(&read, visit),
        Style::Table => table(&read, visit).ok_or_else(|| without(ask, visit))?,
        Style::Chart => chart(&read, ask).ok_or_else(|| without(ask, visit))??,
    };
    let period = read.reports.first().map(|report| words::period(member(report, "period"), language));
    Ok(Embed {
        title: plain(&read.record["title"], language),
        is_title_drawn: ask.style == Style::Chart,
        is_period_said: false,
        is_answerable: true,
        body,
        since: since(&read, ask, visit).await?,
        source: organization,
        period: period.map(|period| capital(&period)).unwrap_or_default(),
    })
}

fn of_each(commitments: &[String], each: i64) -> figures_of::Wanted<'_> {
    figures_of::Wanted { commitments, each, ..figures_of::Wanted::default() }
}

/// The first targets, each with the figure of whom and where it is for.
async fn promised(ask: &Ask, record: &Value, visit: &mut Visit) -> Result<Vec<Promised>, Failure> {
    let commitments = [ask.id.clone()];
    let mut promised = Vec::new();
    for target in record["included"]["targets"].as_array().into_iter().flatten().take(TARGETS) {
        let metric = visit.maybe(&metric::KIND, target["metric"].as_str()).await?.unwrap_or_default();
        let of = |name: &str| target[name].as_str();
        let (subject, division_code) = (of("subject"), of("division_code"));
        let wanted = figures_of::Wanted { metric: of("metric"), subject, division_code, ..of_each(&commitments, 1) };
        let reached = visit.figures(&wanted).await?.pop();
        promised.push(Promised { target: target.clone(), metric, reached: reached.map(|(figure, _)| figure) });
    }
    Ok(promised)
}

/// There is nothing to show in this style.
fn without(ask: &Ask, visit: &Visit) -> Failure {
    let (id, n) = (&ask.id, visit.moment().map_or(0, |moment| moment.n));
    let (en, zh) = if ask.style == Style::Chart { ("report", "进展通报") } else { ("figure", "数字") };
    Failure::new(
        &NO_SUCH_FIGURE,
        say!(
            "{id} has no {en} at revision {n}; style=card shows it all the same.",
            "在修订 {n} 中，{id} 没有{zh}；style=card 仍可显示。"
        ),
    )
}

fn card(read: &Read, visit: &Visit) -> Markup {
    let language = visit.language;
    html! {
        p.state {
            (status(member(&read.record, "status"), language))
            @if let Some(day) = words::day_of(&read.record["due_on"], language) { span.quiet { " · " (visit.say("Due ", "完成期限：")) (day) } }
        }
        @if !read.figures.is_empty() {
            ul.figures { @for observation in &read.figures {
                @let metric = &observation["included"]["metric"];
                li {
                    b { (figure(observation, metric, visit)) }
                    span.quiet { (isolated(&named(observation, metric, read, language))) }
                }
            } }
        }
    }
}

/// What a figure or a target is of, and whose.
fn named(record: &Value, metric: &Value, read: &Read, language: Language) -> String {
    let name = clipped(&called_plainly(metric, member(record, "metric"), language), MAX_NAME);
    match whose_plainly(record, &read.names, language).as_str() {
        "" => name,
        whose => format!("{name} · {}", clipped(whose, MAX_NAME)),
    }
}

fn table(read: &Read, visit: &Visit) -> Option<Markup> {
    let language = visit.language;
    (!read.figures.is_empty()).then(|| {
        html! {
            p.state { (status(member(&read.record, "status"), language)) }
            table {
                thead { tr {
                    th scope="col" { (visit.say("What", "指标")) }
                    th scope="col" { (visit.say("Period", "时期")) }
                    th.number scope="col" { (visit.say("Figure", "数值")) }
                } }
                tbody { @for observation in &read.figures {
                    @let metric = &observation["included"]["metric"];
                    tr {
                        th scope="row" { (named(observation, metric, read, language)) }
                        td { (capital(&words::period(member(observation, "period"), language))) }
                        td.number { (figure(observation, metric, visit)) }
                    }
                } }
            }
            @if read.more { p.quiet { (visit.say("More figures are on the page.", "更多数字见页面。")) } }
        }
    })
}

/// Each target with its newest figure; without a target, the status.
fn progress(read: &Read, visit: &Visit) -> Markup {
    let language = visit.language;
    html! {
        p.state { (status(member(&read.record, "status"), language)) }
        @for Promised { target, metric, reached } in &read.targets {
            (bar(reached.as_ref().map(|observation| &observation["value"]), &target["value"]))
            p.quiet {
                (isolated(&named(reached.as_ref().unwrap_or(target), metric, read, language))) (visit.say(": ", "："))
                @match reached {
                    Some(observation) => { (figure(observation, metric, visit)) }
                    None => { (visit.say("no figure yet", "尚无数字")) }
                }
                (visit.say("; promised: ", "；承诺：")) (words::comparator(member(target, "comparator"), language))
                (words::number(&target["value"])) @if member(&metric["unit"], "code") == "percent" { "%" } @else { " " (unit(metric, language)) }
                @if let Some(day) = words::day_of(&target["due_on"], language) { (visit.say(", by ", "，期限 ")) (day) }
            }
        }
        @if read.targets.is_empty() {
            @if let Some(report) = read.reports.first() {
                p {
                    (capital(&words::period(member(report, "period"), language)))
                    @if report["status_label"].is_object() { " · " (human(&report["status_label"], language)) }
                }
            }
        }
    }
}

/// How much of a target is reached, for the eye; the words beside it say the same.
fn bar(reached: Option<&Value>, promised: &Value) -> Markup {
    let number = |value: &Value| Amount::parse(&value.to_string()).map(|amount| amount.0);
    let share = match (reached.and_then(number), number(promised)) {
        (Some(reached), Some(promised)) if promised > 0 => (reached.max(0).saturating_mul(1000) / promised).min(1000),
        _ => 0,
    };
    html! {
        svg.bar viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" {
            rect.track width="1000" height="10" {}
            rect width=(share) height="10" {}
        }
    }
}

/// The status over time.
fn chart(read: &Read, ask: &Ask) -> Option<Result<Markup, Failure>> {
    let cells: Vec<Cell> = read
        .reports
        .iter()
        .rev()
        .filter_map(|report| {
            let label = words::period(member(report, "period"), ask.language);
            Some(Cell { label, status: Some(Status::parse(member(report, "status"))?), wording: None })
        })
        .collect();
    if cells.is_empty() {
        return None;
    }
    let title = plain(&read.record["title"], ask.language);
    Some(strip(ask, &title, cells, false))
}

/// The record itself, the report that its status is from, and the figures that are shown.
async fn since(read: &Read, ask: &Ask, visit: &Visit) -> Result<Option<since::Since>, Failure> {
    let language = ask.language;
    let mut shown = vec![Shown {
        kind: &commitment::KIND,
        id: ask.id.clone(),
        record: &read.record,
        members: &["title", "lead_organization", "due_on"],
        now: Box::new(move |now| clipped(&plain(&now["title"], language), MAX_NAME)),
    }];
    let reports = if ask.style == Style::Chart { read.reports.len() } else { 1 };
    shown.extend(read.reports.iter().take(reports).map(|record| Shown {
        kind: &report::KIND,
        id: member(record, "id").to_owned(),
        record,
        members: &["status", "period"],
        now: Box::new(move |now| words::status(member(now, "status"), language).to_owned()),
    }));
    shown.extend(read.figures.iter().map(|record| Shown {
        kind: &observation::KIND,
        id: member(record, "id").to_owned(),
        record,
        members: &["value", "qualifier", "period"],
        now: Box::new(|now| {
            let metric = &record["included"]["metric"];
            let unit = if member(&metric["unit"], "code") == "percent" { "%" } else { "" };
            beside(&format!("{}{unit}", words::number(&now["value"])), &named(record, metric, read, language), language)
        }),
    }));
    since::read(&visit.state.database, &shown, visit.moment()?, visit.now).await
}
