//! What was promised of a metric.

use maud::{Markup, html};

use super::Read;
use crate::model::message::Language;
use crate::site::parts::{evidence, figure, member, whose};
use crate::site::visit::Visit;
use crate::site::words;

/// Promised figures, for whom and by when, with their words.
pub fn targets(read: &Read, visit: &Visit) -> Markup {
    let language = visit.language;
    let due = |target: &serde_json::Value| {
        let due = words::day_of(&target["due_on"], language)?;
        Some(if language == Language::Chinese { format!("（{due}前）") } else { format!(" by {due}") })
    };
    html! {
        @if !read.promised.is_empty() {
            section {
                h2 { (visit.say("Promised", "承诺目标")) }
                ul { @for target in &read.promised {
                    @let of = whose(target, &read.names, visit);
                    li {
                        @if !of.0.is_empty() { (of) (visit.say(": ", "：")) }
                        (words::comparator(member(target, "comparator"), language)) b { (figure(target, &read.record, visit)) }
                        @if let Some(due) = due(target) { (due) }
                        @for entry in target["evidence"].as_array().into_iter().flatten().take(1) { (evidence(entry, visit)) }
                    }
                } }
            }
        }
    }
}
