//! The figures of a metric, as a table.

use maud::{Markup, html};
use serde_json::Value;

use super::{ROWS, Read};
use crate::site::parts::{self, anchor, figure, isolated, member};
use crate::site::visit::Visit;
use crate::site::words;

/// Every figure, newest first. Each row is named `figure-{id}`, so that it can be linked to.
pub fn section(read: &Read, visit: &Visit) -> Markup {
    let whose = read.observations.iter().any(|one| !parts::whose(one, &read.names, visit).0.is_empty());
    let full = i64::try_from(read.observations.len()).is_ok_and(|rows| rows >= ROWS);
    let title = visit.say("All figures", "全部数字");
    html! {
        @if !read.observations.is_empty() {
            section {
                h2 { (title) }
                div.wide tabindex="0" role="region" aria-label=(title) {
                    table {
                        thead { tr {
                            th scope="col" { (visit.say("Period", "时期")) }
                            @if whose { th scope="col" { (visit.say("Of", "范围")) } }
                            th.number scope="col" { (visit.say("Value", "数值")) }
                            th scope="col" { (visit.say("As printed", "原文")) }
                        } }
                        tbody { @for observation in &read.observations { (row(observation, read, whose, visit)) } }
                    }
                }
                @if full { p.sub { (visit.say("The newest ones. The CSV below has all.", "此处为最新部分，全部见下方 CSV。")) } }
            }
        }
    }
}

fn row(observation: &Value, read: &Read, whose: bool, visit: &Visit) -> Markup {
    let language = visit.language;
    let printed = member(observation, "as_published");
    let entry = observation["evidence"].as_array().and_then(|entries| entries.first());
    let as_printed = entry.filter(|_| printed.is_empty()).map_or(printed, |entry| member(entry, "exact"));
    html! {
        tr id=(format!("figure-{}", member(observation, "id"))) {
            th scope="row" {
                (words::period(member(observation, "period"), language))
                @if member(observation, "role") == "baseline" { span.sub { " " (visit.say("baseline", "基期")) } }
            }
            @if whose { td { (parts::whose(observation, &read.names, visit)) } }
            td.number { (figure(observation, &read.record, visit)) }
            td lang=(words::language_of(as_printed)) {
                @match entry {
                    Some(entry) => a href=(format!("{}#{}", visit.link(&format!("sources/{}", member(entry, "source"))), anchor(entry))) {
                        (isolated(as_printed))
                    },
                    None => (isolated(as_printed)),
                }
                @if observation["computed"] == true { span.sub lang=(language.tag()) { (visit.say("computed", "计算值")) } }
            }
        }
    }
}
