//! The figure, large.

use maud::{Markup, html};

use super::{OBSERVATION, Read};
use crate::model::kinds::{organization, source};
use crate::site::chart::words::capital;
use crate::site::parts::{evidence, figure, human, isolated, member, paragraphs};
use crate::site::visit::Visit;
use crate::site::words;

/// The figure with its period, what it changed by, who says so, and the words it was said in.
pub fn large(read: &Read, visit: &Visit) -> Markup {
    let language = visit.language;
    let Some(observation) = &read.figure else {
        return html! { p.lead { (visit.say("There is no figure yet.", "尚无数字。")) } };
    };
    let (whose, change) = match read.facts.document(language) {
        Some(figure) => (figure.text.subject, figure.text.change),
        None => (None, None),
    };
    let says = ["reported_by", "publisher"].map(|name| member(observation, name));
    let says = says.into_iter().find(|id| !id.is_empty()).unwrap_or_default();
    let entries = || observation["evidence"].as_array().into_iter().flatten();
    html! {
        div.large {
            p.figure { (figure(observation, &read.record, visit)) }
            p.when {
                (capital(&words::period(member(observation, "period"), language)))
                @if let Some(change) = change { span.change { " · " (change) } }
            }
            @if let Some(whose) = whose { p.sub { (isolated(&whose)) } }
            @if observation["computed"] == true { p.sub { (visit.say("Computed by this service from two figures", "由本服务根据两项数字计算")) } }
            @for entry in entries().take(1) { (evidence(entry, visit)) }
            p.sub {
                (visit.say("Source: ", "来源：")) (read.names.link(&organization::KIND, says, visit))
                @if let Some(id) = entries().next().and_then(|entry| entry["source"].as_str()) {
                    (visit.say(", ", "，")) (read.names.link(&source::KIND, id, visit))
                }
            }
            @if observation["note"].is_object() {
                details { summary { (visit.say("About this figure", "关于这个数字")) " " } (paragraphs(&observation["note"], language)) }
            }
            @if !member(observation, "obs_status").is_empty() && member(observation, "obs_status") != "A" {
                p.sub { (visit.say("Status (SDMX): ", "观测状态（SDMX）：")) (member(observation, "obs_status")) }
            }
        }
        @if visit.own(OBSERVATION).is_some() {
            p.notice {
                (visit.say("This is one figure of the metric. ", "这是该指标的其中一项数字。"))
                a href=(visit.here(&[(OBSERVATION, "")])) { (visit.say("The metric's own", "该指标的首要数字")) }
            }
        }
        @if read.record["replaced_by"].is_string() {
            p.notice { (visit.say("Replaced by ", "已由此指标取代：")) (read.names.link(&crate::model::kinds::metric::KIND, member(&read.record, "replaced_by"), visit)) }
        }
        @if read.record["note"].is_object() { p.sub { (human(&read.record["note"], language)) } }
    }
}
