//! What was promised of a metric.

use maud::{Markup, html};
use serde_json::Value;

use crate::site::parts::{evidence, member, unit};
use crate::site::visit::Visit;
use crate::site::words;

/// Promised figures with their words.
pub fn targets(targets: &[Value], record: &Value, visit: &Visit) -> Markup {
    let language = visit.language;
    html! {
        @if !targets.is_empty() {
            section {
                h2 { (visit.say("Promised", "承诺目标")) }
                ul { @for target in targets {
                    li {
                        (words::comparator(member(target, "comparator"), language)) b { (words::number(&target["value"])) } " " (unit(record, language))
                        @if let Some(due) = words::day_of(&target["due_on"], language) { ", " (visit.say("by", "期限")) " " (due) }
                        @for entry in target["evidence"].as_array().into_iter().flatten().take(1) { (evidence(entry, visit)) }
                    }
                } }
            }
        }
    }
}
