//! What to compare: a form that needs no script.

use maud::{Markup, html};
use serde_json::Value;

use super::PARAMETERS;
use crate::model::codes::{Change, Dimension, TimeBasis};
use crate::model::message::Language;
use crate::site::parts::{member, plain};
use crate::site::visit::Visit;
use crate::site::words;

/// Parameters that have a field of their own; the others are kept as they were given.
const FIELDS: [&str; 7] = ["metric", "by", "period", "division", "aggregate", "change", "time_basis"];

pub fn form(metrics: &[Value], visit: &Visit) -> Markup {
    let language = visit.language;
    let chosen = visit.own("metric").unwrap_or_default();
    let known = metrics.iter().any(|metric| member(metric, "id") == chosen);
    let dimensions: Vec<(&str, &str)> =
        Dimension::CODES.iter().map(|code| (*code, words::dimension(code, language))).collect();
    let changes: Vec<(&str, &str)> = Change::CODES.iter().map(|code| (*code, change(code, language))).collect();
    let bases: Vec<(&str, &str)> =
        TimeBasis::CODES.iter().map(|code| (*code, words::time_basis(code, language))).collect();
    html! {
        form.ask action=(visit.file("compare")) method="get" aria-label=(visit.say("What to compare", "比较条件")) {
            div.field.long {
                label for="metric" { (visit.say("Figure", "指标")) }
                select #metric name="metric" required {
                    @if !known { option value=(chosen) selected { (if chosen.is_empty() { visit.say("Choose", "请选择") } else { chosen }) } }
                    @for metric in metrics {
                        @let id = member(metric, "id");
                        option value=(id) selected[id == chosen] { (plain(&metric["name"], language)) }
                    }
                }
            }
            (select("by", visit.say("Side by side", "按"), None, &dimensions, Some("period"), visit))
            (text("period", visit.say("Period", "时期"), "2020-S1", visit))
            (text("division", visit.say("Within area (code)", "区划代码内"), "370000", visit))
            (select("change", visit.say("Change since", "对比"), Some(visit.say("none", "不对比")), &changes, None, visit))
            (select("time_basis", visit.say("Counted", "统计口径"), Some(visit.say("any", "不限")), &bases, None, visit))
            div.field.check {
                input #aggregate type="checkbox" name="aggregate" value="sum" checked[visit.own("aggregate").is_some()];
                label for="aggregate" { (visit.say("Add up", "加总")) }
            }
            @for name in PARAMETERS.iter().filter(|name| !FIELDS.contains(name)) {
                @if let Some(value) = visit.own(name) { input type="hidden" name=(name) value=(value); }
            }
            input type="hidden" name="lang" value=(language.tag());
            @for (name, value) in visit.pinned() { input type="hidden" name=(name) value=(value); }
            div.field { button { (visit.say("Compare", "比较")) } }
        }
    }
}

fn select(
    name: &str,
    label: &str,
    none: Option<&str>,
    options: &[(&str, &str)],
    unless_told: Option<&str>,
    visit: &Visit,
) -> Markup {
    let chosen = visit.own(name).or(unless_told);
    html! {
        div.field {
            label for=(name) { (label) }
            select id=(name) name=(name) {
                @if let Some(none) = none { option value="" { (none) } }
                @for (code, words) in options { option value=(code) selected[chosen == Some(code)] { (words) } }
            }
        }
    }
}

fn text(name: &str, label: &str, example: &str, visit: &Visit) -> Markup {
    html! {
        div.field {
            label for=(name) { (label) }
            input id=(name) type="text" name=(name) value=(visit.own(name).unwrap_or_default()) placeholder=(example) autocomplete="off";
        }
    }
}

/// What a figure is compared with.
pub fn change(code: &str, language: Language) -> &'static str {
    let [en, zh] = match code {
        "year_on_year" => ["a year before", "同比"],
        "previous" => ["the period before", "环比"],
        _ => ["", ""],
    };
    if language == Language::Chinese { zh } else { en }
}
