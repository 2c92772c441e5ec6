//! A figure of a metric: as a card, a chart, a table of its periods, or against its targets.

use maud::{Markup, html};
use serde_json::{Value, json};

use super::ask::{Ask, Style};
use super::both;
use super::frame::{Embed, MAX_TITLE};
use crate::api::figure::document::Figure;
use crate::api::figure::facts::{Facts, Observed, in_language};
use crate::api::figure::{drawn, no_such_figure};
use crate::api::problem::{Failure, INTERNAL_ERROR};
use crate::api::record;
use crate::db::read::figure::{self, Row, Wanted};
use crate::db::read::record as records;
use crate::model::kinds::{metric, observation};
use crate::model::message::Language;
use crate::site::chart::words::capital;
use crate::site::since::{self, MAX_NAME, Shown, beside, clipped};
use crate::site::visit::Visit;
use crate::site::words;

/// Periods of a table.
const ROWS: usize = 40;

pub async fn make(ask: &Ask, visit: &mut Visit) -> Result<Embed, Failure> {
    let chosen = ask.shape.as_deref();
    let chart = ask.style == Style::Chart;
    let wanted = Wanted {
        beside: chart && matches!(chosen, None | Some("bar")),
        parts: chart && chosen == Some("part"),
        ..ask.wanted.clone()
    };
    let (wanted, row, facts) = read(ask, wanted, visit).await?;
    let language = ask.language;
    let name = in_language(&facts.metric.name, language);
    let body = match ask.style {
        Style::Card => card(&facts, &wanted, &row, language)?,
        Style::Table => table(&facts, &wanted, &row, visit)?,
        Style::Progress => drawing(ask, &wanted, &row, &facts, "progress")?,
        Style::Chart => drawing(ask, &wanted, &row, &facts, chosen.unwrap_or_else(|| suiting(&facts)))?,
    };
    let figure = facts.document(language);
    let source = figure.as_ref().map(|figure| figure.text.source.clone()).unwrap_or_default();
    let period = figure.as_ref().map(|figure| capital(&figure.text.period)).unwrap_or_default();
    Ok(Embed {
        is_title_drawn: matches!(ask.style, Style::Chart | Style::Progress),
        is_period_said: ask.style == Style::Card,
        is_answerable: false,
        title: name,
        body,
        since: since(&facts, ask, visit).await?,
        source,
        period,
    })
}

/// The metric's name, and its figure where it has one.
pub async fn named(ask: &Ask, visit: &mut Visit) -> Result<(String, Option<Figure>), Failure> {
    let (_, _, facts) = read(ask, ask.wanted.clone(), visit).await?;
    Ok((in_language(&facts.metric.name, ask.language), facts.document(ask.language)))
}

async fn read(ask: &Ask, wanted: Wanted, visit: &mut Visit) -> Result<(Wanted, Row, Facts), Failure> {
    let row = figure::read(&visit.state.database, &wanted, visit.at(), visit.now).await?;
    let row = row.ok_or_else(|| Failure::plain(&INTERNAL_ERROR))?;
    visit.settle(&row.metric.moment)?;
    if row.metric.body.is_none() {
        return Err(record::gone(&metric::KIND, &ask.id, &row.metric, "metrics/"));
    }
    let mut facts = Facts::of(&row).ok_or_else(|| Failure::plain(&INTERNAL_ERROR))?;
    facts.shorten(MAX_TITLE);
    if row.figure.is_none()
        && let Some(id) = &wanted.observation
    {
        return Err(what_became(id, visit).await?.unwrap_or_else(|| no_such_figure(&wanted, &row)));
    }
    Ok((wanted, row, facts))
}

/// Why the observation that the embed is of is not there.
async fn what_became(id: &str, visit: &Visit) -> Result<Option<Failure>, Failure> {
    // A computed figure is one of its numerator.
    let id = id.split_once('~').map_or(id, |(_, numerator)| numerator);
    let row = records::read(&visit.state.database, &observation::KIND, id, &[], visit.at(), visit.now).await?;
    Ok(row
        .filter(|row| row.body.is_none() && (row.redacted_in.is_some() || row.last_op.is_some()))
        .map(|row| record::gone(&observation::KIND, id, &row, "v1/observations/").with("observation", id.into())))
}

/// The shape that says most of it.
fn suiting(facts: &Facts) -> &'static str {
    if facts.series.len() > 1 {
        "line"
    } else if !facts.targets.is_empty() {
        "progress"
    } else if facts.beside.len() > 1 {
        "bar"
    } else {
        "figure"
    }
}

/// Pixels that a shape takes.
fn height(shape: &str, facts: &Facts) -> u32 {
    let rows = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).saturating_mul(44).saturating_add(110);
    match shape {
        "line" => 380,
        "bar" => rows(facts.beside.len()).clamp(160, 900),
        "part" => rows(facts.parts.len().max(1)).clamp(210, 900),
        "progress" => 250,
        _ if facts.series.len() > 1 => 290,
        _ => 160,
    }
}

/// Drawn for narrow and for wide places, or once for both where that would be much.
fn drawing(ask: &Ask, wanted: &Wanted, row: &Row, facts: &Facts, shape: &str) -> Result<Markup, Failure> {
    let draw = |wide| drawn(wanted, row, facts, &ask.shown(shape, wide, height(shape, facts)));
    Ok(both(draw(false)?, draw(true)?))
}

fn card(facts: &Facts, wanted: &Wanted, row: &Row, language: Language) -> Result<Markup, Failure> {
    let figure = facts.document(language).ok_or_else(|| no_such_figure(wanted, row))?;
    let text = &figure.text;
    Ok(html! {
        p.large { data value=(figure.value.0) { (text.value) } }
        p { (capital(&text.period)) @if let Some(subject) = &text.subject { " · " (clipped(subject, MAX_NAME)) } }
        @if let Some(change) = &text.change { p { (capital(change)) } }
        @if figure.computed { p.quiet { (if language == Language::Chinese { "由本服务根据两项数字计算" } else { "Computed by this service from two figures" }) } }
    })
}

fn table(facts: &Facts, wanted: &Wanted, row: &Row, visit: &Visit) -> Result<Markup, Failure> {
    let figure = facts.figure.as_ref().ok_or_else(|| no_such_figure(wanted, row))?;
    let language = visit.language;
    let whose = facts.whose(figure, language);
    let more = facts.series.len().saturating_sub(ROWS);
    Ok(html! {
        @if let Some(whose) = &whose { p.quiet { (clipped(whose, MAX_NAME)) } }
        table {
            thead { tr { th scope="col" { (visit.say("Period", "时期")) } th.number scope="col" { (visit.say("Figure", "数值")) } } }
            tbody { @for observed in facts.series.iter().take(ROWS) {
                tr { th scope="row" { (capital(&observed.period_name(language))) } td.number { (facts.value(observed, language)) } }
            } }
        }
        @if more > 0 { p.quiet { (visit.say("Earlier periods on the page: ", "更早的期数见页面：")) (more) } }
    })
}

/// Of all figures that are shown the newest thing that happened to one since.
async fn since(facts: &Facts, ask: &Ask, visit: &Visit) -> Result<Option<since::Since>, Failure> {
    let shown: &[Observed] = match (ask.style, &facts.figure) {
        (Style::Table, _) => facts.series.get(..ROWS).unwrap_or(&facts.series),
        (Style::Chart, _) if facts.series.len() > 1 => &facts.series,
        (_, Some(figure)) => std::slice::from_ref(figure),
        _ => &[],
    };
    let records: Vec<Value> =
        shown.iter().map(|observed| json!({"value": observed.value, "qualifier": observed.qualifier})).collect();
    let main = facts.figure.as_ref().map(|figure| figure.id.0.clone()).unwrap_or_default();
    let shown: Vec<Shown> = shown
        .iter()
        .zip(&records)
        .map(|(observed, record)| Shown {
            kind: &observation::KIND,
            id: observed.id.0.clone(),
            record,
            members: &["value", "qualifier"],
            now: Box::new(|now| {
                let value = now_says(facts, now, ask.language);
                if observed.id.0 == main {
                    value
                } else {
                    beside(&value, &observed.period_name(ask.language), ask.language)
                }
            }),
        })
        .collect();
    since::read(&visit.state.database, &shown, visit.moment()?, visit.now).await
}

/// A figure as it is now, with its unit.
fn now_says(facts: &Facts, now: &Value, language: Language) -> String {
    let qualifier = words::qualifier(now["qualifier"].as_str().unwrap_or_default(), language);
    let number = words::number(&now["value"]);
    let number = crate::site::chart::numbers::with_unit(&number, &facts.unit(language), language);
    if qualifier.is_empty() { number } else { format!("{qualifier} {number}") }
}
