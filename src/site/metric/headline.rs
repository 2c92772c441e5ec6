//! The newest figure, large.

use maud::{Markup, html};
use serde_json::Value;

use crate::site::parts::{evidence, figure, member};
use crate::site::visit::Visit;
use crate::site::words;

/// The newest figure with its period and the words it was said in.
pub fn large(observation: &Value, metric: &Value, visit: &Visit) -> Markup {
    let language = visit.language;
    html! {
        div.large {
            p.figure { (figure(observation, metric, visit)) }
            p.sub {
                (words::period(member(observation, "period"), language))
                @if !member(observation, "scope").is_empty() { " · " (member(observation, "scope")) }
                @if observation["computed"] == true { " · " (visit.say("computed by this service", "由本服务计算")) }
            }
            @for entry in observation["evidence"].as_array().into_iter().flatten().take(1) { (evidence(entry, visit)) }
        }
    }
}
