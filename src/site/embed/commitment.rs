//! A commitment: as a card, its status over time, its figures, or those against its targets.

use maud::{Markup, html};
use serde_json::Value;

use super::ask::{Ask, Style};
use super::frame::{Embed, MAX_NAME};
use super::{beside, strip};
use crate::api::problem::{Failure, NO_SUCH_FIGURE};
use crate::model::amount::Amount;
use crate::model::codes::Status;
use crate::model::kinds::{commitment, metric, observation, report};
use crate::say;
use crate::site::chart::Cell;
use crate::site::chart::words::capital;
use crate::site::parts::{figure, human, member, plain, status, unit};
use crate::site::since::{self, Shown, clipped};
use crate::site::visit::{Visit, Wanted};
use crate::site::words;

/// Figures of a card, rows of a table, reports of a chart.
const FIGURES: usize = 3;
const ROWS: i64 = 60;

/// What is read of it.
struct Read {
    record: Value,
    figures: Vec<Value>,
    /// Newest first.
    reports: Vec<Value>,
    /// Targets with their metrics.
    targets: Vec<(Value, Value)>,
}

pub async fn make(ask: &Ask, visit: &mut Visit) -> Result<Embed, Failure> {
    let record = visit.record(&commitment::KIND, &ask.id, &["organization", "targets"]).await?;
    let of = [("commitment", vec![ask.id.clone()])];
    let list = |kind, sort, includes| Wanted { kind, filters: &of, sort, includes, rows: ROWS };
    let reports = visit.list(&list(&report::KIND, "-period_end,-reported_on,-id", &[])).await?;
    let figures = match ask.style {
        Style::Chart => Vec::new(),
        _ => visit.list(&list(&observation::KIND, "-period_end,id", &["metric"])).await?,
    };
    let mut targets = Vec::new();
    if ask.style == Style::Progress {
        for target in record["included"]["targets"].as_array().into_iter().flatten().take(FIGURES) {
            let metric = visit.maybe(&metric::KIND, target["metric"].as_str()).await?;
            targets.push((target.clone(), metric.unwrap_or_default()));
        }
    }
    let read = Read { record, figures, reports, targets };
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
            ul.figures { @for observation in read.figures.iter().take(FIGURES) {
                li {
                    b { (figure(observation, &observation["included"]["metric"], visit)) }
                    span.quiet { (named(observation, visit)) }
                }
            } }
        }
    }
}

/// What a figure is of, and whose.
fn named(observation: &Value, visit: &Visit) -> String {
    let name = clipped(&plain(&observation["included"]["metric"]["name"], visit.language), MAX_NAME);
    match member(observation, "scope") {
        "" => name,
        scope => format!("{name} · {}", clipped(scope, MAX_NAME)),
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
                    tr {
                        th scope="row" { (named(observation, visit)) }
                        td { (capital(&words::period(member(observation, "period"), language))) }
                        td.number { (figure(observation, &observation["included"]["metric"], visit)) }
                    }
                } }
            }
        }
    })
}

/// Each target with its newest figure; without a target, the status.
fn progress(read: &Read, visit: &Visit) -> Markup {
    let language = visit.language;
    html! {
        p.state { (status(member(&read.record, "status"), language)) }
        @for (target, metric) in &read.targets {
            @let reached = read.figures.iter().find(|observation| observation["metric"] == target["metric"]);
            (bar(reached.map(|observation| &observation["value"]), &target["value"]))
            p.quiet {
                (clipped(&plain(&metric["name"], language), MAX_NAME)) (visit.say(": ", "："))
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
            Some(Cell { label, status: Status::parse(member(report, "status"))?, wording: None })
        })
        .collect();
    if cells.is_empty() {
        return None;
    }
    let title = plain(&read.record["title"], ask.language);
    Some(strip(ask, &title, cells, crate::site::chart::strip::draw))
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
    let figures = if ask.style == Style::Card { FIGURES } else { read.figures.len() };
    shown.extend(read.figures.iter().take(figures).map(|record| Shown {
        kind: &observation::KIND,
        id: member(record, "id").to_owned(),
        record,
        members: &["value", "qualifier", "period"],
        now: Box::new(|now| {
            let metric = &record["included"]["metric"];
            let unit = if member(&metric["unit"], "code") == "percent" { "%" } else { "" };
            beside(&format!("{}{unit}", words::number(&now["value"])), &named(record, visit), language)
        }),
    }));
    since::read(&visit.state.database, &shown, visit.moment()?, visit.now).await
}
