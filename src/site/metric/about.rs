//! What a metric is: what it counts in, how, and from what it is computed.

use maud::{Markup, html};
use serde_json::Value;

use crate::site::parts::{member, unit};
use crate::site::visit::Visit;
use crate::site::words;

/// Unit, counting, ratio and whole, as a list.
pub fn about(record: &Value, visit: &Visit) -> Markup {
    let language = visit.language;
    html! {
        dl.facts {
            dt { (visit.say("Unit", "单位")) } dd { (unit(record, language)) }
            dt { (visit.say("Counted", "统计口径")) } dd { (words::time_basis(member(record, "time_basis"), language)) }
            @if record["ratio"].is_object() {
                dt { (visit.say("Ratio", "比率")) }
                dd {
                    a href=(visit.link(&format!("metrics/{}", member(&record["ratio"], "numerator")))) { (member(&record["ratio"], "numerator")) }
                    " ÷ " a href=(visit.link(&format!("metrics/{}", member(&record["ratio"], "denominator")))) { (member(&record["ratio"], "denominator")) }
                    " × " (record["ratio"]["multiplier"]) " " span.sub { (visit.say("computed by this service", "由本服务计算")) }
                }
            }
            @if let Some(whole) = record["part_of"].as_str() {
                dt { (visit.say("Part of", "隶属")) } dd { a href=(visit.link(&format!("metrics/{whole}"))) { (whole) } }
            }
        }
    }
}
