//! A comparison as a page shows it: the sum, a chart, and a table whose figures lead to where they are from.

use maud::{Markup, html};
use serde_json::json;

use super::words_of;
use crate::api::compare::document::{Comparison, ComparisonChange, ComparisonRow, ComparisonTotal};
use crate::api::figure::facts::in_language;
use crate::api::problem::Failure;
use crate::model::codes::{Dimension, TimeBasis};
use crate::model::division;
use crate::model::kinds::organization;
use crate::model::message::Language;
use crate::model::period::Period;
use crate::model::text::{Decimal, RecordId};
use crate::site::chart::words::capital;
use crate::site::chart::{self, About, Point, Series, Size, Theme};
use crate::site::names::Names;
use crate::site::parts::{area, drawn, human, plain};
use crate::site::visit::Visit;
use crate::site::words;

/// Rows that are shown.
const ROWS: usize = 200;
/// Inputs that are linked of each.
const INPUTS: usize = 6;

pub fn result(comparison: &Comparison, names: &Names, visit: &Visit) -> Result<Markup, Failure> {
    let unit = unit(comparison, visit.language);
    Ok(html! {
        @if let Some(total) = &comparison.total { (sum(total, &unit, comparison, visit)) }
        @if comparison.data.is_empty() {
            p role="status" { (visit.say("There are no such figures at this revision.", "此修订中没有符合条件的数字。")) }
        } @else {
            (chart_of(comparison, names, visit)?)
            (table(&comparison.data, visit.say("Figures compared", "所比较的数字"), comparison, names, visit))
        }
        @if !comparison.left_out.is_empty() {
            (table(&comparison.left_out, visit.say("Not added", "未计入"), comparison, names, visit))
        }
        p.sub {
            a href=(visit.link(&format!("metrics/{}", comparison.metric.as_str()))) { (visit.say("About this figure", "关于该指标")) }
            " · " a href=(visit.program(&super::data(visit))) { "JSON" }
        }
    })
}

/// The unit as it stands behind a number.
fn unit(comparison: &Comparison, language: Language) -> String {
    if comparison.unit.code.as_str() == "percent" {
        return "%".to_owned();
    }
    let label = comparison.unit.label.as_ref().map(|label| in_language(label, language));
    format!(" {}", label.unwrap_or_else(|| comparison.unit.code.0.clone()))
}

fn number(value: &Decimal) -> String {
    words::number(&serde_json::Value::Number(value.0.clone()))
}

/// The sum, large, with how it was made and of how many it is.
fn sum(total: &ComparisonTotal, unit: &str, comparison: &Comparison, visit: &Visit) -> Markup {
    let language = visit.language;
    let qualifiers: Vec<&str> = total.qualifiers.iter().map(|one| words::qualifier(one.code(), language)).collect();
    html! {
        div.large {
            p.figure { span.value { (number(&total.value)) } span.unit { (unit) } }
            p.when {
                @if let Some(period) = &total.period { (capital(&words::period(period.as_str(), language))) }
                @if let Some(coverage) = &total.coverage {
                    " · " (match language {
                        Language::English => format!("{} of {}", coverage.with_figure, coverage.known),
                        Language::Chinese => format!("{} / {}", coverage.with_figure, coverage.known),
                    })
                }
                @if let Some(change) = &total.change { " · " (changed(change, unit, visit)) }
            }
            @if let Some(coverage) = &total.coverage { p.sub { (human(&words_of(&coverage.detail), language)) } }
            p.sub { (human(&words_of(&total.formula), language)) }
            @if !qualifiers.is_empty() {
                p.sub { (visit.say("Not all figures were stated exactly: ", "部分数字并非精确值：")) (qualifiers.join(visit.say(", ", "、"))) }
            }
            p.sub { (visit.say("Computed from: ", "计算所用：")) (inputs(&total.inputs, comparison, visit)) }
        }
    }
}

/// Figures, each linked to its row on the metric's page.
fn inputs(ids: &[RecordId], comparison: &Comparison, visit: &Visit) -> Markup {
    let page = visit.link(&format!("metrics/{}", comparison.metric.as_str()));
    html! {
        @for (index, id) in ids.iter().take(INPUTS).enumerate() {
            @if index > 0 { ", " }
            a.id href=(format!("{page}#figure-{}", id.as_str())) { (id.as_str()) }
        }
        @if ids.len() > INPUTS { (match visit.language {
            Language::English => format!(", and {} more", ids.len() - INPUTS),
            Language::Chinese => format!("，另有 {} 个", ids.len() - INPUTS),
        }) }
    }
}

fn table(rows: &[ComparisonRow], title: &str, comparison: &Comparison, names: &Names, visit: &Visit) -> Markup {
    let language = visit.language;
    let unit = unit(comparison, language);
    let (changes, reasons) = (rows.iter().any(|row| row.change.is_some()), rows.iter().any(|row| row.reason.is_some()));
    let page = visit.link(&format!("metrics/{}", comparison.metric.as_str()));
    // A period that is that of all stands above them.
    let first = rows.first().map(|row| row.period.as_str()).unwrap_or_default();
    let shared = comparison.by == Dimension::Period || rows.iter().all(|row| row.period.as_str() == first);
    html! {
        section {
            h2 { (title) @if shared && comparison.by != Dimension::Period { (visit.say(", ", "，")) (words::period(first, language)) } }
            div.wide tabindex="0" role="region" aria-label=(title) { table {
                thead { tr {
                    th scope="col" { (match comparison.by {
                        Dimension::Division => visit.say("Area", "区划"),
                        Dimension::Subject => visit.say("Organization", "机构"),
                        Dimension::Period => visit.say("Period", "时期"),
                    }) }
                    @if !shared { th scope="col" { (visit.say("Period", "时期")) } }
                    th.number scope="col" { (visit.say("Value", "数值")) }
                    @if changes { th scope="col" { (visit.say("Change", "变化")) } }
                    @if reasons { th scope="col" { (visit.say("Note", "说明")) } }
                } }
                tbody { @for row in rows.iter().take(ROWS) { tr {
                    th scope="row" { (label(row, comparison.by, names, visit)) }
                    @if !shared { td { (words::period(row.period.as_str(), language)) } }
                    td.number {
                        @match (&row.value, row.inputs.first()) {
                            (Some(value), Some(id)) => {
                                @if let Some(qualifier) = row.qualifier { (words::qualifier(qualifier.code(), language)) " " }
                                a href=(format!("{page}#figure-{}", id.as_str())) { (number(value)) (unit) }
                            }
                            _ => a href=(page) { (match language {
                                Language::English => format!("{} figures", row.inputs.len()),
                                Language::Chinese => format!("{} 个数字", row.inputs.len()),
                            }) },
                        }
                    }
                    @if changes { td { @if let Some(change) = &row.change { (changed(change, &unit, visit)) } } }
                    @if reasons { td.sub { @if let Some(reason) = &row.reason { (human(&words_of(&reason.detail), language)) } } }
                } } }
            } }
            @if rows.len() > ROWS { p.sub { (visit.say("More rows are in the JSON.", "其余各行见 JSON。")) } }
        }
    }
}

/// A difference in words: up 1,739 cases (5.9%) from the second half of 2019.
fn changed(change: &ComparisonChange, unit: &str, visit: &Visit) -> Markup {
    let language = visit.language;
    let absolute = number(&change.absolute);
    let sign = if absolute.starts_with('−') { "" } else { "+" };
    let percent = change.percent.as_ref().map(|percent| format!("{}%", number(percent)));
    let points = change.percentage_points.as_ref().map(|points| match language {
        Language::English => format!("{} points", number(points)),
        Language::Chinese => format!("{}个百分点", number(points)),
    });
    let since = change.period.as_ref().map(|period| words::period(period.as_str(), language));
    if change.absolute.0.to_string() == "0" {
        return html! { (visit.say("unchanged", "持平")) @if let Some(since) = since { span.sub { " " (visit.say("from ", "较")) (since) } } };
    }
    html! {
        @match &points { Some(points) => { (sign) (points) } None => { (sign) (absolute) (unit) @if let Some(percent) = &percent { " (" (sign) (percent) ")" } } }
        @if let Some(since) = since { span.sub { " " (visit.say("from ", "较")) (since) } }
    }
}

fn label(row: &ComparisonRow, by: Dimension, names: &Names, visit: &Visit) -> Markup {
    html! {
        @match (by, &row.subject, &row.division_code) {
            (Dimension::Subject, Some(id), _) => (names.link(&organization::KIND, id.as_str(), visit)),
            (Dimension::Division, _, Some(code)) => (area(code.as_str(), visit.language)),
            _ => (words::period(row.period.as_str(), visit.language)),
        }
    }
}

/// Bars for areas and organizations, a line for periods, for narrow and for wide places.
fn chart_of(comparison: &Comparison, names: &Names, visit: &Visit) -> Result<Markup, Failure> {
    let language = visit.language;
    let point = |row: &ComparisonRow| {
        let label = match (comparison.by, &row.subject, &row.division_code) {
            (Dimension::Subject, Some(id), _) => {
                names.get(&organization::KIND, id.as_str()).map_or_else(|| id.0.clone(), |name| plain(name, language))
            }
            (Dimension::Division, _, Some(code)) => division::name(code.as_str()).to_owned(),
            _ => words::period(row.period.as_str(), language),
        };
        let days = Period::parse(row.period.as_str());
        Some(Point {
            label,
            start: days.as_ref().and_then(|days| days.start),
            end: days.as_ref().and_then(|days| days.end),
            value: row.value.clone()?,
            qualifier: row.qualifier,
            obs_status: None,
            computed: row.computed.unwrap_or_default(),
        })
    };
    let points: Vec<Point> = comparison.data.iter().filter_map(point).collect();
    if points.len() < 2 {
        return Ok(html! {});
    }
    let name = plain(&json!(comparison.name), language);
    let draw = |size: Size, id: &str| {
        let about = About {
            title: name.clone(),
            whose: None,
            source: String::new(),
            revision: None,
            language,
            theme: Theme::Auto,
            article: None,
            id: id.to_owned(),
        };
        let series = Series {
            about,
            metric: name.clone(),
            unit: chart::Unit {
                code: comparison.unit.code.0.clone(),
                label: comparison.unit.label.as_ref().map(|label| in_language(label, language)),
            },
            time_basis: comparison.data.iter().find_map(|row| row.time_basis).unwrap_or(TimeBasis::PeriodFlow),
            points: points.clone(),
            targets: Vec::new(),
        };
        match comparison.by {
            Dimension::Period => chart::line::draw(&series, size),
            _ => chart::bar::draw(&series, size),
        }
    };
    // Bars take what room they need.
    let rows = u32::try_from(points.len()).unwrap_or(u32::MAX).min(25);
    let height = |line: u32, bars: u32| if comparison.by == Dimension::Period { line } else { bars };
    let narrow = Size { width: 340, height: height(300, 100 + rows * 28) };
    drawn([narrow, Size { width: 720, height: height(405, 110 + rows * 36) }], &draw)
}
