//! The figures of a metric, as a table.

use maud::{Markup, html};
use serde_json::Value;

use crate::site::parts::{figure, member};
use crate::site::visit::Visit;
use crate::site::words;

/// Every figure, newest first.
pub fn table(observations: &[Value], metric: &Value, visit: &Visit) -> Markup {
    let language = visit.language;
    html! {
        table {
            thead { tr {
                th scope="col" { (visit.say("Period", "时期")) }
                th scope="col" { (visit.say("Of", "范围")) }
                th.number scope="col" { (visit.say("Value", "数值")) }
                th scope="col" { (visit.say("As printed", "原文")) }
            } }
            tbody {
                @for observation in observations {
                    tr {
                        td { (words::period(member(observation, "period"), language)) }
                        td { (of(observation)) @if member(observation, "role") == "baseline" { " " (visit.say("baseline", "基期")) } }
                        td.number { (figure(observation, metric, visit)) }
                        td lang="zh-Hans" { (member(observation, "as_published")) }
                    }
                }
            }
        }
    }
}

/// Whose figure it is, as far as the record says.
fn of(observation: &Value) -> String {
    ["scope", "subject", "division_code"]
        .map(|name| member(observation, name))
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" · ")
}
