//! What a metric is: what it counts in, how, and from what it is computed.

use std::collections::BTreeSet;

use maud::{Markup, html};
use serde_json::Value;

use super::Read;
use crate::model::kinds::{commitment, metric, organization};
use crate::model::message::Language;
use crate::site::parts::{human, member, unit};
use crate::site::visit::Visit;
use crate::site::words;

/// Commitments that are named.
const MAX_COMMITMENTS: usize = 3;

/// Whose metric it is, and what promises its figures belong to.
pub fn belongs(read: &Read, visit: &Visit) -> Markup {
    let records = || read.observations.iter().chain(&read.promised);
    let of = |name: &str| {
        let found: BTreeSet<&str> = records().filter_map(|record| record[name].as_str()).collect();
        found.into_iter().take(MAX_COMMITMENTS).collect::<Vec<_>>()
    };
    let owner = records().find_map(|record| record["publisher"].as_str());
    html! {
        (visit.say("Figure", "指标"))
        @if let Some(owner) = owner { " · " (read.names.link(&organization::KIND, owner, visit)) }
        @for id in of("commitment") { " · " (read.names.link(&commitment::KIND, id, visit)) }
    }
}

/// Unit, counting, ratio, whole and parts, as a list.
pub fn about(read: &Read, visit: &Visit) -> Markup {
    let (language, record, names) = (visit.language, &read.record, &read.names);
    let linked = |id: &str| names.link(&metric::KIND, id, visit);
    let parts: Vec<(&str, Markup)> = read
        .facts
        .parts
        .iter()
        .map(|(name, part)| {
            let name = serde_json::to_value(name).unwrap_or_default();
            (part.metric.as_str(), human(&name, language))
        })
        .collect();
    html! {
        section {
            h2 { (visit.say("What it counts", "统计说明")) }
            dl.facts {
                dt { (visit.say("Unit", "单位")) } dd { (unit(record, language)) }
                dt { (visit.say("Counted", "统计口径")) } dd { (words::time_basis(member(record, "time_basis"), language)) }
                @if record["ratio"].is_object() {
                    dt { (visit.say("Computed as", "计算方法")) }
                    dd { (ratio(&record["ratio"], &linked)) br; span.sub { (visit.say("computed by this service from published figures", "由本服务根据公布的数字计算")) } }
                }
                @if let Some(whole) = record["part_of"].as_str() {
                    dt { (visit.say("Part of", "所属")) } dd { (linked(whole)) }
                }
                @if !parts.is_empty() {
                    dt { (visit.say("Parts", "其中")) }
                    dd { ul.plain { @for (id, name) in &parts { li { a href=(visit.link(&format!("metrics/{id}"))) { (name) } } } } }
                }
                @if let Some(direction) = direction(member(record, "direction"), language) {
                    dt { (visit.say("Meant to", "期望方向")) } dd { (direction) }
                }
                @if let Some(over) = record["additive_over"].as_array().filter(|over| !over.is_empty()) {
                    dt { (visit.say("Adds up over", "可加总于")) }
                    dd { (over.iter().filter_map(Value::as_str).map(|code| words::dimension(code, language)).collect::<Vec<_>>().join(visit.say(", ", "、"))) }
                }
            }
        }
    }
}

fn ratio(ratio: &Value, linked: &dyn Fn(&str) -> Markup) -> Markup {
    html! {
        (linked(member(ratio, "numerator"))) " ÷ " (linked(member(ratio, "denominator")))
        @if ratio["multiplier"] != 1 { " × " (words::number(&ratio["multiplier"])) }
    }
}

fn direction(code: &str, language: Language) -> Option<&'static str> {
    let [en, zh] = match code {
        "higher" => ["rise", "上升为好"],
        "lower" => ["fall", "下降为好"],
        _ => return None,
    };
    Some(if language == Language::Chinese { zh } else { en })
}
